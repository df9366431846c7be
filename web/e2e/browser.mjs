// Chromium for the tests of the page. Why it judges when it is closed: that nothing goes to another machine and that no
// console complains is no matter of single tests.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { BINARY, CHROMIUM, CHROMIUM_ARGS } from './server.mjs';

export const PATIENCE_MS = 20_000;

/**
 * A browser; `pageOf` opens an address in it and returns the page and what its console complained of. Where a server is
 * stopped or asked for what it refuses, `mayComplain`; where people are sent elsewhere on purpose, `mayVisit` is where.
 */
export async function browserOf() {
  assert.ok(existsSync(CHROMIUM), `${CHROMIUM} is missing: run \`make test\`, or apt-get install chromium`);
  assert.ok(existsSync(BINARY), `${BINARY} is missing: run \`cargo build\``);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS });
  const foreign = [];
  const faults = [];
  const pageOf = async (url, { mayComplain = false, mayVisit = url, ...options } = {}, prepare = async () => {}) => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, locale: 'en-US', ...options });
    page.setDefaultTimeout(PATIENCE_MS);
    const complaints = [];
    const complain = (text) => {
      complaints.push(text);
      if (!mayComplain) faults.push(`${url}: ${text}`);
    };
    page.on('console', (message) => {
      if (message.type() === 'error') complain(message.text());
    });
    page.on('pageerror', (error) => complain(String(error)));
    const hosts = [url, mayVisit].map((known) => new URL(known).host);
    const look = (asked) => {
      const { protocol, host: askedHost } = new URL(asked);
      if (!['data:', 'blob:'].includes(protocol) && !hosts.includes(askedHost)) foreign.push(`${url}: ${asked}`);
    };
    page.context().on('request', (request) => look(request.url()));
    page.on('websocket', (socket) => look(socket.url()));
    await prepare(page);
    await page.goto(url);
    return { page, complaints };
  };
  const close = async () => {
    await browser.close();
    assert.deepEqual(foreign, [], 'nothing goes to another machine');
    assert.deepEqual(faults, [], 'no console complains');
  };
  return { pageOf, close };
}
