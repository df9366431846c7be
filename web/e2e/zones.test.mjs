// Clock times are those of the site, wherever somebody looks from: the plant's on the first page, its own for each machine.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browserOf } from './browser.mjs';
import { graphql, serverOf } from './server.mjs';

const STARTED_AT = '2025-07-01T12:00:00Z';

let browser;
let server;
let saw;
before(async () => {
  server = await serverOf('serve');
  const { sites } = await graphql(server.url, '{ sites { id } }');
  await graphql(server.url, `mutation { updateSite(input: {id: "${sites[0].id}", timeZone: "Europe/Berlin"}) { site { id } } }`);
  const mill = await graphql(server.url, 'mutation { registerSite(input: {name: "mill", timeZone: "Asia/Kathmandu"}) { site { id } } }');
  const siteId = mill.registerSite.site.id;
  await graphql(server.url, 'mutation { registerMachine(input: {name: "press"}) { machine { id } } }');
  const input = `{siteId: "${siteId}", name: "saw"}`;
  saw = (await graphql(server.url, `mutation { registerMachine(input: ${input}) { machine { id } } }`)).registerMachine.machine.id;
  await report('press');
  await report('saw', siteId);
  browser = await browserOf();
});
after(() => server?.end());
after(() => browser?.close());

/** Reports an anomaly, and that somebody has seen it. */
async function report(machine, siteId) {
  const input = { machine, siteId, kind: 'SPIKE', startedAt: STARTED_AT };
  const document = 'mutation ($input: ReportAnomalyInput!) { reportAnomaly(input: $input) { anomaly { id } } }';
  const { reportAnomaly } = await graphql(server.url, document, { input });
  const seen = 'mutation ($input: AnomalyStatusInput!) { acknowledgeAnomaly(input: $input) { anomaly { id } } }';
  await graphql(server.url, seen, { input: { id: reportAnomaly.anomaly.id } });
}

const viewFrom = async (timezoneId, hash = '') => (await browser.pageOf(`${server.url}/${hash}`, { timezoneId })).page;
const timeOf = (page, list, machine) => page.locator(`${list} li`, { hasText: machine }).locator('time').first();
/** The instant that stands behind a time, on a clock, as the page writes times of today. */
const onClock = (instant, timeZone, name) =>
  new Intl.DateTimeFormat('en-US', { timeZone, ...name, hour: '2-digit', minute: '2-digit', second: '2-digit' }).format(new Date(instant));
const NAMED = { timeZoneName: 'short' };

test('the overview tells the times of the plant, and of whose clock they are', async () => {
  const page = await viewFrom('America/New_York');
  await timeOf(page, 'wattline-anomalies', 'press').getByText('Jul 1, 2025, 02:00 PM GMT+2', { exact: true }).waitFor();
  await timeOf(page, 'wattline-anomalies', 'saw').getByText('Jul 1, 2025, 05:45 PM GMT+5:45', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  const asOf = page.locator('wattline-overview .times time').first();
  const expected = onClock(await asOf.getAttribute('datetime'), 'Europe/Berlin', NAMED);
  assert.equal(await asOf.textContent(), expected);
  await page.locator('wattline-connection').getByText(`paused at ${expected}`).waitFor();
  await page.close();
});

test('the list of anomalies does, by the site of each machine', async () => {
  const page = await viewFrom('America/New_York', '#/anomalies');
  const row = page.locator('wattline-anomaly-row', { hasText: 'saw' });
  await row.locator('time').getByText('Jul 1, 2025, 05:45 PM GMT+5:45', { exact: true }).waitFor();
  await row.locator('.status').getByText(/^Acknowledged · .* GMT\+5:45$/).waitFor();
  await row.getByText('What became of it').click();
  const change = row.locator('details time');
  await change.waitFor();
  assert.equal(await change.textContent(), onClock(await change.getAttribute('datetime'), 'Asia/Kathmandu', NAMED));
  await page.close();
});

test('the page of a machine does', async () => {
  const page = await viewFrom('America/New_York', `#/machines/${encodeURIComponent(saw)}`);
  await timeOf(page, 'wattline-machine', 'Spike').getByText('Jul 1, 2025, 05:45 PM GMT+5:45', { exact: true }).waitFor();
  await page.close();
});

test('who stands at the plant reads its times without a zone', async () => {
  const page = await viewFrom('Europe/Berlin');
  await timeOf(page, 'wattline-anomalies', 'press').getByText('Jul 1, 2025, 02:00 PM', { exact: true }).waitFor();
  await timeOf(page, 'wattline-anomalies', 'saw').getByText('Jul 1, 2025, 05:45 PM GMT+5:45', { exact: true }).waitFor();
  await page.getByRole('button', { name: 'Pause' }).click();
  const asOf = page.locator('wattline-overview .times time').first();
  assert.equal(await asOf.textContent(), onClock(await asOf.getAttribute('datetime'), 'Europe/Berlin'));
  await page.close();
});

test('of several sites one is chosen, among the machines and in the trends', async () => {
  const page = await viewFrom('Europe/Berlin', '#/machines');
  await page.getByRole('link', { name: 'press' }).waitFor();
  await page.getByRole('combobox', { name: 'Site' }).selectOption('mill');
  await page.getByRole('link', { name: 'saw' }).waitFor();
  assert.equal(await page.getByRole('link', { name: 'press' }).count(), 0);
  await page.goto(`${server.url}/#/trends`);
  await page.getByText('clock of the plant (Europe/Berlin)').waitFor();
  await page.getByText('choose machines').click();
  await page.getByRole('combobox', { name: 'Site' }).selectOption('mill');
  await page.getByText('clock of the plant (Asia/Kathmandu)').waitFor();
  await page.close();
});
