// The page on a server that executes only listed documents: its own, which the binary knows, are enough for every view.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { browserOf } from './browser.mjs';
import { graphql, sendHistory, serverOf } from './server.mjs';

let browser;
let folder;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wattline-documents-'));
  browser = await browserOf();
});
after(() => rmSync(folder, { recursive: true }));
after(() => browser?.close());

test('with its own list every view works, and nothing else is executed', async (t) => {
  const database = ['--database', `sqlite://${join(folder, 'plant.db')}`];
  const open = await serverOf('serve', ...database);
  t.after(open.end);
  await sendHistory(open.url);
  const { machine } = await graphql(open.url, '{ machine(name: "press") { id } }');
  await open.stop();
  const server = await serverOf('serve', ...database, '--only-listed-documents', 'true');
  t.after(server.end);

  const body = JSON.stringify({ query: '{ sites { name } }' });
  const headers = { 'content-type': 'application/json' };
  const refused = await (await fetch(`${server.url}/graphql`, { method: 'POST', headers, body })).json();
  assert.equal(refused.errors[0].extensions.code, 'DOCUMENT_NOT_LISTED');

  const { page } = await browser.pageOf(server.url);
  await page.locator('wattline-connection .live').waitFor();
  await page.locator('wattline-anomalies .what').getByText('hot').waitFor();
  await page.locator('wattline-today canvas').waitFor();
  await page.goto(`${server.url}/#/trends?machines=${encodeURIComponent(machine.id)}`);
  await page.getByRole('group', { name: /^Power of press/ }).locator('canvas').waitFor();
  await page.getByRole('link', { name: 'Machines' }).click();
  await page.locator('td[data-label=Today]').getByText(/kWh/).waitFor();
  await page.getByRole('button', { name: 'Edit press' }).click();
  await page.getByLabel('Rated power, kW').fill('75');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('link', { name: 'press' }).click();
  await page.locator('dl').getByText('75.0 kW').waitFor();
  await page.getByRole('link', { name: 'Anomalies', exact: true }).click();
  await page.getByRole('button', { name: 'Acknowledge: press' }).click();
  await page.getByRole('button', { name: 'Acknowledge' }).click();
  await page.locator('.status').getByText(/^Acknowledged/).waitFor();
  await page.close();
});
