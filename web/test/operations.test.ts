// What the page asks, against the printed schema. Why: a field that is renamed on the server must fail here and not on a
// wall screen.

import { readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';
import { expect, test } from 'vitest';

import { ANOMALIES_SUBSCRIPTION, HISTORY_QUERY, STATS_SUBSCRIPTION } from '../src/api/operations';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));

test.each([
  ['statistics', STATS_SUBSCRIPTION],
  ['anomalies', ANOMALIES_SUBSCRIPTION],
  ['history', HISTORY_QUERY],
])('%s', (_, document) => {
  expect(validate(schema, parse(document))).toEqual([]);
});
