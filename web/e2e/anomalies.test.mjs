// Anomalies as people meet them: each once, never too many at a time, and never as markup.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browserOf } from './browser.mjs';
import { graphql, serverOf } from './server.mjs';

const AT_ONCE = 50;
const SHOWN_TOASTS = 4;
const STACK = 'wattline-toasts .stack';

let browser;
before(async () => {
  browser = await browserOf();
});
after(() => browser?.close());

/** An empty server with one machine. */
async function plantOf(t) {
  const server = await serverOf('serve');
  t.after(server.end);
  await graphql(server.url, 'mutation { registerMachine(input: {name: "press"}) { machine { id } } }');
  return server;
}

/** Reports anomalies whose messages are counted from a number on. */
async function report(url, from, count, severity = 'WARNING') {
  for (let done = 0; done < count; done += AT_ONCE) {
    const numbers = Array.from({ length: Math.min(AT_ONCE, count - done) }, (_, i) => from + done + i);
    const startedAt = new Date().toISOString();
    const fields = numbers.map((n) => {
      const input = `machine: "press", kind: "SPIKE", severity: ${severity}, startedAt: "${startedAt}", message: "no. ${n}"`;
      return `a${n}: reportAnomaly(input: {${input}}) { anomaly { id } }`;
    });
    await graphql(url, `mutation { ${fields.join(' ')} }`);
  }
}

/** How many pop-ups there were, shown or not. */
async function toastsOf(page) {
  const shown = await page.locator(`${STACK} li`).count();
  const more = page.locator(`${STACK} .more`);
  const text = (await more.count()) === 0 ? '' : await more.textContent();
  return { shown, all: shown + Number(text.match(/\d+/)?.[0] ?? 0) };
}

test('a thousand at once, half of them missed: each is told once, and four are shown', async (t) => {
  const server = await plantOf(t);
  const { page } = await browser.pageOf(server.url, { mayComplain: true });
  await page.locator('wattline-connection .live').waitFor();
  assert.equal(await page.locator(STACK).count(), 0);
  await report(server.url, 1, 1);
  // Pop-ups stay for as long as somebody points at them.
  await page.locator(STACK).hover();
  await report(server.url, 2, 499);
  // Whoever wants to do something can.
  await page.getByRole('button', { name: 'Pause' }).click();
  await page.getByRole('button', { name: 'Live' }).click();
  await page.locator(STACK).hover();
  await page.locator(`${STACK} .more`).getByText('and 496 more').waitFor();
  await page.context().setOffline(true);
  await server.stop();
  await page.locator('wattline-connection').getByText(/reconnecting/).first().waitFor();
  await server.start();
  await report(server.url, 501, 500);
  await page.context().setOffline(false);
  await page.locator(`${STACK} .more`).getByText('and 996 more').waitFor();
  assert.deepEqual(await toastsOf(page), { shown: SHOWN_TOASTS, all: 1000 });

  await page.locator(`${STACK} .more a`).click();
  await page.getByText('1,000 found').waitFor();
  const seen = [];
  const rows = page.locator('wattline-anomaly-row .what');
  for (;;) {
    await rows.first().waitFor();
    const texts = await rows.allTextContents();
    seen.push(...texts);
    const older = page.getByRole('button', { name: 'Older' });
    if (await older.isDisabled()) break;
    await older.click();
    await page.waitForFunction(
      (first) => document.querySelector('wattline-page').shadowRoot.querySelector('wattline-anomaly-view')
        .shadowRoot.querySelector('wattline-anomaly-row')?.shadowRoot.querySelector('.what')?.textContent !== first,
      texts[0],
    );
  }
  assert.deepEqual(seen, Array.from({ length: 1000 }, (_, i) => `no. ${1000 - i}`));
  await page.close();
});

test('text is text, in pop-ups, lists and notes', async (t) => {
  const server = await plantOf(t);
  const { page, complaints } = await browser.pageOf(server.url);
  await page.locator('wattline-connection .live').waitFor();
  const nasty = '<img src=x onerror=alert(1)> <b>hot</b> ${7*7} &amp;';
  const input = { machine: 'press', kind: 'SPIKE', severity: 'CRITICAL', startedAt: new Date().toISOString(), message: nasty };
  const document = 'mutation ($input: ReportAnomalyInput!) { reportAnomaly(input: $input) { anomaly { id } } }';
  const { reportAnomaly } = await graphql(server.url, document, { input });
  await page.locator(`${STACK} .what`).getByText(nasty, { exact: true }).waitFor();
  await page.locator('wattline-anomalies .what').getByText(nasty).waitFor();
  const note = 'mutation ($input: AnomalyStatusInput!) { acknowledgeAnomaly(input: $input) { anomaly { id } } }';
  await graphql(server.url, note, { input: { id: reportAnomaly.anomaly.id, by: nasty, note: nasty } });
  await page.goto(`${server.url}/#/anomalies`);
  await page.locator('wattline-anomaly-row .what').getByText(nasty, { exact: true }).waitFor();
  await page.locator('wattline-anomaly-row .status').getByText(`“${nasty}”`).waitFor();
  assert.equal(await page.locator('img[src=x], b').count(), 0);
  assert.deepEqual(complaints, []);
  await page.close();
});

test('somebody resolves one with a note, and another screen hears of its end', async (t) => {
  const server = await plantOf(t);
  await report(server.url, 1, 1, 'CRITICAL');
  const other = await browser.pageOf(server.url);
  await other.page.locator('wattline-anomalies .what').getByText('no. 1').waitFor();
  const { page, complaints } = await browser.pageOf(`${server.url}/#/anomalies`);
  await page.getByRole('button', { name: 'Acknowledge: press' }).click();
  await page.getByLabel('Your name').fill('Ada');
  await page.getByRole('button', { name: 'Acknowledge' }).click();
  await page.locator('.status').getByText(/^Acknowledged · by Ada/).waitFor();
  await page.getByRole('button', { name: 'Resolve: press' }).click();
  assert.equal(await page.getByLabel('Your name').inputValue(), 'Ada', 'the browser remembers who');
  await page.getByLabel('Note').fill('belt changed');
  await page.getByRole('button', { name: 'Resolve' }).click();
  await page.locator('.status').getByText('“belt changed”').waitFor();
  const { anomalies } = await graphql(server.url, '{ anomalies { nodes { status statusBy statusNote } } }');
  assert.deepEqual(anomalies.nodes, [{ status: 'RESOLVED', statusBy: 'Ada', statusNote: 'belt changed' }]);
  await other.page.locator(`${STACK} .over`).getByText('Anomaly resolved').waitFor();
  await page.getByText('What became of it').click();
  await page.locator('details li').getByText('acknowledged by Ada').waitFor();
  await page.getByRole('button', { name: 'Comment: press' }).click();
  await page.getByLabel('Note').fill('keep the old one');
  await page.getByRole('button', { name: 'Comment' }).click();
  await page.locator('details li').getByText('said by Ada: “keep the old one”').waitFor();
  await page.getByRole('button', { name: 'Open again: press' }).click();
  await page.getByRole('button', { name: 'Open again' }).click();
  await page.getByRole('button', { name: 'No anomaly: press' }).click();
  await page.getByRole('button', { name: 'No anomaly' }).click();
  await page.locator('.status').getByText(/^Resolved/).waitFor();
  await page.locator('details li').nth(4).waitFor();
  assert.equal(await page.locator('details li').count(), 5);
  assert.equal(await other.page.locator(`${STACK} li`).count(), 1);
  await page.getByLabel('Status').selectOption('Open');
  await page.getByText('0 found').waitFor();
  assert.match(page.url(), /status=OPEN/);
  await page.reload();
  await page.getByText('0 found').waitFor();
  assert.deepEqual([...complaints, ...other.complaints], []);
  await page.close();
  await other.page.close();
});

test('what a rule found names the rule, for as long as there is one', async (t) => {
  const server = await serverOf('serve', '--detect', 'true');
  t.after(server.end);
  await graphql(server.url, 'mutation { registerMachine(input: {name: "press"}) { machine { id } } }');
  const { saveWatchRule } = await graphql(server.url, `mutation { saveWatchRule(input: {name: "<b>hot</b>", kind: THRESHOLD, aboveKw: 50, forSeconds: 0}) { watchRule { id } } }`);
  const { page } = await browser.pageOf(`${server.url}/#/anomalies`);
  const row = { machine: 'press', time: new Date().toISOString(), power_kw: 99 };
  const headers = { 'content-type': 'application/json' };
  await fetch(`${server.url}/api/v1/readings`, { method: 'POST', headers, body: JSON.stringify([row]) });
  await page.locator('wattline-anomaly-row').getByText('Rule: <b>hot</b>').waitFor();
  await graphql(server.url, `mutation { removeWatchRule(input: {id: "${saveWatchRule.watchRule.id}"}) { removedId } }`);
  await page.reload();
  await page.locator('wattline-anomaly-row').getByText('Rule that is no more').waitFor();
  await page.close();
});
