// Signing in on the page: nothing is shown before, all of it after, and nothing again once somebody is let in no longer.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, sign } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
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

/** An issuer at another site, where somebody is signed in already; it sends browsers back to where `backTo` says. */
async function issuerOf(claims, backTo) {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  let nonce;
  const answers = {
    '/.well-known/openid-configuration': () => ({
      issuer: url,
      jwks_uri: `${url}/keys`,
      authorization_endpoint: `${url}/authorize`,
      token_endpoint: `${url}/token`,
      response_types_supported: ['code'],
      subject_types_supported: ['public'],
      id_token_signing_alg_values_supported: ['ES256'],
    }),
    '/keys': () => ({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'one', use: 'sig' }] }),
    '/token': () => {
      const nowS = Math.floor(Date.now() / 1000);
      const said = { iss: url, aud: 'wattline', iat: nowS, exp: nowS + 300, nonce, ...claims };
      const signed = `${part({ alg: 'ES256', kid: 'one' })}.${part(said)}`;
      const signature = sign('sha256', Buffer.from(signed), { key: privateKey, dsaEncoding: 'ieee-p1363' });
      return { access_token: 'x', token_type: 'Bearer', id_token: `${signed}.${signature.toString('base64url')}` };
    },
  };
  const server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url, url);
    if (pathname === '/authorize') {
      nonce = searchParams.get('nonce');
      const back = new URL(new URL(searchParams.get('redirect_uri')).pathname, backTo());
      back.search = new URLSearchParams({ code: 'x', state: searchParams.get('state') });
      return response.writeHead(302, { location: back.href }).end();
    }
    const headers = { 'content-type': 'application/json' };
    response.writeHead(200, headers).end(JSON.stringify(answers[pathname]?.() ?? null));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A browser takes this name for another site than the address.
  const url = `http://localhost:${server.address().port}`;
  return { url, end: () => server.close() };
}

test('people sign in where their organization knows them', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-sign-in-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const claims = { sub: '1', name: 'anna', groups: [] };
  let server;
  const issuer = await issuerOf(claims, () => server.url);
  t.after(issuer.end);
  const options = ['--issuer', issuer.url, '--client-id', 'wattline', '--scope-claim', 'groups'];
  server = await serverOf('serve', '--database', `sqlite://${join(folder, 'wattline.db')}`, ...options);
  t.after(server.end);
  const { page } = await browser.pageOf(server.url, { mayComplain: true, mayVisit: issuer.url });
  const form = page.locator('wattline-sign-in form');
  const way = form.getByRole('link', { name: 'Sign in with your organization' });
  await way.click();
  await form.getByRole('alert').getByText('nothing here is open to you').waitFor();
  assert.equal(new URL(page.url()).search, '', 'it is said once');
  claims.groups = ['read'];
  await way.click();
  await page.locator(LIVE).waitFor();
  assert.equal(await page.evaluate(() => document.cookie), '', 'no script reads the cookie');
  await page.reload();
  await page.locator(LIVE).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await form.waitFor();
  await page.close();
});
