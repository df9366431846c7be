// The page in a real browser, served by the real binary. Why: only there do the security policy, the socket and the
// embedded files meet.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { PATIENCE_MS, browserOf } from './browser.mjs';
import { graphql, serverOf } from './server.mjs';

const EIGHT_TILES = 'wattline-tile';

let browser;
before(async () => {
  browser = await browserOf();
});
after(() => browser?.close());

const figure = (page, statistic) => page.locator(`wattline-figure[data-statistic=${statistic}] .digits`);

/** The number that a figure shows. */
async function numberIn(page, statistic) {
  const text = await figure(page, statistic).textContent();
  return Number(text.replace(/[^0-9.]/g, ''));
}

/** Waits until a figure, which glides to its number, shows more than `least`. */
async function growsOver(page, statistic, least) {
  const end = Date.now() + PATIENCE_MS;
  while ((await numberIn(page, statistic)) <= least) {
    assert.ok(Date.now() < end, `${statistic} shows more than ${least} in time`);
    await page.evaluate(() => new Promise(requestAnimationFrame));
  }
}

test('an empty database is greeted, and comes alive with its first reading', async (t) => {
  const server = await serverOf('serve');
  t.after(server.end);
  const { page, complaints } = await browser.pageOf(server.url);
  await page.locator('wattline-first-reading').waitFor();
  assert.equal(await page.locator(EIGHT_TILES).count(), 8);
  assert.match(await figure(page, 'peakPower').textContent(), /—/, 'what is not known is a dash');
  assert.doesNotMatch(await figure(page, 'totalEnergy').textContent(), /—/, 'zero is zero');
  await graphql(server.url, 'mutation { registerMachine(input: {name: "press"}) { machine { id } } }');
  const row = { machine: 'press', time: new Date().toISOString(), power_kw: 77.5, energy_kwh: 0.25 };
  const headers = { 'content-type': 'application/json' };
  await fetch(`${server.url}/api/v1/readings`, { method: 'POST', headers, body: JSON.stringify([row]) });
  await page.locator('wattline-first-reading').waitFor({ state: 'detached' });
  await figure(page, 'peakPower').getByText('77.5').first().waitFor();
  const report = 'machine: "press", kind: "SPIKE", severity: CRITICAL, message: "<img src=x onerror=alert(1)> <b>hot</b>"';
  await graphql(server.url, `mutation { reportAnomaly(input: {${report}, startedAt: "${row.time}"}) { anomaly { id } } }`);
  await page.locator('wattline-anomalies .what').getByText('<b>hot</b>').waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test('an empty database begins with a simulated plant, and comes alive by itself', async (t) => {
  const server = await serverOf('serve');
  t.after(server.end);
  const { page, complaints } = await browser.pageOf(server.url);
  await page.getByRole('button', { name: 'Start a simulated plant' }).click();
  await page.locator('wattline-first-reading').waitFor({ state: 'detached' });
  const { machines } = await graphql(server.url, '{ machines { totalCount } }');
  assert.equal(machines.totalCount, 8);
  await growsOver(page, 'totalReadings', 0);
  assert.deepEqual(complaints, []);
  await page.close();
});

test('where a machine is registered no plant is simulated, and the page says so', async (t) => {
  const server = await serverOf('serve');
  t.after(server.end);
  const { page } = await browser.pageOf(server.url);
  await page.locator('wattline-first-reading').waitFor();
  await graphql(server.url, 'mutation { registerMachine(input: {name: "press"}) { machine { id } } }');
  await page.getByRole('button', { name: 'Start a simulated plant' }).click();
  await page.locator('wattline-first-reading').getByRole('alert').waitFor();
  await page.close();
});

test('on a phone an empty database begins with a file, whose machines are registered on the way', async (t) => {
  const server = await serverOf('serve');
  t.after(server.end);
  // A file of unknown machines is answered with 422.
  const phone = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, mayComplain: true };
  const { page } = await browser.pageOf(server.url, phone);
  await page.getByRole('link', { name: 'Upload a file' }).click();
  const lastAt = Date.now() - 60_000;
  const rows = Array.from({ length: 8 }, (_, i) => `press,${new Date(lastAt - i * 900_000).toISOString()},40`);
  const buffer = Buffer.from(['machine,time,power_kw', ...rows.toReversed(), ''].join('\n'));
  await page.locator('input[type=file]').setInputFiles({ name: 'day.csv', mimeType: 'text/csv', buffer });
  await page.getByText('Not registered yet: press (a reading every 900 s).').waitFor();
  await page.getByRole('button', { name: 'Register this machine' }).click();
  await page.getByText(/server would take: 8 new/).waitFor();
  await page.getByRole('button', { name: 'Send the whole file' }).click();
  await page.getByText(/Of 8 rows sent: 8 new/).waitFor();
  await page.getByRole('link', { name: 'Overview' }).click();
  await figure(page, 'peakPower').getByText('40.0').first().waitFor();
  await figure(page, 'totalEnergy').getByText('70.0').first().waitFor();
  assert.equal(await page.locator('wattline-first-reading').count(), 0);
  await page.close();
});

test('the demo is live, loses its server, says so, and finds it again', async (t) => {
  const server = await serverOf('demo', '--history', '0');
  t.after(server.end);
  const { page, complaints } = await browser.pageOf(server.url, { mayComplain: true });
  await page.locator('wattline-connection').getByText(/live/i).first().waitFor();
  const before = await numberIn(page, 'totalReadings');
  await growsOver(page, 'totalReadings', before);
  assert.deepEqual(complaints, [], 'no complaint while it is live');
  await server.stop();
  await page.locator('wattline-connection').getByText(/reconnecting/i).first().waitFor();
  const shown = await numberIn(page, 'totalReadings');
  assert.ok(shown > 0, 'the last figures stay, and are not made up');
  await server.start();
  await growsOver(page, 'totalReadings', shown);
  await page.close();
});

for (const width of [320, 768, 1920]) {
  test(`nothing sticks out at ${width} pixels`, async (t) => {
    const server = await serverOf('serve');
    t.after(server.end);
    const { page } = await browser.pageOf(server.url, { viewport: { width, height: 800 } });
    await page.locator(EIGHT_TILES).nth(7).waitFor();
    const overhang = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(overhang, 0);
    await page.close();
  });
}
