// What the playground's tabs ask, against the printed schema. Why: they are the first thing an integrator runs.

import { readFileSync } from 'node:fs';
import { buildSchema, parse, validate } from 'graphql';
import { expect, test } from 'vitest';

import { OPERATIONS } from '../src/graphiql/operations';

const schema = buildSchema(readFileSync(new URL('../../schema.graphql', import.meta.url), 'utf8'));

test.each(OPERATIONS)('%s', (document) => {
  expect(validate(schema, parse(document))).toEqual([]);
});
