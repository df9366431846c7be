// What the page asks, against the printed schema. Why: a field that is renamed on the server must fail here and not on a
// wall screen.

import { readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';
import { expect, test } from 'vitest';

import * as machines from '../src/api/machines';
import { ANOMALIES_SUBSCRIPTION, HISTORY_QUERY, STATS_SUBSCRIPTION } from '../src/api/operations';
import * as trends from '../src/api/trends';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));

test.each([
  ['statistics', STATS_SUBSCRIPTION],
  ['anomalies', ANOMALIES_SUBSCRIPTION],
  ['history', HISTORY_QUERY],
])('%s', (_, document) => {
  expect(validate(schema, parse(document))).toEqual([]);
});

const documents = Object.entries({ ...trends, ...machines }).filter(
  ([, value]) => typeof value === 'string' && /^(query|mutation)/.test(value),
);

test.each(documents)('%s', (_, document) => {
  expect(validate(schema, parse(document as string))).toEqual([]);
});

test('there are documents to check', () => {
  expect(documents.length).toBeGreaterThanOrEqual(12);
});
