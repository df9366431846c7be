// The real binary, and what else the tests run, for the tests.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export const BINARY = process.env.WATTLINE_BINARY ?? new URL('../../target/debug/wattline', import.meta.url).pathname;
export const PYTHON = new URL('../../target/python/bin/python', import.meta.url).pathname;

export const CHROMIUM = process.env.CHROMIUM ?? '/usr/bin/chromium';
export const CHROMIUM_ARGS = [
  ...['--no-sandbox', '--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-sync'],
  '--disable-component-update',
];

/** A server in a folder of its own, hasty unless told otherwise; `stop` ends it, `start` starts it again at the same address. */
export async function serverOf(command, ...options) {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-page-'));
  let process;
  const start = async (address) => {
    const haste = options.includes('--interval') ? [] : ['--interval', '0.5'];
    // Anomalies are found where a test asks for it: in the others they would come in between.
    const env = { WATTLINE_DETECT: 'false', ...globalThis.process.env };
    process = spawn(BINARY, [command, '--listen', address, ...haste, ...options], { cwd: folder, env });
    for await (const line of createInterface({ input: process.stderr })) {
      const url = line.match(/http:\/\/\S+/)?.[0];
      if (!url) continue;
      process.stderr.resume();
      return url;
    }
    throw new Error('the server ended before it said its address');
  };
  const stop = () =>
    new Promise((resolve) => {
      if ((process.exitCode ?? process.signalCode) !== null) return resolve();
      process.once('exit', resolve);
      process.kill('SIGTERM');
    });
  const url = await start('127.0.0.1:0');
  return {
    url,
    stop,
    start: () => start(url.replace('http://', '')),
    end: async () => {
      await stop();
      rmSync(folder, { recursive: true });
    },
  };
}

/** A server with access set up, an admin's key, one that may only read and what revokes it, one that may only send. */
export async function guardedServerOf(t) {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-guarded-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const database = ['--database', `sqlite://${join(folder, 'wattline.db')}`];
  const key = (...command) => {
    const printed = execFileSync(BINARY, [...database, 'key', ...command], { encoding: 'utf8', stdio: 'pipe' });
    return printed.trim();
  };
  const scopes = ['admin', 'read', 'ingest'];
  const [admin, reader, sender] = scopes.map((scope) => key('create', '--scope', scope, '--name', scope));
  const server = await serverOf('serve', ...database);
  t.after(server.end);
  // A key is named by what it begins with.
  return { server, admin, reader, sender, revoke: () => key('revoke', reader.slice(0, 11)) };
}

/** A key of the right form that no server knows. */
export const WRONG_KEY = `wl_00000000_${'0'.repeat(43)}`;

/** Of a request with JSON, by a key if there is one. */
const headersBy = (key) => ({
  'content-type': 'application/json',
  ...(key && { authorization: `Bearer ${key}` }),
});

/** The data of an operation's answer, which may have no errors; where access is set up, by a key. */
export async function graphql(url, query, variables, key) {
  const body = JSON.stringify({ query, variables });
  const response = await fetch(`${url}/graphql`, { method: 'POST', headers: headersBy(key), body });
  const { data, errors } = await response.json();
  assert.equal(errors, undefined);
  return data;
}

/** Registers a machine and sends two hours of its readings, one a minute until this one, and an anomaly. */
export async function sendHistory(url, key) {
  const powerKw = 12;
  const machine = '{name: "press", expectedIntervalSeconds: 60}';
  await graphql(url, `mutation { registerMachine(input: ${machine}) { machine { id } } }`, undefined, key);
  const lastAt = Math.floor(Date.now() / 60_000) * 60_000;
  const rows = Array.from({ length: 120 }, (_, i) => {
    const time = new Date(lastAt - i * 60_000).toISOString();
    return { machine: 'press', time, power_kw: powerKw, energy_kwh: powerKw / 60 };
  });
  const body = JSON.stringify(rows);
  const response = await fetch(`${url}/api/v1/readings`, { method: 'POST', headers: headersBy(key), body });
  assert.equal((await response.json()).accepted, rows.length);
  const input = `{machine: "press", kind: "SPIKE", startedAt: "${new Date(lastAt).toISOString()}", message: "hot"}`;
  await graphql(url, `mutation { reportAnomaly(input: ${input}) { anomaly { id } } }`, undefined, key);
  return { powerKw, energyKwh: (powerKw / 60) * rows.length, lastAt };
}
