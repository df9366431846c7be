// What a list of anomalies says of each of them, how it is narrowed, and that a thumb can use it.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { faultsOf } from './axe.mjs';
import { browserOf } from './browser.mjs';
import { graphql, serverOf } from './server.mjs';

let browser;
before(async () => {
  browser = await browserOf();
});
after(() => browser?.close());

const PHONE = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true, reducedMotion: 'reduce' };
const NOW_MS = Date.now();
const minutesAgo = (minutes) => new Date(NOW_MS - minutes * 60_000).toISOString();

/** A server with a press and a saw; `report` brings an anomaly and returns its id. */
async function plantOf(t, ...options) {
  const server = await serverOf('serve', ...options);
  t.after(server.end);
  const register = (name) => `${name}: registerMachine(input: {name: "${name}"}) { machine { id } }`;
  const machines = await graphql(server.url, `mutation { ${register('press')} ${register('saw')} }`);
  const report = async (machine, kind, rest) => {
    const input = { machine, kind, startedAt: minutesAgo(133), ...rest };
    const document = 'mutation ($input: ReportAnomalyInput!) { reportAnomaly(input: $input) { anomaly { id } } }';
    return (await graphql(server.url, document, { input })).reportAnomaly.anomaly.id;
  };
  const address = (name) => `${server.url}/#/machines/${encodeURIComponent(machines[name].machine.id)}`;
  return { url: server.url, machines, report, address };
}

const rowsOf = (page) => page.locator('wattline-anomaly-row');

test('each says its kind and for how long, and they are narrowed by both', async (t) => {
  const { url, report } = await plantOf(t);
  await report('press', 'LEVEL_SHIFT', { message: 'draws more' });
  await report('saw', 'BELT_SLIP', { endedAt: minutesAgo(13) });
  const { page } = await browser.pageOf(url, { reducedMotion: 'reduce' });
  await page.locator('wattline-anomalies .chip').getByText('Belt slip').waitFor();
  await page.locator('wattline-anomalies li', { hasText: 'draws more' }).getByText('Level shift').waitFor();

  await page.goto(`${url}/#/anomalies`);
  const [press, saw] = ['press', 'saw'].map((hasText) => rowsOf(page).filter({ hasText }));
  await press.getByRole('heading', { name: 'press Level shift Open' }).waitFor();
  await press.getByText('going on for 2 h 13 min').waitFor();
  await saw.getByText(/ over .* · lasted 2\u00a0h/).waitFor();
  await page.getByLabel('Lasting').selectOption('Going on');
  await page.getByText('1 found').waitFor();
  await saw.waitFor({ state: 'detached' });
  await page.getByLabel('Lasting').selectOption('Over');
  await press.waitFor({ state: 'detached' });
  await page.getByLabel('Kind').selectOption('Belt slip');
  assert.match(page.url(), /#\/anomalies\?lasting=no&kind=BELT_SLIP$/);
  await page.getByText('1 found').waitFor();
  await page.getByLabel('Kind').selectOption('Spike');
  await page.getByText('0 found').waitFor();
  await page.goBack();
  await saw.waitFor();
  assert.equal(await page.getByLabel('Kind').inputValue(), 'BELT_SLIP', 'the way back leads to the choice before');
  assert.deepEqual(await faultsOf(page), []);

  await page.goto(`${url}/#/anomalies?kind=NEVER_SEEN`);
  await page.getByText('0 found').waitFor();
  assert.equal(await page.getByLabel('Kind').locator('option:checked').textContent(), 'Never seen');
  await page.close();
});

test('of which nobody was told is marked, and which is none says so', async (t) => {
  const { url, report, machines } = await plantOf(t, '--detect', 'true');
  const snooze = `{id: "${machines.press.machine.id}", until: "2036-01-01T00:00:00Z"}`;
  await graphql(url, `mutation { snoozeMachine(input: ${snooze}) { machine { id } } }`);
  const rule = '{name: "hot", kind: THRESHOLD, aboveKw: 50, forSeconds: 0}';
  await graphql(url, `mutation { saveWatchRule(input: ${rule}) { watchRule { id } } }`);
  const headers = { 'content-type': 'application/json' };
  const body = JSON.stringify([{ machine: 'press', time: new Date().toISOString(), power_kw: 99 }]);
  await fetch(`${url}/api/v1/readings`, { method: 'POST', headers, body });
  const quiet = '{ anomalies(filter: {isQuiet: true}) { totalCount } }';
  while ((await graphql(url, quiet)).anomalies.totalCount === 0) await new Promise((done) => setTimeout(done, 200));
  await report('saw', 'SPIKE');

  const { page } = await browser.pageOf(`${url}/#/anomalies`);
  await page.getByText('2 found').waitFor();
  assert.equal(await page.getByText('Nobody was told').count(), 1);
  const mark = rowsOf(page).filter({ hasText: 'press' }).getByText('Nobody was told');
  assert.match(await mark.getAttribute('title'), /snoozed or worked on/);
  await page.getByRole('button', { name: 'No anomaly: saw' }).click();
  await page.getByLabel('Note').fill('new blade');
  await page.getByRole('button', { name: 'No anomaly', exact: true }).click();
  await page.locator('.status').getByText(/^Resolved: no anomaly · .*“new blade”$/).waitFor();
  await page.reload();
  await page.locator('.status').getByText(/^Resolved: no anomaly/).waitFor();
  await page.close();
});

test('on a phone the buttons stand two by two, and no number is parted from its unit', async (t) => {
  const { url, report } = await plantOf(t);
  await report('press', 'SPIKE', { message: 'The press draws 41.2 kW' });
  const { page } = await browser.pageOf(`${url}/#/anomalies`, PHONE);
  await rowsOf(page).getByText('draws').waitFor();
  assert.equal(await rowsOf(page).locator('.what').textContent(), 'The press draws 41.2\u00a0kW');
  const boxes = await Promise.all((await rowsOf(page).getByRole('button').all()).map((button) => button.boundingBox()));
  assert.deepEqual(boxes.map(({ height }) => height), [44, 44, 44, 44]);
  const [first, second, third, fourth] = boxes;
  assert.deepEqual([first.y, third.y, first.x, second.x], [second.y, fourth.y, third.x, fourth.x]);
  assert.equal(new Set(boxes.map(({ width }) => width)).size, 1);
  await page.close();
});

test('the page of a machine has its latest anomalies, to be dealt with, and the way to all of them', async (t) => {
  const { report, address } = await plantOf(t);
  await report('saw', 'DROP', { message: 'stands' });
  for (let n = 1; n <= 6; n += 1) {
    await report('press', 'SPIKE', { message: `no. ${n}`, startedAt: minutesAgo(60 - n) });
  }
  // Found last, begun first.
  await report('press', 'DRIFT', { message: 'late', endedAt: minutesAgo(120) });
  const { page } = await browser.pageOf(address('press'), { reducedMotion: 'reduce' });
  const latest = page.getByRole('region', { name: 'Latest anomalies' });
  await latest.getByText('no. 2').waitFor();
  assert.deepEqual(await latest.locator('.what').allTextContents(), [6, 5, 4, 3, 2].map((n) => `no. ${n}`));
  await rowsOf(latest).first().getByRole('button', { name: 'Acknowledge: press' }).click();
  await latest.getByLabel('Your name').fill('Ada');
  await latest.getByRole('button', { name: 'Acknowledge', exact: true }).click();
  await rowsOf(latest).first().getByText(/^Acknowledged · by Ada/).waitFor();
  assert.deepEqual(await faultsOf(page), []);
  await latest.getByRole('link', { name: 'All anomalies of this machine' }).click();
  await page.getByText('7 found').waitFor();
  await page.getByText('late').waitFor();
  await page.close();
});

test('what goes on at a machine comes first, however long ago it began', async (t) => {
  const { report, address } = await plantOf(t);
  await report('press', 'DRIFT', { message: 'more and more', startedAt: minutesAgo(20_000) });
  for (let n = 1; n <= 6; n += 1) {
    await report('press', 'SPIKE', { message: `no. ${n}`, startedAt: minutesAgo(60 - n), endedAt: minutesAgo(50) });
  }
  const { page } = await browser.pageOf(address('press'), { reducedMotion: 'reduce' });
  const latest = page.getByRole('region', { name: 'Latest anomalies' });
  await latest.getByText('more and more').waitFor();
  const expected = ['more and more', ...[6, 5, 4, 3, 2].map((n) => `no. ${n}`)];
  assert.deepEqual(await latest.locator('.what').allTextContents(), expected);
  await page.close();
});

test('a machine that fell silent says when, and leads to its last day', async (t) => {
  const { url, address } = await plantOf(t);
  const { page } = await browser.pageOf(address('saw'), { reducedMotion: 'reduce' });
  await page.getByText('It has sent no readings yet.').waitFor();
  const rows = [0, 1, 2].map((n) => ({ machine: 'saw', time: `2026-01-20T1${n}:00:00Z`, power_kw: 7 }));
  const headers = { 'content-type': 'application/json' };
  await fetch(`${url}/api/v1/readings`, { method: 'POST', headers, body: JSON.stringify(rows) });
  await page.getByText(/No readings in this time: the last one was Jan 20.*12:00/).waitFor();
  assert.deepEqual(await faultsOf(page), []);
  await page.getByRole('button', { name: 'Energy' }).click();
  await page.getByRole('link', { name: 'Show that day' }).click();
  await page.getByText('Tuesday, January 20, 2026').waitFor();
  assert.match(page.url(), /range=day&from=2026-01-20T00%3A00Z/);
  assert.match(page.url(), /show=energy/);
  await page.getByText('Show that day').waitFor({ state: 'detached' });
  await page.close();
});

test('several are dealt with at once, by keyboard, and what is refused is said of its machine', async (t) => {
  const { url, report } = await plantOf(t);
  const refused = await report('saw', 'DROP');
  for (const kind of ['SPIKE', 'DRIFT', 'PATTERN']) await report('press', kind);
  const { page } = await browser.pageOf(`${url}/#/anomalies`, { reducedMotion: 'reduce' });
  await page.getByText('4 found').waitFor();
  await page.getByRole('checkbox', { name: /^Choose: press, Spike, began / }).press('Space');
  await page.getByRole('checkbox', { name: /^Choose: saw, Drop, began / }).press('Space');
  await page.getByLabel('Your name').fill('Ada');
  await page.getByLabel('Note').fill('power cut');
  assert.deepEqual(await faultsOf(page), [], 'with the bar');
  await page.route('**/graphql', (route) => {
    const isRefused = route.request().postDataJSON().variables.input?.id === refused;
    return isRefused ? route.fulfill({ json: { errors: [{ message: 'not now' }] } }) : route.continue();
  });
  await page.getByRole('button', { name: 'Acknowledge 2' }).press('Enter');
  await page.getByRole('alert').getByText('saw: Not now.').waitFor();
  await page.getByText('1 acknowledged').waitFor();
  await page.locator('.status').getByText(/^Acknowledged · by Ada · .*“power cut”$/).waitFor();
  assert.equal(await page.locator('.status').count(), 1);
  await page.unroute('**/graphql');
  await page.getByRole('button', { name: 'Acknowledge 1' }).click();
  await page.locator('.status').nth(1).waitFor();

  await page.getByRole('checkbox', { name: 'All on this page' }).check();
  await page.getByRole('button', { name: 'Acknowledge 2' }).waitFor();
  await page.getByRole('button', { name: 'Resolve 4' }).click();
  await page.getByText('4 resolved').waitFor();
  assert.ok(await page.getByText('4 resolved').evaluate((text) => text.getRootNode().activeElement === text));
  const { anomalies } = await graphql(url, '{ anomalies(filter: {status: RESOLVED}) { nodes { statusBy } } }');
  assert.deepEqual(anomalies.nodes, Array(4).fill({ statusBy: 'Ada' }));
  assert.equal(await page.getByRole('checkbox').count(), 0, 'there is nothing left to choose');
  await page.close();
});

test('whoever goes by keyboard keeps their place, and a page is read from its top', async (t) => {
  const { url, report } = await plantOf(t);
  for (let i = 0; i < 60; i++) await report('press', `KIND_${i}`);
  const { page } = await browser.pageOf(`${url}/#/anomalies?status=OPEN`, PHONE);
  await page.getByText('60 found').waitFor();
  const acknowledge = rowsOf(page).first().getByRole('button', { name: 'Acknowledge: press' });
  await acknowledge.press('Enter');
  await page.keyboard.press('Escape');
  await page.getByLabel('Note').waitFor({ state: 'detached' });
  await acknowledge.press('Enter');
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.getByText('59 found').waitFor();
  await page.waitForFunction(() => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at?.tagName === 'H2';
  });
  await page.getByRole('button', { name: 'Older' }).press('Enter');
  await page.getByRole('heading', { name: 'press Kind 59 Open' }).waitFor({ state: 'detached' });
  await page.getByRole('heading', { name: 'press Kind 29 Open' }).waitFor();
  const top = () => page.getByRole('heading', { name: 'Anomalies', level: 2 }).boundingBox();
  await page.waitForFunction(() => scrollY < innerHeight);
  assert.ok((await top()).y >= 0, 'the list begins on the screen');
  await page.close();
});
