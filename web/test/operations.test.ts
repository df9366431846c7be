// What the page asks, against the printed schema. Why: a field that is renamed on the server must fail here and not on a
// wall screen, also where nobody made the types anew.

import { readFileSync, readdirSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';
import { expect, test } from 'vitest';

import * as machines from '../src/api/machines';
import * as trends from '../src/api/trends';

const API = new URL('../src/api/', import.meta.url);
const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));

test('every document fits the schema', () => {
  const files = readdirSync(API).filter((name) => name.endsWith('.graphql'));
  const documents = files.map((name) => readFileSync(new URL(name, API), 'utf8')).join('\n');
  expect(files.length).toBeGreaterThan(1);
  expect(validate(schema, parse(documents))).toEqual([]);
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
