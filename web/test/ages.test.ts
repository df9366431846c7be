// Ages.

import { expect, test } from 'vitest';

import { ageText } from '../src/format/ages';

test.each([
  [-5_000, '0 s ago'],
  [2_900, '2 s ago'],
  [59_999, '59 s ago'],
  [60_000, '1 min ago'],
  [7_200_000, '2 h ago'],
  [200_000_000, '2 d ago'],
])('%d ms is %s', (ageMs, text) => {
  expect(ageText(ageMs)).toBe(text);
});
