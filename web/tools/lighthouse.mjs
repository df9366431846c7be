// What Lighthouse says of each view, as the real binary serves it: four scores out of 100, on a desk and on a phone. Why a
// command and no test: speed depends on the machine, and a score that is judged on a busy one tells nothing.

import { launch } from 'chrome-launcher';
import lighthouse, { desktopConfig } from 'lighthouse';
import { CHROMIUM, CHROMIUM_ARGS, serverOf, graphql } from '../e2e/server.mjs';

const CATEGORIES = ['performance', 'accessibility', 'best-practices', 'seo'];
const VIEWS = ['', '#/trends', '#/machines', '#/anomalies', '#/rules', '#/budgets'];
/** With which configuration, and what is asked for. */
const DEVICES = { desktop: { config: desktopConfig, least: 95 }, mobile: { config: undefined, least: 90 } };
/** With the interval that everybody has: figures that move ten times as often cost ten times as much. */
const DEMO = ['--seed', '1', '--history', '1', '--interval', '5'];
const RUNS = 3;
const HISTORY_PATIENCE_MS = 120_000;

/** Waits until the demo has told its past: scores are of a page at rest. */
async function historyTold(url) {
  const end = Date.now() + HISTORY_PATIENCE_MS;
  for (;;) {
    const { systemStats } = await graphql(url, '{ systemStats { uptimeDays dataRate } }');
    if (systemStats.uptimeDays >= 1 && systemStats.dataRate > 0) return;
    if (Date.now() > end) throw new Error('the demo did not come to the present in time');
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

const performanceOf = (lhr) => lhr.categories.performance.score;

/** The four scores of the median run, as Lighthouse advises, and under the least one what was found. */
async function scoresOf(url, port, { config, least }) {
  const runs = [];
  for (let run = 0; run < RUNS; run += 1) {
    const { lhr } = await lighthouse(url, { port, onlyCategories: CATEGORIES, logLevel: 'error' }, config);
    if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
    runs.push(lhr);
  }
  const lhr = runs.sort((a, b) => performanceOf(a) - performanceOf(b))[(RUNS - 1) / 2];
  const scores = CATEGORIES.map((category) => Math.round(100 * lhr.categories[category].score));
  const refs = CATEGORIES.filter((_, index) => scores[index] < least).flatMap((category) => lhr.categories[category].auditRefs);
  const found = refs.filter(({ id, weight }) => weight > 0 && (lhr.audits[id].score ?? 1) < 0.9);
  return { scores, found: found.map(({ id }) => `${id} ${lhr.audits[id].displayValue ?? ''}`.trim()) };
}

/** `mobile trends` asks for that one alone. */
const wanted = process.argv.slice(2).join(' ');
const server = await serverOf('demo', ...DEMO);
const chrome = await launch({ chromePath: CHROMIUM, chromeFlags: ['--headless=new', ...CHROMIUM_ARGS] });
let isGood = true;
try {
  await historyTold(server.url);
  console.log(`${'view'.padEnd(24)}${CATEGORIES.map((name) => name.padStart(16)).join('')}`);
  for (const [device, bar] of Object.entries(DEVICES)) {
    for (const view of VIEWS) {
      const name = `${device} ${view === '' ? 'overview' : view.slice(2)}`;
      if (!name.includes(wanted)) continue;
      const { scores, found } = await scoresOf(`${server.url}/${view}`, chrome.port, bar);
      isGood &&= scores.every((score) => score >= bar.least);
      console.log(`${name.padEnd(24)}${scores.map((score) => String(score).padStart(16)).join('')}`);
      for (const audit of found) console.log(`    ${audit}`);
    }
  }
} finally {
  chrome.kill();
  await server.end();
}
process.exitCode = isGood ? 0 : 1;
