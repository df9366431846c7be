// The playground sends what its editor holds, whatever it was told before.

import { parse } from 'graphql';
import { expect, test } from 'vitest';

import { nameIn } from '../src/graphiql/fetcher';

test('an operation that the document does not have is not asked for', () => {
  expect(nameIn(parse('subscription Live { a }'), 'Statistics')).toBe('Live');
  expect(nameIn(parse('subscription Live { a }'), 'Live')).toBe('Live');
  expect(nameIn(parse('subscription Live { a }'), null)).toBe('Live');
  expect(nameIn(parse('{ a }'), 'Statistics')).toBe(null);
  expect(nameIn(parse('query A { a } query B { a }'), 'B')).toBe('B');
  expect(nameIn(parse('query A { a } query B { a }'), 'C')).toBe('C');
});
