// Budgets: set on the page, reckoned by the real binary.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { faultsOf } from './axe.mjs';
import { browserOf } from './browser.mjs';
import { graphql, sendHistory, serverOf } from './server.mjs';

let browser;
let server;
before(async () => {
  server = await serverOf('serve');
  await sendHistory(server.url);
  browser = await browserOf();
});
after(() => server?.end());
after(() => browser?.close());

const LOOKS = {
  'a desk': { colorScheme: 'light' },
  'a phone in the dark': { colorScheme: 'dark', viewport: { width: 390, height: 844 } },
};

for (const [name, look] of Object.entries(LOOKS)) {
  test(`a budget is added, refused, used, changed and removed on ${name}`, async () => {
    const { page } = await browser.pageOf(`${server.url}/#/budgets`, { reducedMotion: 'reduce', ...look });
    await page.getByText(/^There are no budgets yet/).waitFor();
    await page.getByRole('button', { name: 'Add a budget' }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a budget' });
    await dialog.getByLabel('Name').fill('<b>month</b>');
    await dialog.getByRole('button', { name: 'Add' }).click();
    await dialog.getByText('Give a number: the limit.').waitFor();
    await dialog.getByLabel('Limit, kWh').fill('-1');
    await dialog.getByRole('button', { name: 'Add' }).click();
    await dialog.getByRole('alert').getByText('INVALID_INPUT').waitFor();
    await dialog.locator('[name=where]').selectOption('these machines');
    await dialog.getByRole('checkbox', { name: 'press' }).check();
    await dialog.getByLabel('Limit, kWh').fill('25');
    assert.deepEqual(await faultsOf(page), [], 'the dialog');
    await dialog.getByRole('button', { name: 'Add' }).click();
    const card = page.getByRole('listitem').filter({ has: page.getByRole('heading', { name: '<b>month</b>' }) });
    await card.getByText(/^Close to the limit/).waitFor();
    await card.getByText('24.0 kWh').waitFor();
    await card.getByText('25.0 kWh').waitFor();
    await card.getByText('Energy, electricity, press. This month,').waitFor();
    await card.getByRole('img', { name: /^<b>month<\/b>: 96\.0 % of the limit used/ }).waitFor();
    assert.deepEqual(await faultsOf(page), [], 'close to the limit');
    await card.getByRole('button', { name: 'Edit <b>month</b>' }).click();
    const edit = page.getByRole('dialog', { name: 'Edit <b>month</b>' });
    await edit.locator('[name=quantity]').selectOption('Cost');
    await edit.getByLabel('Limit, USD').fill('0.5');
    await edit.getByRole('button', { name: 'Save' }).click();
    await card.getByText('Over the limit').waitFor();
    await card.getByText('$2.88').waitFor();
    await card.getByText('Cost, all carriers that have rates, press').waitFor();
    assert.deepEqual(await faultsOf(page), [], 'over the limit');
    await graphql(server.url, 'mutation { saveBudget(input: {name: "peak", quantity: PEAK_DEMAND, period: MONTH, limit: 20, contactPointIds: []}) { budget { id } } }');
    await page.reload();
    await page.getByText('peaks are not forecast').waitFor();
    const overhang = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.equal(overhang, 0);
    for (const budget of ['<b>month</b>', 'peak']) {
      await page.getByRole('button', { name: `Remove ${budget}` }).click();
      await page.getByRole('button', { name: 'Remove the budget' }).click();
      await page.getByRole('button', { name: `Remove ${budget}` }).waitFor({ state: 'detached' });
    }
    await page.getByText(/^There are no budgets yet/).waitFor();
    await page.close();
  });
}
