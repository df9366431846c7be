// The sensors for Home Assistant in `examples`, rendered as it would, against the real binary.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { PYTHON, sendHistory, serverOf } from './server.mjs';

const RENDER = new URL('home_assistant.py', import.meta.url).pathname;
const CONFIGURATION = new URL('../../examples/home-assistant/configuration.yaml', import.meta.url).pathname;

async function statesAt(url) {
  assert.ok(existsSync(PYTHON), `${PYTHON} is missing: run \`make target/python\``);
  const { stdout } = await promisify(execFile)(PYTHON, [RENDER, CONFIGURATION, url]);
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
