// The dashboard for Grafana in `examples`: each of its queries is sent as the data source Infinity would send it, and
// the columns are read as Infinity's backend parser would read them.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { PYTHON, WRONG_KEY, guardedServerOf, sendHistory, serverOf } from './server.mjs';

const EXAMPLE = new URL('../../examples/grafana/', import.meta.url);
const HOUR_MS = 3_600_000;

const dashboard = JSON.parse(readFileSync(new URL('dashboard.json', EXAMPLE)));
const YAML_AS_JSON = 'import json, sys, yaml; json.dump(yaml.safe_load(sys.stdin), sys.stdout)';
const provisioning = JSON.parse(
  execFileSync(PYTHON, ['-c', YAML_AS_JSON], { input: readFileSync(new URL('datasource.yaml', EXAMPLE)) }),
);
const [source] = provisioning.datasources;
const targets = dashboard.panels.flatMap((panel) => panel.targets.map((target) => ({ panel: panel.title, ...target })));

/** What Grafana makes of a text before it hands it on. */
function replaced(text, every) {
  const now = Date.now();
  const values = {
    '${__from:date:iso}': new Date(now - HOUR_MS).toISOString(),
    '${__to:date:iso}': new Date(now).toISOString(),
    '${every}': every,
  };
  const done = Object.entries(values).reduce((done, [name, value]) => done.replaceAll(name, value), text);
  assert.doesNotMatch(done, /\$|\[\[/, 'nothing is left that Grafana would take for a variable');
  return done;
}

/** The header that Infinity adds to every query, where Grafana's server has this key in its variables, or none. */
function authorizationBy(key = '') {
  const { jsonData, secureJsonData } = source;
  assert.deepEqual([jsonData.auth_method, jsonData.apiKeyType], ['apiKey', 'header']);
  assert.deepEqual(jsonData.allowedHosts, [source.url]);
  const value = secureJsonData.apiKeyValue.replaceAll('$WATTLINE_KEY', key);
  assert.doesNotMatch(value, /\$/);
  assert.notEqual(value, '', 'Infinity takes no empty one');
  return { [jsonData.apiKeyKey]: value };
}

/** The answer to the query of a target. */
async function answerTo(target, serverUrl, every, key) {
  const { method, body_type, body_graphql_query, body_graphql_variables } = target.url_options;
  assert.deepEqual([target.type, target.source, target.parser], ['graphql', 'url', 'backend']);
  assert.deepEqual([method, body_type, body_graphql_variables], ['POST', 'graphql', '']);
  // The address of the source and that of the query, one after the other.
  const url = (source.url + target.url).replace('http://127.0.0.1:8080', serverUrl);
  const accept = 'application/json;q=0.9,text/plain';
  const headers = { accept, 'content-type': 'application/json', ...authorizationBy(key) };
  const body = JSON.stringify({ query: replaced(body_graphql_query, every), variables: null });
  return await fetch(url, { method, headers: { ...headers, 'accept-encoding': 'gzip' }, body });
}

/** The root that a target selects in it. */
async function rootOf(target, serverUrl, every, key) {
  const response = await answerTo(target, serverUrl, every, key);
  assert.equal(response.status, 200);
  return selected(await response.json(), target.root_selector);
}

/** A path in GJSON; those of names and dots mean the same here. */
function selected(value, path) {
  assert.match(path, /^\w+(\.\w+)*$/);
  return path.split('.').reduce((at, name) => at?.[name], value);
}

/** A value as the parser has it; null where it makes nothing of it. */
const AS_TYPE = {
  number: (value) => (typeof value === 'number' ? value : null),
  string: (value) => (typeof value === 'string' ? value : null),
  timestamp: (value) => (/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(value) ? Date.parse(value) : null),
};

function framed(root, columns) {
  const rows = Array.isArray(root) ? root : [root];
  const values = ({ selector, type }) => rows.map((row) => AS_TYPE[type](selected(row, selector)));
  return Object.fromEntries(columns.map((column) => [column.text, values(column)]));
}

test('each panel has its columns from Wattline', async (t) => {
  const server = await serverOf('serve');
  t.after(server.end);
  const { powerKw, energyKwh } = await sendHistory(server.url);
  const everies = dashboard.templating.list.find(({ name }) => name === 'every').options.map(({ value }) => value);
  const frames = {};
  for (const every of everies) {
    for (const target of targets) {
      const root = await rootOf(target, server.url, every);
      assert.ok(root, `${target.panel}: the root is there`);
      const frame = framed(root, target.columns);
      for (const [name, values] of Object.entries(frame)) {
        assert.ok(values.some((value) => value !== null), `${target.panel}: ${name} has values of its type`);
      }
      // A series' times only rise.
      if (target.format === 'timeseries') assert.deepEqual(frame.Time, [...new Set(frame.Time)].sort((a, b) => a - b));
      frames[`${target.panel} ${every}`] = frame;
    }
  }
  assert.ok(Math.abs(frames['Now PT1M'].Energy[0] - energyKwh) < 1e-9);
  assert.ok(Math.abs(frames['Power PT15M']['Mean power'].at(1) - powerKw) < 1e-9);
  assert.deepEqual(frames['Latest anomalies P1D'].Machine, ['press']);
});

test('where a key is asked for, the panels have their columns by it, and by no other', async (t) => {
  const { server, admin, reader, revoke } = await guardedServerOf(t);
  await sendHistory(server.url, admin);
  for (const target of targets) {
    const frame = framed(await rootOf(target, server.url, 'PT1H', reader), target.columns);
    for (const [name, values] of Object.entries(frame)) {
      assert.ok(values.some((value) => value !== null), `${target.panel}: ${name} has values`);
    }
  }
  revoke();
  for (const key of [undefined, WRONG_KEY, reader]) {
    for (const target of targets) assert.equal((await answerTo(target, server.url, 'PT1H', key)).status, 401);
  }
});

test('the dashboard asks the data source that is provisioned', () => {
  assert.equal(provisioning.apiVersion, 1);
  for (const { datasource } of [...dashboard.panels, ...targets]) {
    assert.deepEqual(datasource, { type: source.type, uid: source.uid });
  }
  const ids = dashboard.panels.map(({ id }) => id);
  assert.equal(new Set(ids).size, ids.length);
});

test('what a panel says of a column by its name is said of one that it has', () => {
  for (const { title, fieldConfig, transformations = [], targets } of dashboard.panels) {
    const columns = targets.flatMap((target) => target.columns.map(({ text }) => text));
    const named = fieldConfig.overrides.map(({ matcher }) => matcher.options);
    const ordered = transformations.flatMap(({ options }) => Object.keys(options.indexByName));
    for (const name of [...named, ...ordered]) assert.ok(columns.includes(name), `${title}: ${name}`);
  }
});
