// Rules, contact points and messages: set up on the page, told by the real binary to a receiver of the test.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import { faultsOf } from './axe.mjs';
import { browserOf } from './browser.mjs';
import { graphql, sendHistory, serverOf } from './server.mjs';

let browser;
let server;
let receiver;
/** What the receiver answers with. */
let status = 200;
before(async () => {
  receiver = createServer((request, response) => request.resume().on('end', () => response.writeHead(status).end()));
  receiver.listen(0, '127.0.0.1');
  await once(receiver, 'listening');
  server = await serverOf('serve', '--allow-private-webhooks', 'true');
  await sendHistory(server.url);
  browser = await browserOf();
});
after(() => receiver?.close());
after(() => server?.end());
after(() => browser?.close());

const openRules = async (options) =>
  (await browser.pageOf(`${server.url}/#/rules`, { reducedMotion: 'reduce', ...options })).page;

test('a webhook is added, tells its secret once, is tried, and gets what a notification tells', async () => {
  const page = await openRules();
  const contacts = page.getByRole('region', { name: 'Contact points' });
  await page.getByRole('button', { name: 'Add a contact point' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a contact point' });
  await dialog.getByLabel('Name').fill('Ada');
  await dialog.getByLabel('E-mail address').fill('ada@plant.example');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await dialog.getByRole('alert').getByText('CHANNEL_NOT_SET_UP').waitFor();
  await dialog.getByRole('alert').getByText(/--smtp/).waitFor();
  assert.deepEqual(await faultsOf(page), [], 'the dialog, with a refusal');
  await dialog.getByLabel('Channel').selectOption('Webhook');
  await dialog.getByLabel('Name').fill('<b>hook</b>');
  await dialog.getByLabel('URL').fill(`http://127.0.0.1:${receiver.address().port}/`);
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await contacts.getByText(/^whsec_/).waitFor();
  await contacts.getByRole('button', { name: /^Copy: Secret of <b>hook<\/b>/ }).click();
  await contacts.getByText('Copied').waitFor();
  assert.deepEqual(await faultsOf(page), [], 'with a secret');
  await contacts.getByRole('button', { name: 'I have it' }).click();
  assert.equal(await contacts.getByText(/^whsec_/).count(), 0);
  await contacts.getByRole('button', { name: 'Test <b>hook</b>' }).click();
  await contacts.getByText('a test message has arrived').waitFor();
  status = 410;
  await contacts.getByRole('button', { name: 'Test <b>hook</b>' }).click();
  await contacts.getByText('NOT_DELIVERED').waitFor();

  await page.getByRole('button', { name: 'Add a notification' }).click();
  const notification = page.getByRole('dialog', { name: 'Add a notification' });
  await notification.getByLabel('Name').fill('Night');
  await notification.getByLabel('<b>hook</b>').check();
  await notification.getByLabel('Of anomalies at').selectOption('these machines');
  await notification.getByLabel('Lasts at least, seconds').fill('0');
  await notification.getByLabel('Wait for more, seconds').fill('');
  await notification.getByRole('button', { name: 'Add', exact: true }).click();
  await notification.getByText('Choose at least one machine.').waitFor();
  await notification.getByLabel('press').check();
  await notification.getByRole('button', { name: 'Add', exact: true }).click();
  await notification.getByText('Give a number: how long to wait for more.').waitFor();
  await notification.getByLabel('Wait for more, seconds').fill('1');
  assert.deepEqual(await faultsOf(page), [], 'a notification');
  await notification.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByText(/^Tells <b>hook<\/b> of warnings and what is critical at press/).waitFor();

  await graphql(server.url, `mutation { reportAnomaly(input: {machine: "press", kind: "SPIKE", startedAt: "${new Date().toISOString()}", message: "hot"}) { anomaly { id } } }`);
  const messages = page.getByRole('region', { name: 'Latest messages' });
  await messages.getByText('Failed').waitFor({ timeout: 40_000 });
  await messages.getByText(/410/).first().waitFor();
  status = 200;
  await messages.getByRole('button', { name: /^Try again/ }).click();
  await messages.getByText('Delivered', { exact: true }).waitFor({ timeout: 40_000 });
  assert.deepEqual(await faultsOf(page), [], 'with a message');
  await page.close();
});

test('rules for machines are added, refused, edited, turned off and removed on a phone', async () => {
  const page = await openRules({ viewport: { width: 390, height: 844 }, colorScheme: 'dark' });
  const rules = page.getByRole('region', { name: 'Rules for machines' });
  await page.getByRole('button', { name: 'Add a rule' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add a rule for machines' });
  await dialog.getByLabel('Name').fill('Idle');
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await dialog.getByRole('alert').getByText('INVALID_INPUT').waitFor();
  await dialog.getByLabel('Watch for').selectOption('Power outside production hours');
  await dialog.getByLabel('Above, kW').fill('5');
  await dialog.getByRole('button', { name: 'Add hours' }).click();
  const saturday = dialog.getByRole('group', { name: 'Hours 2' });
  for (const day of ['Mon', 'Tue', 'Wed', 'Thu', 'Fri']) await saturday.getByLabel(day).uncheck();
  await saturday.getByLabel('Sat').check();
  await saturday.getByLabel('to').fill('00:00');
  assert.deepEqual(await faultsOf(page), []);
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  await rules.getByText('Warning at all machines: above 5 kW for 1 min outside Mon–Fri 06:00–22:00, Sat 06:00–24:00').waitFor();
  await rules.getByRole('button', { name: 'Edit Idle' }).click();
  const edit = page.getByRole('dialog', { name: 'Edit Idle' });
  await edit.getByLabel('Watch for').selectOption('No readings');
  await edit.locator('[name=where]').selectOption('machines of the kind other');
  await edit.getByLabel('That is').selectOption('critical');
  await edit.getByLabel('For, seconds').fill('600');
  await edit.getByLabel('In force').uncheck();
  await edit.getByRole('button', { name: 'Save' }).click();
  await rules.getByText('Critical at machines of the kind other: no readings for 10 min').waitFor();
  await rules.getByText('Off', { exact: true }).waitFor();
  const overhang = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(overhang, 0);
  await rules.getByRole('button', { name: 'Remove Idle' }).click();
  await page.getByRole('button', { name: 'Remove the rule' }).click();
  await rules.getByText(/^None yet/).waitFor();
  await page.close();
});
