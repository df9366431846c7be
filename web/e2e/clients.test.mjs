// The clients in `examples`, run as a reader would run them, against the real binary: each comes through restarts of
// the server and shows every anomaly once, and with a key where one is asked for. Without it, it says so and ends.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { chromium } from 'playwright-core';
import { CHROMIUM, CHROMIUM_ARGS, PYTHON, WRONG_KEY, graphql, guardedServerOf, serverOf } from './server.mjs';

const PATIENCE_MS = 30_000;
/** Anomalies in one request, and characters in the message of each; a message may have no more. */
const MANY = 50;
const LONG = 2000;
/** As many long messages as no system's buffers hold. */
const ENOUGH = 20_000;
/** For so long a page is watched that has given up; by then one that has not would have tried again. */
const GIVEN_UP_MS = 3000;

const example = (path) => new URL(`../../examples/${path}`, import.meta.url).pathname;
const CLIENTS = {
  node: [process.execPath, example('node/watch.mjs')],
  python: [PYTHON, example('python/watch.py')],
  rust: [example('../target/examples/debug/watch')],
  curl: ['bash', example('curl/watch.sh')],
};

/** What they say of a key that is not taken. */
const NOT_LET_IN = /WATTLINE_KEY is missing, wrong, expired|FORBIDDEN/;

/** A server with one machine, and what reports anomalies of it: the message of each is its number. */
async function plant(t) {
  const server = await serverOf('serve');
  t.after(server.end);
  return { server, report: await reporterAt(server) };
}

/** The same where everybody is asked for a key, with some. */
async function guardedPlant(t) {
  const { server, admin, ...keys } = await guardedServerOf(t);
  return { server, report: await reporterAt(server, admin), ...keys };
}

async function reporterAt(server, key) {
  const ask = (query, variables) => graphql(server.url, query, variables, key);
  await ask('mutation { registerMachine(input: {name: "press"}) { machine { id } } }');
  let last = 0;
  return async (count = 1, length = 1) => {
    const numbers = Array.from({ length: count }, (_, i) => last + i + 1);
    const input = (n) => `{machine: "press", kind: "SPIKE", startedAt: "2026-11-01T08:00:00Z", message: $m${n}}`;
    const mutations = numbers.map((n) => `m${n}: reportAnomaly(input: ${input(n)}) { anomaly { id } }`);
    const declared = numbers.map((n) => `$m${n}: String`);
    const messages = numbers.map((n) => [`m${n}`, String(n).padEnd(length)]);
    await ask(`mutation(${declared}) { ${mutations.join(' ')} }`, Object.fromEntries(messages));
    last += count;
    return last;
  };
}

/** What a client has shown so far. */
class Shown {
  statistics = [];
  /** Their numbers. */
  anomalies = [];
  #look = () => {};

  add(line) {
    const event = JSON.parse(line);
    // What curl shows is the whole answer.
    const { statsUpdates, anomalyDetected } = event.data ?? event;
    if (statsUpdates) this.statistics.push(statsUpdates);
    if (anomalyDetected) this.anomalies.push(Number(anomalyDetected.node.message));
    this.#look();
  }

  async until(what, holds) {
    await new Promise((resolve, reject) => {
      const late = () => reject(new Error(`${what} did not come in time`));
      const timer = setTimeout(late, PATIENCE_MS);
      this.#look = () => {
        if (!holds()) return;
        clearTimeout(timer);
        resolve();
      };
      this.#look();
    });
  }

  /** Waits until it shows both kinds; from its first anomaly on none may be missing. */
  async untilBoth(report) {
    await this.until('statistics', () => this.statistics.length > 0);
    while (this.anomalies.length === 0) await report();
  }

  /** Waits for an anomaly; before it, none may be missing or have come twice. */
  async untilAnomaly(number) {
    await this.until(`anomaly ${number}`, () => this.anomalies.at(-1) >= number);
    const [first] = this.anomalies;
    const all = Array.from({ length: number - first + 1 }, (_, i) => first + i);
    assert.deepEqual(this.anomalies, all);
  }
}

/** The variables of a program that has this key, or none. */
function variablesWith(key) {
  const { WATTLINE_KEY: _, ...env } = process.env;
  return key ? { ...env, WATTLINE_KEY: key } : env;
}

/** A running program: the lines it shows, and what it complains of. */
function run(t, [command, ...args], key) {
  assert.ok(command === 'bash' || existsSync(command), `${command} is missing: run \`make test-page\``);
  const child = spawn(command, args, { env: variablesWith(key) });
  const shown = new Shown();
  const complaints = [];
  createInterface({ input: child.stdout }).on('line', (line) => shown.add(line));
  child.stderr.on('data', (data) => complaints.push(data));
  // Not its exit: what it complained of may still be on its way then, even if what it showed later is here.
  const ended = new Promise((resolve) => child.once('close', (code, signal) => resolve(signal ?? code)));
  const end = async (signal) => {
    child.kill('SIGCONT');
    child.kill(signal);
    const timer = setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
    const status = await ended;
    clearTimeout(timer);
    return status;
  };
  t.after(() => end('SIGTERM'));
  /** Its status, once it has ended by itself. */
  const over = () => Promise.race([ended, sleep(PATIENCE_MS, 'it goes on', { ref: false })]);
  return { child, shown, complaints, end, over };
}

/** Stands in the place of a server that is away until a client has come so often and found nobody. */
async function comeInVain(url, times) {
  const nobody = createServer((socket) => socket.on('error', () => {}).destroy());
  nobody.listen(Number(new URL(url).port), '127.0.0.1');
  try {
    const signal = AbortSignal.timeout(PATIENCE_MS);
    for (let i = 0; i < times; i += 1) await once(nobody, 'connection', { signal });
  } finally {
    await new Promise((resolve) => nobody.close(resolve));
  }
}

/** What every client has to come through. */
async function comeThroughRestarts({ server, report }, shown) {
  await shown.untilBoth(report);
  for (const times of [2, 0]) {
    await server.stop();
    await comeInVain(server.url, times);
    await server.start();
    const missed = await report();
    const since = Date.now();
    await shown.untilAnomaly(missed);
    await shown.until('new statistics', () => shown.statistics.some(({ asOf }) => Date.parse(asOf) > since));
    await shown.untilAnomaly(await report());
  }
}

for (const [name, client] of Object.entries(CLIENTS)) {
  test(`the client in ${name} comes through restarts and misses no anomaly`, async (t) => {
    const there = await plant(t);
    const { shown, end } = run(t, [...client, there.server.url]);
    await comeThroughRestarts(there, shown);
    assert.equal(await end('SIGTERM'), 0, 'it ends in order');
  });
}

/** What all processes were called with, as everybody on the computer may read it. */
function allArguments() {
  const commandOf = (id) => {
    try {
      return readFileSync(`/proc/${id}/cmdline`, 'utf8');
    } catch {
      return ''; // It has ended.
    }
  };
  return readdirSync('/proc').filter((name) => /^\d+$/.test(name)).map(commandOf).join('\n');
}

for (const [name, client] of Object.entries(CLIENTS)) {
  test(`the client in ${name} shows all with a key, and ends when that is revoked`, async (t) => {
    const there = await guardedPlant(t);
    const { shown, complaints, over } = run(t, [...client, there.server.url], there.reader);
    await comeThroughRestarts(there, shown);
    const called = allArguments();
    assert.ok(called.includes(client[1] ?? client[0]), 'it is among them');
    assert.ok(!called.includes(there.reader), 'its key is not');
    there.revoke();
    assert.equal(await over(), 1);
    assert.match(complaints.join(''), NOT_LET_IN);
    assert.ok(!complaints.join('').includes(there.reader), 'it does not tell its key');
  });

  test(`the client in ${name} ends without a key, with a wrong one, and with one that may not read`, async (t) => {
    const { server, sender } = await guardedPlant(t);
    for (const key of [undefined, WRONG_KEY, sender]) {
      // With a cursor and without one they begin by different requests.
      for (const cursor of [[], ['0']]) {
        const { complaints, over } = run(t, [...client, server.url, ...cursor], key);
        assert.equal(await over(), 1);
        assert.match(complaints.join(''), NOT_LET_IN);
        assert.ok(!complaints.join('').includes(key), 'it does not tell its key');
      }
    }
  });
}

/** The page in a browser: what it shows, and what went wrong in it. */
async function open(t, { server }, key) {
  assert.ok(existsSync(CHROMIUM), `${CHROMIUM} is missing: run \`make test-page\``);
  const proxy = spawn(process.execPath, [example('browser/serve.mjs'), server.url], { env: variablesWith(key) });
  t.after(() => proxy.kill());
  const warnings = [];
  proxy.stderr.on('data', (data) => warnings.push(data));
  const url = await new Promise((resolve) => createInterface({ input: proxy.stdout }).once('line', resolve));
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: CHROMIUM_ARGS });
  t.after(() => browser.close());
  const page = await browser.newPage();
  const complaints = [];
  page.on('pageerror', (error) => complaints.push(String(error)));
  const shown = new Shown();
  await page.exposeFunction('shown', (text) => shown.add(text));
  await page.addInitScript(() => {
    const tell = ({ textContent }) => textContent?.startsWith('{"') && window.shown(textContent);
    const tellAll = (records) => records.forEach(({ addedNodes }) => addedNodes.forEach(tell));
    new MutationObserver(tellAll).observe(document, { childList: true, subtree: true });
  });
  await page.goto(url);
  return { page, shown, complaints, warnings };
}

test('the page comes through restarts and misses no anomaly', async (t) => {
  const there = await plant(t);
  const { shown, complaints } = await open(t, there);
  await comeThroughRestarts(there, shown);
  assert.deepEqual(complaints, []);
});

/** Waits until the page says that it is not let in, and sees that it then leaves it at that. */
async function gaveUp({ page, complaints, warnings }) {
  await page.getByRole('status').getByText('does not let this page in').waitFor({ timeout: PATIENCE_MS });
  let tries = 0;
  page.on('websocket', () => (tries += 1));
  page.on('request', () => (tries += 1));
  await sleep(GIVEN_UP_MS);
  assert.equal(tries, 0);
  assert.match(warnings.join(''), /Wattline does not let us in: see WATTLINE_KEY/);
  assert.deepEqual(complaints, []);
}

test('the page shows all by a key that it does not have, and gives up when that is revoked', async (t) => {
  const there = await guardedPlant(t);
  const opened = await open(t, there, there.reader);
  const told = [];
  opened.page.on('response', async (response) => told.push(await response.text().catch(() => '')));
  opened.page.on('websocket', (socket) => {
    for (const way of ['framesent', 'framereceived']) socket.on(way, ({ payload }) => told.push(payload));
  });
  await opened.page.reload();
  await comeThroughRestarts(there, opened.shown);
  there.revoke();
  await gaveUp(opened);
  told.push(await opened.page.content());
  assert.match(told.join(''), /connection_ack/);
  assert.ok(!(told.join('') + opened.warnings.join('')).includes(there.reader));
});

test('the page gives up without a key, and with a wrong one', async (t) => {
  const there = await guardedPlant(t);
  for (const key of [undefined, WRONG_KEY]) await gaveUp(await open(t, there, key));
});

for (const name of ['node', 'python']) {
  test(`the client in ${name} that falls too far behind is told where to go on, and goes on there`, async (t) => {
    const { server, report } = await plant(t);
    const { child, shown, complaints, end } = run(t, [...CLIENTS[name], server.url]);
    await shown.untilBoth(report);
    // It reads nothing until the system's buffers are full, and so is what the server keeps for it.
    child.kill('SIGSTOP');
    const metrics = async () => await (await fetch(`${server.url}/metrics`)).text();
    let last = 0;
    while (!/^wattline_push_behind_total 1$/m.test(await metrics())) {
      assert.ok(last < ENOUGH, 'it is behind by now');
      last = await report(MANY, LONG);
    }
    child.kill('SIGCONT');
    await shown.untilAnomaly(last);
    assert.equal(await end('SIGINT'), 0, 'it ends in order');
    assert.match(complaints.join(''), /TOO_FAR_BEHIND/);
  });
}

test('the clients in Node and in the browser use the graphql-ws that the page of Wattline uses', () => {
  const versionsOf = (path) => JSON.parse(readFileSync(new URL(path, import.meta.url))).dependencies;
  const ours = versionsOf('../package.json')['graphql-ws'];
  assert.equal(versionsOf('../../examples/node/package.json')['graphql-ws'], ours);
});
