// Snoozing and maintenance, entered and shown on the clock of the plant.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { faultsOf } from './axe.mjs';
import { browserOf } from './browser.mjs';
import { graphql, sendHistory, serverOf } from './server.mjs';

let browser;
let server;
let machine;
before(async () => {
  server = await serverOf('serve');
  await sendHistory(server.url);
  ({ machine } = await graphql(server.url, '{ machine(name: "press") { id site { id } } }'));
  await graphql(server.url, `mutation { updateSite(input: {id: "${machine.site.id}", timeZone: "Europe/Berlin"}) { site { id } } }`);
  browser = await browserOf();
});
after(() => server?.end());
after(() => browser?.close());

/** The page of the machine, in a browser far away. */
const openMachine = async (options) => {
  const hash = `#/machines/${encodeURIComponent(machine.id)}`;
  const { page } = await browser.pageOf(`${server.url}/${hash}`, { timezoneId: 'America/New_York', ...options });
  return page;
};

test('a machine is snoozed until an hour of the plant, and woken', async () => {
  const page = await openMachine({ reducedMotion: 'reduce' });
  await page.getByRole('button', { name: 'Snooze' }).click();
  const dialog = page.getByRole('dialog', { name: 'Snooze press' });
  assert.deepEqual(await faultsOf(page), []);
  await dialog.getByLabel('until…').check();
  await dialog.getByLabel('Until', { exact: true }).fill('2036-07-01T06:00');
  await dialog.getByRole('button', { name: 'Snooze' }).click();
  await page.getByText(/^Snoozed until Jul 1, 2036, 06:00 AM/).waitFor();
  const asked = `{ machine(id: "${machine.id}") { snoozedUntil } }`;
  assert.equal((await graphql(server.url, asked)).machine.snoozedUntil, '2036-07-01T04:00:00Z');
  await page.getByRole('button', { name: 'Wake' }).click();
  await page.getByRole('button', { name: 'Snooze' }).click();
  await page.keyboard.press('Escape');
  await dialog.waitFor({ state: 'detached' });
  await page.getByRole('button', { name: 'Snooze' }).click();
  await dialog.getByLabel('for 1 hour').check();
  await dialog.getByRole('button', { name: 'Snooze' }).click();
  await page.getByText(/^Snoozed until /).waitFor();
  await page.close();
});

test('maintenance is announced, refused, listed and cancelled', async () => {
  const page = await openMachine({ viewport: { width: 390, height: 844 }, reducedMotion: 'reduce' });
  const section = page.getByRole('region', { name: 'Maintenance' });
  await section.getByText('Nothing is announced for this machine.').waitFor();
  await section.getByRole('button', { name: 'Announce' }).click();
  const dialog = page.getByRole('dialog', { name: 'Announce maintenance' });
  assert.deepEqual(await faultsOf(page), []);
  await dialog.getByLabel('What is done').fill('<b>new bearings</b>');
  await dialog.getByLabel('From').fill('2036-07-01T06:00');
  await dialog.getByLabel('To', { exact: true }).fill('2036-07-01T05:00');
  await dialog.getByRole('button', { name: 'Announce' }).click();
  await dialog.getByRole('alert').getByText('INVALID_INPUT').waitFor();
  await dialog.getByLabel('To', { exact: true }).fill('2036-07-01T14:00');
  await dialog.getByLabel('What is worked on').selectOption('The whole site default');
  await dialog.getByRole('button', { name: 'Announce' }).click();
  await section.getByText('<b>new bearings</b>').waitFor();
  await section.getByText('Jul 1, 06:00 AM – 02:00 PM').waitFor();
  const { maintenance } = await graphql(server.url, '{ maintenance { from to machine { id } } }');
  assert.deepEqual(maintenance, [{ from: '2036-07-01T04:00:00Z', to: '2036-07-01T12:00:00Z', machine: null }]);
  await section.getByRole('button', { name: /^Cancel: Whole site/ }).click();
  await page.getByRole('button', { name: 'Cancel the maintenance' }).click();
  await section.getByText('Nothing is announced for this machine.').waitFor();
  assert.deepEqual(await faultsOf(page), []);
  await page.close();
});

test('the page of a machine lists no work on others', async () => {
  const registered = 'mutation { registerMachine(input: {name: "saw"}) { machine { id } } }';
  const saw = (await graphql(server.url, registered)).registerMachine.machine;
  const announce = (where, note) => {
    const input = `{${where}, from: "2036-07-01T04:00:00Z", to: "2036-07-01T06:00:00Z", note: "${note}"}`;
    return graphql(server.url, `mutation { scheduleMaintenance(input: ${input}) { maintenance { id } } }`);
  };
  await announce(`machineId: "${saw.id}"`, 'new blade');
  await announce(`machineId: "${machine.id}"`, 'new belt');
  await announce(`siteId: "${machine.site.id}"`, 'new roof');
  const page = await openMachine();
  const section = page.getByRole('region', { name: 'Maintenance' });
  await section.getByText('new belt').waitFor();
  await section.getByText('new roof').waitFor();
  assert.equal(await section.getByRole('listitem').count(), 2);
  await page.close();
});
