// Wattline as one subgraph among others: what it says of itself composes with a subgraph that adds to its machines.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { composeServices } from '@theguild/federation-composition';
import { parse } from 'graphql';
import { graphql, serverOf } from './server.mjs';

test('it composes with a subgraph that knows where machines stand', async (t) => {
  const server = await serverOf('serve', '--federation', 'true');
  t.after(server.end);
  const { _service } = await graphql(server.url, '{ _service { sdl } }');
  const places = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.3", import: ["@key"])
    type Machine @key(fields: "id") { id: ID! hall: String }
    type Query { halls: [String!]! }`;
  const composed = composeServices([
    { name: 'wattline', url: server.url, typeDefs: parse(_service.sdl) },
    { name: 'places', url: 'http://127.0.0.1:1', typeDefs: parse(places) },
  ]);
  assert.deepEqual(composed.errors ?? [], []);
  assert.match(composed.publicSdl ?? composed.supergraphSdl, /hall: String/);
  assert.match(composed.supergraphSdl, /statsUpdates/);
});
