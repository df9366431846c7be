// Wattline's statistics and anomalies on standard output, one JSON object a line; a server's restart is waited out.
//
//     node watch.mjs http://127.0.0.1:8080 [CURSOR]
//
// Anomalies begin with the next one that is reported, or with the one after CURSOR: that of the last one printed. Where
// Wattline asks who calls, it is told the key in the variable WATTLINE_KEY; one of scope read is enough.

import { setTimeout as sleep } from 'node:timers/promises';
import { createClient } from 'graphql-ws';
import WebSocket from 'ws';

const STATISTICS = 'subscription { statsUpdates { asOf totalReadings totalEnergy peakPower estimatedCost } }';
const ANOMALIES = `subscription ($after: String) {
  anomalyDetected(after: $after) { cursor node { kind severity startedAt message machine { name } } }
}`;
const NEWEST = '{ anomalies(last: 1) { pageInfo { endCursor } } }';

/** Troubles that pass. Whatever else the server refuses, it would refuse again. */
const PASSING = /^(TOO_FAR_BEHIND|DATABASE_\w+|INTERNAL)$/;

/** With what the server closes when it lets nobody in without a key, or not with this one. */
const FORBIDDEN = 4403;

const [server = 'http://127.0.0.1:8080', cursor] = process.argv.slice(2);
const key = process.env.WATTLINE_KEY;

let overdue;
const client = createClient({
  url: `${server.replace(/^http/, 'ws')}/graphql`,
  // Node has one of its own only since version 22.
  webSocketImpl: WebSocket,
  connectionParams: key ? { Authorization: `Bearer ${key}` } : undefined,
  // A server that restarts closes with 1001 and then refuses connections until it is back. The refusal is an error and
  // no close, at which the client would give up if shouldRetry did not say otherwise.
  retryAttempts: Infinity,
  shouldRetry: () => true,
  // A quarter of a second, then twice as long each time up to 8 s; by chance up to half as much more or less, so that a
  // hundred clients do not all come at once.
  retryWait: (retries) => sleep(Math.min(250 * 2 ** retries, 8000) * (0.5 + Math.random())),
  // A network that has gone silent says nothing: ask, and take no answer for the end.
  keepAlive: 10_000,
  on: {
    ping: (received) => {
      if (!received) overdue = setTimeout(() => client.terminate(), 5_000);
    },
    pong: () => clearTimeout(overdue),
    closed: ({ code }) => {
      clearTimeout(overdue);
      if (code !== FORBIDDEN) return;
      console.error('Wattline does not let us in: the key in WATTLINE_KEY is missing, wrong, expired or revoked');
      process.exit(1);
    },
  },
});

function print(data) {
  console.log(JSON.stringify(data));
}

/** Subscribes, and again when the server ends the subscription; after a lost connection, the client does so. */
function watch(subscription, show) {
  const again = (ms) => setTimeout(() => watch(subscription, show), ms);
  client.subscribe(subscription, {
    next: ({ data, errors }) => (data ? show(data) : console.error(errors)),
    error: (reason) => {
      console.error(reason);
      const { code, cursor } = reason[0]?.extensions ?? {};
      if (!PASSING.test(code)) process.exit(1);
      if (cursor) position.after = cursor;
      again(code === 'TOO_FAR_BEHIND' ? 0 : 5_000);
    },
    complete: () => again(1_000),
  });
}

for (const signal of ['SIGINT', 'SIGTERM']) {
  // With a goodbye, unless there is nobody to say it to.
  process.once(signal, () => Promise.race([client.dispose(), sleep(100)]).finally(() => process.exit()));
}

watch({ query: STATISTICS }, print);

// Read anew for every subscription, so that each goes on where the last one ended.
const position = { after: cursor };
if (!cursor) {
  // Before the first anomaly there is no cursor, and what is reported during a restart could be missed.
  const { value } = await client.iterate({ query: NEWEST }).next();
  position.after = value.data.anomalies.pageInfo.endCursor ?? '0';
}
watch({ query: ANOMALIES, variables: position }, (data) => {
  position.after = data.anomalyDetected.cursor;
  print(data);
});
