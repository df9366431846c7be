// The overview against the server's own numbers, through losses and on a wall.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { PATIENCE_MS, browserOf } from './browser.mjs';
import { graphql, sendHistory, serverOf } from './server.mjs';

const FIRST_LOAD_KIB = 60;
const STATISTICS = `totalReadings totalEnergy dataRate uptimeDays uptimePercent readingsPerMinute energyPerHour peakPower
  avgPower efficiency estimatedCost costPerDay carbonFootprint carbonPerDay totalAnomalies activeMachinesToday`;
const STATUS = 'wattline-connection .pill';

let browser;
before(async () => {
  browser = await browserOf();
});
after(() => browser?.close());

test('every figure is the one of the API', async (t) => {
  const server = await serverOf('serve');
  t.after(server.end);
  await sendHistory(server.url);
  const { page, complaints } = await browser.pageOf(server.url);
  await page.locator(`${STATUS}.live`).waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  const asOf = await page.locator('wattline-overview .times time').first().getAttribute('datetime');
  const { systemStats } = await graphql(server.url, `{ systemStats(asOf: "${asOf}") { ${STATISTICS} } }`);
  for (const [statistic, value] of Object.entries(systemStats)) {
    const figure = page.locator(`wattline-figure[data-statistic=${statistic}] [title]`).first();
    const shown = Number((await figure.getAttribute('title')).replace(/[^0-9.e-]/g, ''));
    assert.equal(shown, value, statistic);
  }
  assert.ok(systemStats.totalReadings === 120 && systemStats.peakPower === 12);
  await page.getByRole('button', { name: 'Live' }).click();
  await page.locator(`${STATUS}.live`).waitFor();
  assert.deepEqual(complaints, []);
  await page.close();
});

test('a stopped server is yellow, then red with its old figures, and green again once it is back', async (t) => {
  const server = await serverOf('serve');
  t.after(server.end);
  await sendHistory(server.url);
  const { page } = await browser.pageOf(server.url, { mayComplain: true }, (page) => page.clock.install());
  await page.locator(`${STATUS}.live`).waitFor();
  const total = page.locator('wattline-figure[data-statistic=totalReadings] .digits');
  await page.waitForFunction((figure) => figure.textContent === '120', await total.elementHandle());
  await server.stop();
  await page.locator(`${STATUS}.waiting`).getByText(/reconnecting, attempt \d+, .* figures of \d+ s ago/).waitFor();
  await page.clock.fastForward(46_000);
  await page.locator(`${STATUS}.down`).waitFor();
  assert.equal(await total.textContent(), '120', 'the last figures stay');
  assert.notEqual(await page.locator('wattline-tile').first().getAttribute('stale'), '', 'and look old');
  await server.start();
  await page.clock.fastForward(37_000);
  await page.locator(`${STATUS}.live`).waitFor();
  await page.locator('wattline-tile[stale=""]').first().waitFor();
  await page.close();
});

test('where no socket gets through, it polls', async (t) => {
  const server = await serverOf('serve');
  t.after(server.end);
  await sendHistory(server.url);
  const { page } = await browser.pageOf(server.url, { mayComplain: true }, async (page) => {
    await page.clock.install();
    await page.routeWebSocket(/graphql/, (socket) => socket.close());
  });
  /** Lets half a minute after the other pass on the page until it shows this. */
  const passUntilVisible = async (locator) => {
    const end = Date.now() + PATIENCE_MS;
    while (!(await locator.isVisible())) {
      assert.ok(Date.now() < end, `${locator} in time`);
      await page.clock.fastForward(37_000);
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve)));
    }
  };
  await passUntilVisible(page.locator(`${STATUS}.waiting`).getByText(/polling every 30 s/));
  const headers = { 'content-type': 'application/json' };
  const row = { machine: 'press', time: new Date().toISOString(), power_kw: 77.5 };
  await fetch(`${server.url}/api/v1/readings`, { method: 'POST', headers, body: JSON.stringify([row]) });
  await passUntilVisible(page.locator('wattline-figure[data-statistic=peakPower] .digits').getByText('77.5'));
  await page.close();
});

/** Writes down what a figure draws, in a page that is not loaded yet. */
function writeDown() {
  globalThis.drawn = [];
  const { get, set } = Object.getOwnPropertyDescriptor(Node.prototype, 'textContent');
  const draw = function (text) {
    if (this.className === 'digits' && this.getRootNode().host.dataset.statistic === 'totalReadings') drawn.push(text);
    set.call(this, text);
  };
  Object.defineProperty(Node.prototype, 'textContent', { configurable: true, get, set: draw });
}

for (const reducedMotion of ['no-preference', 'reduce']) {
  test(`figures count up from zero, unless somebody asked for less motion: ${reducedMotion}`, async (t) => {
    const server = await serverOf('serve');
    t.after(server.end);
    await sendHistory(server.url);
    const { page } = await browser.pageOf(server.url, { reducedMotion }, (page) => page.addInitScript(writeDown));
    await page.waitForFunction(() => drawn.at(-1) === '120');
    const [first, ...numbers] = await page.evaluate(() => drawn);
    assert.equal(first, '—');
    await page.close();
    if (reducedMotion === 'reduce') return assert.deepEqual(numbers, ['120']);
    assert.equal(numbers[0], '0');
    assert.ok(numbers.length > 5, `${numbers}`);
    assert.deepEqual(numbers, numbers.toSorted((a, b) => a - b));
  });
}

test('a kiosk has nothing to press', async (t) => {
  const server = await serverOf('serve');
  t.after(server.end);
  await sendHistory(server.url);
  for (const address of ['/#/kiosk', '/?kiosk']) {
    const { page } = await browser.pageOf(server.url + address);
    await page.locator(`${STATUS}.live`).waitFor();
    assert.equal(await page.locator('wattline-tile').count(), 8);
    assert.equal(await page.locator('button, a, select, input').count(), 0, address);
    await page.close();
  }
});

test('an address that leads nowhere says so', async (t) => {
  const server = await serverOf('serve');
  t.after(server.end);
  const { page } = await browser.pageOf(`${server.url}/#/nowhere`);
  await page.getByText('There is no such page.').waitFor();
  await page.getByRole('link', { name: 'Overview' }).click();
  await page.locator('wattline-tile').first().waitFor();
  assert.equal(await page.locator('wattline-nav [aria-current=page]').textContent(), 'Overview');
  await page.close();
});

test(`the first load is at most ${FIRST_LOAD_KIB} KiB`, async (t) => {
  const server = await serverOf('serve');
  t.after(server.end);
  const urls = new Set();
  const { page } = await browser.pageOf(server.url, {}, (page) => {
    page.on('request', (request) => request.method() === 'GET' && urls.add(request.url()));
  });
  await page.locator('wattline-tile').first().waitFor();
  const bodies = await Promise.all([...urls].map(async (url) => (await fetch(url)).arrayBuffer()));
  const sizes = bodies.map((body) => gzipSync(body).length);
  const kib = sizes.reduce((sum, size) => sum + size, 0) / 1024;
  assert.ok(sizes.length > 2 && kib <= FIRST_LOAD_KIB, `${kib.toFixed(1)} KiB in ${sizes.length} files`);
  await page.close();
});
