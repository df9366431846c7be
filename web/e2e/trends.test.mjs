// Trends and machines in a real browser, served by the real binary.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browserOf } from './browser.mjs';
import { graphql, sendHistory, serverOf } from './server.mjs';

let browser;
let server;
before(async () => {
  server = await serverOf('serve');
  await sendHistory(server.url);
  browser = await browserOf();
});
after(() => server?.end());
after(() => browser?.close());

/** An open view, and what its console complained of. */
const viewOf = (hash, options = {}) =>
  browser.pageOf(`${server.url}/${hash}`, { timezoneId: 'America/New_York', ...options });

test('a trend is drawn, read by keyboard, and shown as a table', async () => {
  const { page, complaints } = await viewOf('#/trends');
  const chart = page.getByRole('group', { name: /^Power of Whole site/ });
  await chart.locator('canvas').waitFor();
  await chart.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('ArrowLeft');
  await page
    .locator('wattline-chart [role=status]')
    .getByText(/Whole site (12|no data)/)
    .waitFor();
  await page.getByRole('button', { name: 'Hour', exact: true }).click();
  await page.getByRole('button', { name: 'Energy' }).click();
  await page.getByRole('button', { name: 'Table' }).click();
  await page.getByRole('columnheader', { name: 'Whole site, kWh' }).waitFor();
  await page.locator('wattline-trend-table tbody tr').nth(30).waitFor();
  await page.locator('wattline-trend-summary').getByText(/kWh/).first().waitFor();
  await page.getByRole('heading', { name: 'Anomalies marked in the chart' }).waitFor();
  const link = await page.getByRole('link', { name: 'whole site' }).getAttribute('href');
  assert.match(link, /^\/api\/v1\/export\/series\?format=csv&from=\d{4}-.*&to=.*&every=PT1M$/);
  assert.deepEqual(complaints, []);
  await page.close();
});

test('a drag zooms, and the way back is there', async () => {
  const { page } = await viewOf('#/trends');
  await page.getByRole('button', { name: 'Hour', exact: true }).click();
  const over = page.locator('wattline-chart .u-over');
  await over.waitFor();
  const box = await over.boundingBox();
  await page.mouse.move(box.x + 0.3 * box.width, box.y + 50);
  await page.mouse.down();
  await page.mouse.move(box.x + 0.7 * box.width, box.y + 60, { steps: 5 });
  await page.mouse.up();
  await page.getByRole('button', { name: 'Zoom out' }).click();
  await page.getByRole('button', { name: 'Zoom out' }).waitFor({ state: 'detached' });
  await page.close();
});

test('what is shown stands in the address: a reload and the way back show the same', async () => {
  const { page } = await viewOf('#/trends');
  const pressed = (name) => page.getByRole('button', { name, exact: true, pressed: true });
  await pressed('Day').waitFor();
  await page.getByRole('button', { name: 'Hour', exact: true }).click();
  await page.getByRole('button', { name: 'Energy' }).click();
  await page.getByRole('checkbox', { name: /^Compare/ }).uncheck();
  await page.getByText('choose machines').click();
  await page.getByRole('checkbox', { name: 'press' }).check();
  await page.getByRole('button', { name: 'Table' }).click();
  await page.getByRole('columnheader', { name: 'press, kWh' }).waitFor();
  assert.match(page.url(), /range=hour&show=energy&compare=no&.*machines=/);
  await page.reload();
  await page.getByRole('columnheader', { name: 'press, kWh' }).waitFor();
  assert.equal(await page.getByRole('checkbox', { name: /^Compare/ }).isChecked(), false);
  await pressed('Hour').waitFor();
  await pressed('Energy').waitFor();
  for (let back = 0; back < 4; back += 1) await page.goBack();
  await pressed('Hour').waitFor();
  await pressed('Power').waitFor();
  await page.goBack();
  await pressed('Day').waitFor();
  await page.close();
});

test('two fingers zoom a chart, one scrolls the page', async () => {
  const { page } = await viewOf('#/trends', { viewport: { width: 390, height: 700 }, isMobile: true, hasTouch: true });
  const over = page.locator('wattline-chart .u-over');
  await over.waitFor();
  await over.scrollIntoViewIfNeeded();
  const { x, y, width, height } = await over.boundingBox();
  const touch = await page.context().newCDPSession(page);
  const at = (part) => ({ x: x + part * width, y: y + height / 2 });
  const before = await page.evaluate(() => scrollY);
  const finger = (type, upPx) =>
    touch.send('Input.dispatchTouchEvent', { type, touchPoints: [{ x: at(0.5).x, y: at(0.5).y - upPx, id: 0 }] });
  await finger('touchStart', 0);
  for (let upPx = 10; upPx <= 100; upPx += 10) await finger('touchMove', upPx);
  await touch.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
  await page.waitForFunction((before) => scrollY > before, before);
  assert.doesNotMatch(page.url(), /range/);
  await page.evaluate((to) => scrollTo(0, to), before);
  const fingers = (type, ...parts) =>
    touch.send('Input.dispatchTouchEvent', { type, touchPoints: parts.map((part, id) => ({ ...at(part), id })) });
  await fingers('touchStart', 0.4, 0.6);
  await fingers('touchMove', 0.3, 0.7);
  await fingers('touchMove', 0.2, 0.8);
  await fingers('touchEnd');
  await page.getByRole('button', { name: 'Zoom out' }).waitFor();
  const query = new URLSearchParams(page.url().split('?')[1]);
  const hours = (Date.parse(query.get('to')) - Date.parse(query.get('from'))) / 3_600_000;
  assert.ok(Math.abs(hours - 8) < 0.1, `${hours} h: a third of the day`);
  await page.close();
});

test('a machine is registered, refused twice, edited, retired and brought back', async () => {
  const { page, complaints } = await viewOf('#/machines');
  await page.getByRole('link', { name: 'press' }).waitFor();
  const register = async (name) => {
    await page.getByLabel('Name', { exact: true }).fill(name);
    await page.getByRole('button', { name: 'Register', exact: true }).click();
  };
  await page.getByRole('button', { name: 'Register a machine' }).click();
  await register('press');
  await page.getByText('The site has a machine named press already.').waitFor();
  await register('<b>mill</b>');
  await page.getByRole('link', { name: '<b>mill</b>' }).waitFor();
  await page.getByRole('button', { name: 'Edit <b>mill</b>' }).click();
  await page.getByLabel('Rated power, kW').fill('-1');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByText(/A rated power is above 0 kW/).waitFor();
  await page.getByLabel('Name', { exact: true }).fill('mill');
  await page.getByLabel('Rated power, kW').fill('75');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('button', { name: 'Retire mill' }).click();
  await page.getByRole('button', { name: 'Retire', exact: true }).click();
  await page.getByRole('button', { name: 'Put back mill' }).click();
  await page.getByRole('button', { name: 'Put back', exact: true }).click();
  await page.getByRole('button', { name: 'Retire mill' }).waitFor();
  await page.getByRole('searchbox').fill('ILL');
  await page.getByRole('link', { name: 'press' }).waitFor({ state: 'detached' });
  assert.deepEqual(complaints, []);
  await page.close();
});

test('a file is looked at, sent in pieces, and its refused rows are listed', async () => {
  await graphql(
    server.url,
    'mutation { registerMachine(input: {name: "filed", expectedIntervalSeconds: 1}) { machine { id } } }',
  );
  const { page } = await viewOf('#/machines');
  await page.getByRole('button', { name: 'Upload readings' }).click();
  const begin = Date.now() - 86_400_000;
  const row = (i) => `${i % 1000 === 7 ? 'nobody' : 'filed'},${new Date(begin + i * 1000).toISOString()},5`;
  const text = ['machine,time,power_kw', ...Array.from({ length: 12_000 }, (_, i) => row(i)), ''].join('\n');
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'day.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  await page.getByText(/Of the first 1,000 rows the server would take: 999 new/).waitFor();
  const { totalReadings } = (await graphql(server.url, '{ systemStats { totalReadings } }')).systemStats;
  assert.equal(totalReadings, 120, 'nothing is stored yet');
  await page.getByRole('button', { name: 'Send the whole file' }).click();
  await page.getByText(/Of 12,000 rows sent: 11,988 new, 0 known already, 0 corrections, 12 refused/).waitFor();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Download refused rows' }).click();
  assert.equal((await download).suggestedFilename(), 'refused.csv');

  await page.getByRole('button', { name: 'Upload another file' }).click();
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'day.csv', mimeType: 'text/csv', buffer: Buffer.from(text) });
  await page.getByRole('button', { name: 'Send the whole file' }).waitFor();
  await page.route('**/api/v1/readings?*', () => {});
  await page.getByRole('button', { name: 'Send the whole file' }).click();
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.getByText(/^Stopped\. The first 0 rows/).waitFor();
  await page.close();
});

test('one machine has its facts, its trend and its anomalies', async () => {
  const { machine } = await graphql(server.url, '{ machine(name: "press") { id } }');
  const { page, complaints } = await viewOf(`#/machines/${encodeURIComponent(machine.id)}`);
  await page.getByRole('heading', { name: 'press' }).waitFor();
  await page.locator('wattline-machine .lists').getByText('hot').waitFor();
  await page
    .getByRole('group', { name: /^Power of press/ })
    .locator('canvas')
    .waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test('what is usual lies behind the power of one machine, and is taken away', async (t) => {
  const plant = await serverOf('serve', '--detect', 'true', '--checkpoint-every', '1');
  t.after(plant.end);
  await graphql(plant.url, `mutation {
    press: registerMachine(input: {name: "press", expectedIntervalSeconds: 300}) { machine { id } }
    gas: registerMachine(input: {name: "gas", carrier: GAS, unit: CUBIC_METRE, expectedIntervalSeconds: 300}) { machine { id } }
  }`);
  const lastAt = Math.floor(Date.now() / 1000) * 1000;
  // More than a week, as Saturdays and Sundays have hours of their own.
  const rows = Array.from({ length: 2 * 9 * 288 }, (_, i) => {
    const machine = i % 2 ? { machine: 'press', power_kw: 12 + (i % 5) } : { machine: 'gas', flow_m3_per_h: 4 + (i % 5) };
    return { ...machine, time: new Date(lastAt - Math.floor(i / 2) * 300_000).toISOString() };
  });
  const headers = { 'content-type': 'application/json' };
  await fetch(`${plant.url}/api/v1/readings`, { method: 'POST', headers, body: JSON.stringify(rows) });
  const idOf = async (name) => (await graphql(plant.url, `{ machine(name: "${name}") { id } }`)).machine.id;
  const span = `from: "${new Date(lastAt - 3_600_000).toISOString()}", to: "${new Date(lastAt).toISOString()}", every: "PT15M"`;
  const [press, gas] = [await idOf('press'), await idOf('gas')];
  for (const id of [press, gas]) {
    const question = `{ machine(id: "${id}") { usualPower(${span}) { at } } }`;
    while ((await graphql(plant.url, question)).machine.usualPower.length === 0) await new Promise((r) => setTimeout(r, 200));
  }
  const { page } = await browser.pageOf(`${plant.url}/#/machines/${encodeURIComponent(press)}`);
  const chart = page.getByRole('group', { name: /^(Power|Flow) of/ });
  /** What the last full row says, once that is as it is meant to be: the present one may have no reading yet. */
  const says = async (text) => {
    await chart.locator('canvas').waitFor();
    await chart.press('End');
    await chart.press('ArrowLeft');
    await page.locator('wattline-chart [role=status]').getByText(text).waitFor();
  };
  await says(/: press 1\d\.\d\u00a0kW.*; usual \d+\.\d to \d+\.\d\u00a0kW$/);
  await page.getByRole('checkbox', { name: 'usual' }).uncheck();
  await page.waitForURL(/usual=no/);
  await says(/kW(; press, before [^;]*)?$/);
  await page.getByRole('checkbox', { name: 'usual' }).check();
  await page.getByRole('button', { name: 'Table' }).click();
  await page.getByRole('columnheader', { name: 'Usual to, kW' }).waitFor();
  await page.getByRole('button', { name: 'Energy' }).click();
  await page.getByRole('columnheader', { name: 'press, kWh' }).waitFor();
  assert.equal(await page.getByRole('checkbox', { name: 'usual' }).count(), 0);
  await page.goto(`${plant.url}/#/trends?machines=${encodeURIComponent(gas)}`);
  await page.getByRole('group', { name: 'Flow of gas' }).waitFor();
  await says(/usual \d+\.\d+ to \d+\.\d+\u00a0m³\/h$/);
  await page.goto(`${plant.url}/#/trends`);
  await page.getByRole('group', { name: 'Power of Whole site' }).waitFor();
  assert.equal(await page.getByRole('checkbox', { name: 'usual' }).count(), 0);
  await page.close();
});

test('machines are sorted and filtered over all pages', async (t) => {
  const plant = await serverOf('serve');
  t.after(plant.end);
  for (let first = 1; first <= 120; first += 40) {
    const fields = Array.from({ length: 40 }, (_, i) => `m${first + i}: registerMachine(input: {name: "m-${first + i}"}) { machine { id } }`);
    await graphql(plant.url, `mutation { ${fields.join(' ')} }`);
  }
  const { page } = await browser.pageOf(`${plant.url}/#/machines`);
  const first = page.locator('wattline-machines tbody th').first();
  await page.getByText('1–50 of 120 machines').waitFor();
  await first.getByText('m-1', { exact: true }).waitFor();
  await page.getByRole('button', { name: /^Machine/ }).click();
  await first.getByText('m-120', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Next page' }).click();
  await first.getByText('m-70', { exact: true }).waitFor();
  await page.getByRole('searchbox').fill('m-9');
  await page.getByText('11 machines').waitFor();
  assert.equal(await first.textContent(), 'm-99');
  await page.close();
});

for (const [hash, element] of [
  ['#/trends', 'wattline-trend-summary'],
  ['#/machines', 'wattline-machines tbody tr'],
]) {
  for (const width of [320, 390, 768, 2560]) {
    test(`nothing of ${hash} sticks out at ${width} pixels`, async () => {
      const { page } = await viewOf(hash, { viewport: { width, height: 844 } });
      await page.locator(element).first().waitFor();
      const overhang = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.equal(overhang, 0);
      await page.close();
    });
  }
}
