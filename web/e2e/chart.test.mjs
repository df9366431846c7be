// The chart by itself, with a day of seconds in it. Why apart from the page: no plant brings 86,400 points in a test, and
// a live update must fit into a frame all the same.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { createServer } from 'vite';
import { CHROMIUM, CHROMIUM_ARGS } from './server.mjs';

const root = new URL('..', import.meta.url).pathname;

let browser;
let vite;
before(async () => {
  vite = await createServer({ root, logLevel: 'error', server: { host: '127.0.0.1', port: 0, hmr: false, proxy: {} } });
  await vite.listen();
  browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS });
});
after(async () => {
  await browser?.close();
  await vite?.close();
});

/** Runs in the page: times of a bare plot of the same values, with the library's own settings. */
async function measureFloor() {
  const { default: uPlot } = await import('/node_modules/uplot/dist/uPlot.esm.js');
  const host = document.createElement('div');
  document.body.replaceChildren(host);
  const count = 86_400;
  const at = Array.from({ length: count }, (_, i) => i);
  const wave = (shift) => at.map((i) => (i % 7000 < 60 ? null : 300 + 80 * Math.sin((i + shift) / 900) + ((i * 37) % 40)));
  const data = [at, wave(0), wave(500)];
  const series = [{}, { stroke: '#0b6670', points: { show: false } }, { stroke: '#0b6670', points: { show: false } }];
  const plot = new uPlot({ width: 1400, height: 480, scales: { x: { time: false } }, series, legend: { show: false } }, data, host);
  const times = [];
  for (let update = 0; update < 30; update += 1) {
    data[1][count - 1] = 300 + update;
    const startMs = performance.now();
    plot.setData([...data]);
    await Promise.resolve();
    times.push(performance.now() - startMs);
    await new Promise(requestAnimationFrame);
  }
  plot.destroy();
  return times.sort((a, b) => a - b);
}

/** Runs in the page: times of so many live updates, and how much of the canvas has ink. */
async function measure() {
  const { Chart, chartSheet } = await import('/src/trends/chart.ts');
  document.adoptedStyleSheets = [chartSheet()];
  const host = document.createElement('div');
  host.style.width = '1400px';
  host.style.height = '480px';
  document.body.replaceChildren(host);
  const ink = { axis: '#555', grid: '#ddd', warning: '#a60', critical: '#b00', fontFamily: 'sans-serif', fontPx: 12 };
  const line = (label, isBefore) => ({ label, color: '#0b6670', isBefore, isBars: false, isSteps: false, isFilled: !isBefore });
  const lines = [line('now', false), line('before', true)];
  const setup = { zone: 'Europe/Berlin', lines, bandColor: null, ink, axisText: String };
  const chart = new Chart(host, setup, { cursor: () => {}, zoom: () => {} });
  const count = 86_400;
  const begin = Date.UTC(2026, 10, 25, 23);
  const atMs = Array.from({ length: count }, (_, i) => begin + i * 1000);
  const wave = (shift) =>
    atMs.map((_, i) => (i % 7000 < 60 ? null : 300 + 80 * Math.sin((i + shift) / 900) + ((i * 37) % 40)));
  const data = [atMs, wave(0), wave(500)];
  const marks = [{ atMs: begin + 20_000_000, isCritical: true }];
  const times = [];
  for (let update = 0; update < 30; update += 1) {
    data[1][count - 1] = 300 + update;
    const startMs = performance.now();
    chart.set([...data], null, [begin, begin + count * 1000], marks);
    // uPlot draws in a microtask.
    await Promise.resolve();
    times.push(performance.now() - startMs);
    await new Promise(requestAnimationFrame);
  }
  const canvas = host.querySelector('canvas');
  const pixels = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
  let inked = 0;
  for (let at = 3; at < pixels.length; at += 4) if (pixels[at] > 0) inked += 1;
  chart.destroy();
  return { times: times.sort((a, b) => a - b), inked };
}

test('live updates of 86,400 points and as many to compare with are drawn', async (t) => {
  const page = await browser.newPage();
  await page.goto(`http://127.0.0.1:${vite.httpServer.address().port}/e2e/blank.html`);
  const { times, inked } = await page.evaluate(measure);
  const floor = await page.evaluate(measureFloor);
  const median = times[times.length / 2];
  const ratio = median / floor[floor.length / 2];
  // Printed and not judged: a busy machine is no fault of the chart. A frame has 16 ms.
  t.diagnostic(`median ${median.toFixed(1)} ms, greatest ${times.at(-1).toFixed(1)} ms, ${ratio.toFixed(2)} of a bare plot's`);
  assert.ok(inked > 10_000, `${inked} pixels have ink`);
  await page.close();
});
