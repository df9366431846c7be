// Chromium for the tests of the page.

import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { chromium } from 'playwright-core';
import { BINARY, CHROMIUM, CHROMIUM_ARGS } from './server.mjs';

export const PATIENCE_MS = 20_000;

/** A browser; `pageOf` opens an address in it and returns the page and what its console complained of. */
export async function browserOf() {
  assert.ok(existsSync(CHROMIUM), `${CHROMIUM} is missing: run \`make test\`, or apt-get install chromium`);
  assert.ok(existsSync(BINARY), `${BINARY} is missing: run \`cargo build\``);
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS });
  const pageOf = async (url, options = {}, prepare = async () => {}) => {
    const page = await browser.newPage({ viewport: { width: 1280, height: 900 }, locale: 'en-US', ...options });
    page.setDefaultTimeout(PATIENCE_MS);
    const complaints = [];
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    await prepare(page);
    await page.goto(url);
    return { page, complaints };
  };
  return { pageOf, close: () => browser.close() };
}
