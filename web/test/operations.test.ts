// What the page asks, against the printed schema. Why: a field that is renamed on the server must fail here and not on a
// wall screen, also where nobody made the types anew.

import { readFileSync, readdirSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';
import { expect, test } from 'vitest';

import * as gql from '../src/gql/graphql';
import { listed } from '../documents';

const API = new URL('../src/api/', import.meta.url);
const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));

test('every document fits the schema', () => {
  const files = readdirSync(API).filter((name) => name.endsWith('.graphql'));
  const documents = files.map((name) => readFileSync(new URL(name, API), 'utf8')).join('\n');
  expect(files.length).toBeGreaterThan(1);
  expect(validate(schema, parse(documents))).toEqual([]);
});

test('the list for an operator has every document as the page sends it, each valid by itself', () => {
  const documents = Object.values(listed(gql));
  expect(documents.length).toBeGreaterThan(15);
  for (const document of documents) expect(validate(schema, parse(document))).toEqual([]);
  expect(documents).toContain(String(gql.MachineSeriesDocument));
});

test('a document stands under its SHA-256', () => {
  const { TypedDocumentString } = gql;
  const list = listed({ a: new TypedDocumentString('query A { sites { id } }'), b: 'query B { sites { id } }' });
  expect(list).toEqual({ 'a19fca5f546e4365bb2148257e09de2dccdbfcc458051c205a635c41ffacb2df': 'query A { sites { id } }' });
});
