// What axe finds: nothing, in light and dark, on a desk and on a phone.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { faultsOf } from './axe.mjs';
import { browserOf } from './browser.mjs';
import { graphql, sendHistory, serverOf } from './server.mjs';

let browser;
before(async () => {
  browser = await browserOf();
});
after(() => browser?.close());

const LOOKS = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  'a phone': { colorScheme: 'light', viewport: { width: 390, height: 844 } },
  'a phone in the dark': { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
};

for (const [name, look] of Object.entries(LOOKS)) {
  test(`in ${name}`, async (t) => {
    const server = await serverOf('serve');
    t.after(server.end);
    const { page } = await browser.pageOf(server.url, { ...look, reducedMotion: 'reduce' });
    await page.locator('wattline-first-reading').waitFor();
    assert.deepEqual(await faultsOf(page), [], 'empty');

    await sendHistory(server.url);
    await page.locator('wattline-first-reading').waitFor({ state: 'detached' });
    await page.locator('wattline-toasts li').waitFor();
    assert.deepEqual(await faultsOf(page), [], 'live, with a pop-up');
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.locator('wattline-tile .stamp').first().waitFor();
    assert.deepEqual(await faultsOf(page), [], 'paused');

    const at = new Date().toISOString();
    await graphql(server.url, `mutation { reportAnomaly(input: {machine: "press", kind: "DRIFT", severity: CRITICAL, startedAt: "${at}"}) { anomaly { id } } }`);
    await page.goto(`${server.url}/#/anomalies`);
    await page.getByText('2 found').waitFor();
    await page.getByRole('button', { name: /^Resolve: / }).first().click();
    await page.getByLabel('Note').waitFor();
    assert.deepEqual(await faultsOf(page), [], 'the anomalies, with a form');
    await page.close();
  });
}
