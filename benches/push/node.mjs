// Node's graphql-ws, which executes for each subscriber too: prints its address and pushes once a second.

import { createServer } from 'node:http';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../examples/node/package.json', import.meta.url));
const { GraphQLFloat, GraphQLInt, GraphQLObjectType, GraphQLSchema, GraphQLString } = require('graphql');
const { useServer } = require('graphql-ws/use/ws');
const { WebSocketServer } = require('ws');

const INTEGERS = ['totalReadings', 'dataRate', 'uptimeDays', 'totalAnomalies', 'activeMachinesToday'];
const NUMBERS = `totalEnergy uptimePercent readingsPerMinute energyPerHour peakPower avgPower efficiency estimatedCost
  costPerDay carbonFootprint carbonPerDay`.split(/\s+/);
const zero = (names, type) => Object.fromEntries(names.map((name) => [name, { type, resolve: () => 0 }]));
const SystemStats = new GraphQLObjectType({
  name: 'SystemStats',
  fields: {
    asOf: { type: GraphQLString, resolve: () => '2026-11-26T01:00:00Z' },
    ...zero(INTEGERS, GraphQLInt),
    ...zero(NUMBERS, GraphQLFloat),
  },
});

let waiting = [];
const nextTick = () => new Promise((resolve) => waiting.push(resolve));
const tick = () => {
  const all = waiting;
  waiting = [];
  all.forEach((resolve) => resolve());
  setTimeout(tick, 1000 - (Date.now() % 1000));
};
setTimeout(tick, 1000 - (Date.now() % 1000));

async function* updates() {
  for (;;) {
    yield { statsUpdates: {} };
    await nextTick();
  }
}

const schema = new GraphQLSchema({
  query: new GraphQLObjectType({ name: 'Query', fields: { ok: { type: GraphQLInt } } }),
  subscription: new GraphQLObjectType({
    name: 'Subscription',
    fields: { statsUpdates: { type: SystemStats, subscribe: updates } },
  }),
});
const http = createServer();
useServer({ schema }, new WebSocketServer({ server: http, path: '/graphql/ws' }));
http.listen(0, '127.0.0.1', () => console.log(`127.0.0.1:${http.address().port}`));
