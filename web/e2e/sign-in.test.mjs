// Signing in on the page: nothing is shown before, all of it after, and nothing again once somebody is let in no longer.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { browserOf } from './browser.mjs';
import { BINARY, serverOf } from './server.mjs';

const PASSWORD = 'a long password';
const LIVE = 'wattline-connection .pill.live';

let browser;
before(async () => {
  browser = await browserOf();
});
after(() => browser?.close());

test('whoever is unknown signs in, and out again', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-sign-in-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const database = ['--database', `sqlite://${join(folder, 'wattline.db')}`];
  const user = (...command) => execFileSync(BINARY, [...database, 'user', ...command], { input: `${PASSWORD}\n`, stdio: 'pipe' });
  user('create', 'anna', '--scope', 'admin');
  const server = await serverOf('serve', ...database);
  t.after(server.end);
  const { page } = await browser.pageOf(server.url, { mayComplain: true });
  const form = page.locator('wattline-sign-in form');
  const signIn = async (password) => {
    await form.getByLabel('Name').fill('anna');
    await form.getByLabel('Password').fill(password);
    await form.getByRole('button', { name: 'Sign in' }).click();
  };
  await form.waitFor();
  assert.equal(await page.locator('wattline-overview').count(), 0, 'nothing else is shown');
  await signIn('a wrong password');
  await form.getByRole('alert').getByText('There is no such name and password.').waitFor();
  await signIn(PASSWORD);
  await page.locator(LIVE).waitFor();
  assert.equal(await page.evaluate(() => document.cookie), '', 'no script reads the cookie');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await form.waitFor();
  await signIn(PASSWORD);
  await page.locator(LIVE).waitFor();
  user('remove', 'anna');
  await form.waitFor();
  assert.equal(await page.locator('wattline-overview').count(), 0, 'nothing is left to be seen');
  await page.close();
});
