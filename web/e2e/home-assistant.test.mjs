// The sensors for Home Assistant in `examples`, rendered as it would, against the real binary.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { PYTHON, WRONG_KEY, guardedServerOf, sendHistory, serverOf } from './server.mjs';

const RENDER = new URL('home_assistant.py', import.meta.url).pathname;
const CONFIGURATION = new URL('../../examples/home-assistant/configuration.yaml', import.meta.url).pathname;

async function statesAt(url, configuration = CONFIGURATION) {
  assert.ok(existsSync(PYTHON), `${PYTHON} is missing: run \`make target/python\``);
  const { stdout } = await promisify(execFile)(PYTHON, [RENDER, configuration, url]);
  return JSON.parse(stdout);
}

test('the sensors show the statistics', async (t) => {
  const server = await serverOf('serve');
  t.after(server.end);
  const { energyKwh, powerKw, lastAt } = await sendHistory(server.url);
  const states = await statesAt(server.url);
  const isNear = (state, value) => Math.abs(state - value) < 1e-9;
  assert.ok(isNear(states.wattline_total_energy, energyKwh));
  assert.ok(isNear(states.wattline_present_power, powerKw));
  assert.ok(isNear(states.wattline_demand, powerKw));
  assert.equal(Date.parse(states.wattline_last_reading), lastAt);
  assert.equal(states.wattline_total_anomalies, 1);
  // Only between midnight and a quarter past there is no demand of today yet.
  const unknown = Object.keys(states).filter((id) => states[id] === null && id !== 'wattline_peak_demand_today');
  assert.deepEqual(unknown, []);
});

test('what is not known yet is unavailable', async (t) => {
  const server = await serverOf('serve');
  t.after(server.end);
  const states = await statesAt(server.url);
  assert.equal(states.wattline_total_energy, 0);
  assert.equal(states.wattline_present_power, null);
  assert.equal(states.wattline_last_reading, null);
});

/** The configuration as somebody with a key would have it: the # is taken away, and the secret is there. */
function configurationWith(t, key) {
  const folder = mkdtempSync(join(tmpdir(), 'wattline-home-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const configuration = readFileSync(CONFIGURATION, 'utf8');
  const line = configuration.match(/^ *# (Authorization: !secret (\w+))$/m);
  assert.ok(line, 'the header is there, as a comment');
  const secret = configuration.match(/^ *# (\w+): Bearer wl_/m)[1];
  assert.equal(line[2], secret, 'the comment names the secret as the header does');
  const path = join(folder, 'configuration.yaml');
  writeFileSync(path, configuration.replace(`# ${line[1]}`, line[1]));
  writeFileSync(join(folder, 'secrets.yaml'), `${secret}: Bearer ${key}\n`);
  return path;
}

test('where a key is asked for, the sensors show the statistics by it, and by no other', async (t) => {
  const { server, admin, reader, revoke } = await guardedServerOf(t);
  const { energyKwh } = await sendHistory(server.url, admin);
  const configuration = configurationWith(t, reader);
  const states = await statesAt(server.url, configuration);
  assert.ok(Math.abs(states.wattline_total_energy - energyKwh) < 1e-9);
  revoke();
  const refused = [CONFIGURATION, configurationWith(t, WRONG_KEY), configuration];
  for (const each of refused) await assert.rejects(statesAt(server.url, each), /HTTP Error 401/);
});
