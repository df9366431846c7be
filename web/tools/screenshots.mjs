// Pictures of every view, light and dark, on a desk and on a phone, for the README and for whoever changes how the page
// looks. Why the real binary with its demo: a picture of made-up figures shows nothing that can go wrong.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { browserOf } from '../e2e/browser.mjs';
import { graphql, serverOf } from '../e2e/server.mjs';

const FOLDER = process.env.SCREENSHOTS ?? new URL('../../docs/screenshots', import.meta.url).pathname;
const FORMAT = process.env.SCREENSHOT_FORMAT ?? 'webp';
const QUALITY = 80;
/** No picture is longer, in pixels of the page. */
const TALLEST_PX = 2600;
const DEMO = ['--seed', '1', '--history', '8', '--detect', 'true', '--checkpoint-every', '1'];
/** The plant is simulated until now before anything is shown. */
const HISTORY_PATIENCE_MS = 240_000;
const ASKED = `query($from: DateTime!, $to: DateTime!) {
  systemStats { dataRate uptimeDays }
  machines { nodes { usualPower(from: $from, to: $to, every: "PT1H") { at } } }
}`;

const DESK = { viewport: { width: 1440, height: 900 } };
/** Two screens of it: what is beyond the window is drawn as on a desk. */
const PHONE = { viewport: { width: 390, height: 1688 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true };
const WALL = { viewport: { width: 3840, height: 2160 } };
const LOOKS = {
  'desk-light': { ...DESK, colorScheme: 'light' },
  'desk-dark': { ...DESK, colorScheme: 'dark' },
  'phone-light': { ...PHONE, colorScheme: 'light' },
  'phone-dark': { ...PHONE, colorScheme: 'dark' },
};

/** The chart of the first page comes once it is seen. */
async function seeToday(page) {
  await page.locator('wattline-overview .today').scrollIntoViewIfNeeded();
  await page.locator('wattline-today canvas').waitFor();
  await page.evaluate(() => scrollTo(0, 0));
}

/** Asks what the playground's first tab asks. */
async function execute(page) {
  const isAnswer = (response) => response.url().endsWith('/graphql') && response.request().postData()?.includes('totalReadings');
  await Promise.all([page.waitForResponse(isAnswer), page.locator('.graphiql-execute-button').click()]);
}

/** What is opened, and what is there once it is drawn. */
const VIEWS = {
  overview: { path: '/', ready: 'wattline-overview .today', act: seeToday },
  trends: { path: '/#/trends', ready: 'wattline-trend-summary' },
  machines: { path: '/#/machines', ready: 'wattline-machines tbody .number >> text=%' },
  machine: { path: (machine) => `/#/machines/${encodeURIComponent(machine)}`, ready: 'wattline-trend-summary' },
  anomalies: { path: '/#/anomalies', ready: 'wattline-anomaly-row, wattline-anomaly-view .none' },
  rules: { path: '/#/rules', ready: 'wattline-deliveries' },
  budgets: { path: '/#/budgets', ready: 'wattline-budget-bar' },
  playground: { path: '/graphiql', ready: '.graphiql-query-editor .view-line span span', act: execute },
};

async function shoot(browser, url, name, look, { path, ready, act = async () => {} }) {
  const { page } = await browser.pageOf(url + path, { reducedMotion: 'reduce', ...look });
  await page.locator(ready).first().waitFor();
  await act(page);
  // Charts come by themselves, and draw in a frame.
  await page.waitForLoadState('networkidle');
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  const { width, height } = look.viewport;
  const whole = await page.evaluate(() => document.documentElement.scrollHeight);
  const tall = look.isMobile ? height : Math.min(TALLEST_PX, Math.max(height, whole));
  const clip = { x: 0, y: 0, width, height: tall, scale: 1 };
  const session = await page.context().newCDPSession(page);
  const quality = FORMAT === 'png' ? {} : { quality: QUALITY };
  const { data } = await session.send('Page.captureScreenshot', {
    ...{ format: FORMAT, ...quality, clip, captureBeyondViewport: tall > height },
  });
  writeFileSync(join(FOLDER, `${name}.${FORMAT}`), Buffer.from(data, 'base64'));
  console.log(name);
  await page.close();
}

/** What people set: who is told, what is watched for, and what may be used. */
async function setRules(url) {
  const { saveContactPoint } = await graphql(url, `mutation { saveContactPoint(input: {
    name: "Night shift", channel: WEBHOOK, address: "https://hooks.plant.example/wattline", isEnabled: false
  }) { contactPoint { id } } }`);
  const shift = '{days: [MONDAY, TUESDAY, WEDNESDAY, THURSDAY, FRIDAY], from: "06:00", to: "22:00"}';
  await graphql(url, `mutation($ids: [ID!]!) {
    saveNotificationRule(input: {name: "What is critical", severity: CRITICAL, contactPointIds: $ids}) { notificationRule { id } }
    idle: saveWatchRule(input: {name: "Idle compressors", kind: OFF_HOURS, machineKind: COMPRESSOR, aboveKw: 15, productionHours: [${shift}]}) { watchRule { id } }
    month: saveBudget(input: {name: "Electricity of the month", quantity: ENERGY, period: MONTH, limit: 60000, contactPointIds: $ids}) { budget { id } }
    day: saveBudget(input: {name: "Energy of a day", quantity: ENERGY, period: DAY, limit: 3000, contactPointIds: $ids}) { budget { id } }
    cost: saveBudget(input: {name: "Cost of the week", quantity: COST, period: WEEK, limit: 1100, contactPointIds: $ids}) { budget { id } }
    peak: saveBudget(input: {name: "Peak of the month", quantity: PEAK_DEMAND, period: MONTH, limit: 210, contactPointIds: $ids}) { budget { id } }
    silent: saveWatchRule(input: {name: "Silent meters", kind: NO_DATA, severity: CRITICAL, forSeconds: 900}) { watchRule { id } }
  }`, { ids: [saveContactPoint.contactPoint.id] });
}

/** Waits until the demo has told all of its past, and what is usual of it is known. */
async function historyTold(url) {
  const end = Date.now() + HISTORY_PATIENCE_MS;
  for (;;) {
    const now = Date.now();
    const range = { from: new Date(now - 86_400_000).toISOString(), to: new Date(now).toISOString() };
    const { systemStats, machines } = await graphql(url, ASKED, range);
    // The readings of the past come first, the newest before the oldest; then all are judged.
    const isJudged = machines.nodes.every(({ usualPower }) => usualPower.length > 0);
    if (systemStats.uptimeDays >= 8 && systemStats.dataRate > 0 && isJudged) return;
    if (Date.now() > end) throw new Error('the demo did not come to the present in time');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

rmSync(FOLDER, { recursive: true, force: true });
mkdirSync(FOLDER, { recursive: true });
const wanted = process.argv.slice(2);
const isWanted = (name) => wanted.length === 0 || wanted.some((part) => name.includes(part));
const browser = await browserOf();
const empty = await serverOf('serve');
const demo = await serverOf('demo', ...DEMO);
try {
  for (const [look, options] of Object.entries(LOOKS)) {
    const name = `first-run-${look}`;
    const firstRun = { path: '/', ready: 'wattline-first-reading' };
    if (isWanted(name)) await shoot(browser, empty.url, name, options, firstRun);
  }
  await historyTold(demo.url);
  await setRules(demo.url);
  const { machines } = await graphql(demo.url, '{ machines(first: 1) { nodes { id } } }');
  for (const [view, { path, ready, act }] of Object.entries(VIEWS)) {
    const address = typeof path === 'string' ? path : path(machines.nodes[0].id);
    for (const [look, options] of Object.entries(LOOKS)) {
      const name = `${view}-${look}`;
      if (isWanted(name)) await shoot(browser, demo.url, name, options, { path: address, ready, act });
    }
  }
  const kiosk = { path: '/#/kiosk', ready: 'wattline-overview .today', act: seeToday };
  for (const [name, look] of [
    ['kiosk-wall-dark', { ...WALL, colorScheme: 'dark' }],
    ['kiosk-wall-light', { ...WALL, colorScheme: 'light' }],
    ['kiosk-desk-dark', LOOKS['desk-dark']],
  ]) {
    if (isWanted(name)) await shoot(browser, demo.url, name, look, kiosk);
  }
} finally {
  await browser.close();
  await demo.end();
  await empty.end();
}
