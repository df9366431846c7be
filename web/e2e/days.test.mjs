// Days are the plant's, wherever somebody looks from: their begin, their length when the clocks change, and what was used
// in them.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browserOf } from './browser.mjs';
import { graphql, serverOf } from './server.mjs';

const QUARTER_MS = 900_000;
const KWH_A_QUARTER = 1;

let browser;
let server;
let machine;
before(async () => {
  server = await serverOf('serve');
  const { sites } = await graphql(server.url, '{ sites { id } }');
  await graphql(server.url, `mutation { updateSite(input: {id: "${sites[0].id}", timeZone: "Europe/Berlin"}) { site { id } } }`);
  const press = '{name: "press", expectedIntervalSeconds: 900}';
  const registered = await graphql(server.url, `mutation { registerMachine(input: ${press}) { machine { id } } }`);
  machine = registered.registerMachine.machine.id;
  await send('2025-03-29T23:00:00Z', '2025-03-30T22:00:00Z');
  await send('2025-10-25T22:00:00Z', '2025-10-26T23:30:00Z');
  browser = await browserOf();
});
after(() => server?.end());
after(() => browser?.close());

/** A reading for every quarter of an hour that ends in `(from, to]`. */
async function send(from, to) {
  const count = (Date.parse(to) - Date.parse(from)) / QUARTER_MS;
  const rows = Array.from({ length: count }, (_, i) => {
    const time = new Date(Date.parse(from) + (i + 1) * QUARTER_MS).toISOString();
    return { machine: 'press', time, power_kw: 4, energy_kwh: KWH_A_QUARTER };
  });
  const headers = { 'content-type': 'application/json' };
  const response = await fetch(`${server.url}/api/v1/readings`, { method: 'POST', headers, body: JSON.stringify(rows) });
  assert.equal((await response.json()).accepted, count);
}

/** A view in New York, where it is this time. */
const viewAt = async (time, hash) =>
  (await browser.pageOf(`${server.url}/${hash}`, { timezoneId: 'America/New_York' }, (page) => page.clock.install({ time }))).page;

/** The figure of the only series. */
const total = (page, text) => page.locator('wattline-trend-summary .total').getByText(text, { exact: true });
const rows = (page) => page.locator('wattline-trend-table tbody th').allTextContents();

test('after midnight at the plant it is its new day, while the evening goes on elsewhere', async () => {
  // 19:30 of the 26th in New York.
  const page = await viewAt('2025-10-26T23:30:00Z', '#/trends?show=energy&view=table&compare=no');
  await page.getByText('Monday, October 27, 2025').waitFor();
  await total(page, '2.00 kWh').waitFor();
  assert.equal((await rows(page)).length, 1);
  await page.close();

  const machines = await viewAt('2025-10-26T23:30:00Z', '#/machines');
  await machines.locator('td[data-label=Today]').getByText('2.00 kWh').waitFor();
  await machines.close();
  const one = await viewAt('2025-10-26T23:30:00Z', `#/machines/${encodeURIComponent(machine)}`);
  await one.locator('dl').getByText('2.00 kWh').waitFor();
  await one.close();
});

test('the day in which the clocks go back has 25 hours, one of them twice', async () => {
  const page = await viewAt('2025-10-26T23:30:00Z', '#/trends?show=energy&view=table&compare=no');
  await page.getByRole('button', { name: 'Earlier day' }).click();
  await page.getByText('Sunday, October 26, 2025').waitFor();
  await total(page, '100.0 kWh').waitFor();
  const labels = await rows(page);
  assert.equal(labels.length, 25);
  assert.equal(labels.filter((label) => label.includes(', 02:00 AM')).length, 2, `${labels}`);
  assert.match(page.url(), /from=2025-10-25T22%3A00Z/);
  await page.close();
});

test('the day in which they go forward has 23 hours, and no hour after two', async () => {
  const page = await viewAt('2025-10-26T23:30:00Z', '#/trends?from=2025-03-30T10:00Z&show=energy&view=table&compare=no');
  await page.getByText('Sunday, March 30, 2025').waitFor();
  await total(page, '92.0 kWh').waitFor();
  const labels = await rows(page);
  assert.equal(labels.length, 23);
  assert.equal(labels.filter((label) => label.includes(', 02:00 AM')).length, 0, `${labels}`);
  await page.close();
});

test('a screen that is left on passes midnight by itself', async () => {
  const page = await viewAt('2025-10-26T22:59:50Z', '#/trends?show=energy&compare=no');
  await page.getByText('Sunday, October 26, 2025').waitFor();
  await total(page, '99.0 kWh').waitFor();
  await page.clock.fastForward(15 * 60_000 + 15_000);
  await page.getByText('Monday, October 27, 2025').waitFor();
  await total(page, '1.00 kWh').waitFor();
  await page.close();
});
