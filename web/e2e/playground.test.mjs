// The playground in a real browser: it asks, it watches, and nothing comes from elsewhere. And how files are served.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { browserOf } from './browser.mjs';
import { serverOf } from './server.mjs';

const PATIENCE_MS = 30_000;

let server;
let browser;
before(async () => {
  server = await serverOf('serve');
  browser = await browserOf();
});
after(() => server?.end());
after(() => browser?.close());

test('the playground asks, watches and knows the schema', async () => {
  let introspected;
  const { page } = await browser.pageOf(`${server.url}/graphiql`, {}, (page) => {
    const isAnswer = (response) => response.url().endsWith('/graphql');
    introspected = page.waitForResponse(isAnswer, { timeout: PATIENCE_MS });
  });
  const answer = page.locator('.graphiql-response');
  await introspected;
  // The editor takes the document in once it is coloured.
  await page.locator('.graphiql-query-editor .view-line .mtk1, .graphiql-query-editor .view-line span span').first().waitFor();
  await page.locator('.graphiql-execute-button').click({ timeout: PATIENCE_MS });
  await answer.getByText('totalReadings').first().waitFor({ timeout: PATIENCE_MS });
  // The second tab is a subscription: it goes on without being asked again.
  await page.getByRole('tab', { name: /Live/ }).click();
  // It runs what the editor holds: first the other document must be there.
  await page.locator('.graphiql-query-editor').getByText('statsUpdates').first().waitFor();
  await page.locator('.graphiql-execute-button').click();
  await answer.getByText('dataRate').first().waitFor({ timeout: PATIENCE_MS });
  const asOf = () => answer.innerText().then((text) => text.match(/\d\d:\d\d:\d\dZ/)?.[0]);
  const first = await asOf();
  await page.waitForFunction(
    (first) => {
      const text = document.querySelector('.graphiql-response')?.textContent ?? '';
      const now = text.match(/\d\d:\d\d:\d\dZ/)?.[0];
      return now && now !== first;
    },
    first,
    { timeout: PATIENCE_MS },
  );
  await page.close();
});

test('files are packed, tagged and strict', async () => {
  const html = await (await fetch(server.url)).text();
  const script = html.match(/src="(\/assets\/[^"]+\.js)"/)[1];
  const ask = (path, headers) => fetch(`${server.url}${path}`, { headers });
  const plain = await ask(script, { 'accept-encoding': 'identity' });
  const text = await plain.text();
  assert.equal(plain.headers.get('cache-control'), 'public, max-age=31536000, immutable');
  for (const encoding of ['br', 'gzip']) {
    const packed = await ask(script, { 'accept-encoding': encoding });
    assert.equal(packed.headers.get('content-encoding'), encoding);
    // fetch unpacks by itself.
    assert.equal(await packed.text(), text);
    const tag = packed.headers.get('etag');
    assert.notEqual(tag, plain.headers.get('etag'));
    const known = await ask(script, { 'accept-encoding': encoding, 'if-none-match': tag });
    assert.equal(known.status, 304);
  }
  for (const [path, styles] of [['/', "style-src 'self';"], ['/graphiql', "style-src 'self' 'unsafe-inline';"]]) {
    const policy = (await ask(path)).headers.get('content-security-policy');
    assert.match(policy, /default-src 'none'; script-src 'self';/);
    assert.ok(policy.includes(styles), policy);
    assert.ok(!policy.includes('unsafe-eval'), policy);
  }
});
