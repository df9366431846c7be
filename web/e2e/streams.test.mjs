// Subscriptions as responses that go on, with the clients that people use: graphql-sse and Apollo Client.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { ApolloClient, HttpLink, InMemoryCache, gql } from '@apollo/client/core';
import { createClient } from 'graphql-sse';
import { serverOf } from './server.mjs';

const STATS = 'subscription { statsUpdates { totalReadings } }';
const ANOMALIES = 'subscription($after: String) { anomalyDetected(after: $after) { cursor node { message } } }';

let server;
before(async () => {
  server = await serverOf('serve');
  await ask('mutation { registerMachine(input: {name: "press"}) { machine { id } } }');
});
after(() => server?.end());

async function ask(query, variables) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${server.url}/graphql`, { method: 'POST', headers, body: JSON.stringify({ query, variables }) });
  const { data, errors } = await answer.json();
  assert.equal(errors, undefined, JSON.stringify(errors));
  return data;
}

async function report(message) {
  const input = { machine: "press", kind: "SPIKE", startedAt: new Date().toISOString(), value: 1, score: 1, severity: 'WARNING', message };
  await ask('mutation($input: ReportAnomalyInput!) { reportAnomaly(input: $input) { anomaly { id } } }', { input });
}

for (const singleConnection of [false, true]) {
  const mode = singleConnection ? 'a single connection' : 'connections of their own';
  const client = (options) => createClient({ url: `${server.url}/graphql/stream`, singleConnection, ...options });

  test(`graphql-sse with ${mode} watches both, ends and runs queries`, async () => {
    const sse = client();
    const stats = sse.iterate({ query: STATS });
    const first = (await stats.next()).value;
    const second = (await stats.next()).value;
    assert.equal(typeof first.data.statsUpdates.totalReadings, 'number', JSON.stringify(first));
    assert.ok(second.extensions.sequence > first.extensions.sequence);
    const { data } = (await sse.iterate({ query: '{ sites { name } }' }).next()).value;
    assert.deepEqual(data.sites, [{ name: 'default' }]);

    const anomalies = sse.iterate({ query: ANOMALIES, variables: { after: '0' } });
    await report(`first, ${mode}`);
    for (;;) {
      const { value } = await anomalies.next();
      assert.equal(value.extensions.cursor, value.data.anomalyDetected.cursor);
      if (value.data.anomalyDetected.node.message === `first, ${mode}`) break;
    }
    await anomalies.return();
    assert.equal(typeof (await stats.next()).value.data.statsUpdates.totalReadings, 'number', 'the other one goes on');
    await stats.return();
    const wrong = (await sse.iterate({ query: 'subscription { nothing }' }).next()).value;
    assert.equal(wrong.errors[0].extensions.code, 'INVALID_DOCUMENT');
    sse.dispose();
  });

  test(`graphql-sse with ${mode} comes back after a restart`, async () => {
    const sse = client({ retry: () => new Promise((resolve) => setTimeout(resolve, 50)), retryAttempts: 1000 });
    const stats = sse.iterate({ query: STATS });
    await stats.next();
    await server.stop();
    await server.start();
    await ask('{ sites { name } }');
    // What was on its way, and then something of the new server, which counts anew.
    for (;;) {
      const { value } = await stats.next();
      if (value.extensions.sequence === 1) break;
    }
    await stats.return();
    sse.dispose();
  });
}

test('Apollo Client watches over multipart responses', async () => {
  const link = new HttpLink({ uri: `${server.url}/graphql` });
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const { data } = await client.query({ query: gql('{ sites { name } }') });
  assert.equal(data.sites[0].name, 'default');
  const seen = (query, variables, enough) =>
    new Promise((resolve, reject) => {
      const values = [];
      const subscription = client.subscribe({ query: gql(query), variables }).subscribe({
        next: (value) => {
          if (value.error) reject(value.error);
          values.push(value.data);
          if (!enough(values)) return;
          subscription.unsubscribe();
          resolve(values);
        },
        error: reject,
      });
    });
  const stats = await seen(STATS, {}, (values) => values.length === 3);
  assert.equal(typeof stats[2].statsUpdates.totalReadings, 'number');
  const anomalies = seen(ANOMALIES, { after: '0' }, (values) => values.at(-1).anomalyDetected.node.message === 'apollo');
  await report('apollo');
  await anomalies;
  await assert.rejects(seen('subscription { nothing }', {}, () => false), /nothing/);
});

test('EventSource-like reading with GET shows the end of a query', async () => {
  const query = encodeURIComponent('{ sites { name } }');
  const answer = await fetch(`${server.url}/graphql/stream?query=${query}`, { headers: { accept: 'text/event-stream' } });
  assert.equal(answer.headers.get('content-type'), 'text/event-stream; charset=utf-8');
  const text = await answer.text();
  assert.equal(text, ':\n\nevent: next\ndata: {"data":{"sites":[{"name":"default"}]}}\n\nevent: complete\ndata: \n\n');
});
