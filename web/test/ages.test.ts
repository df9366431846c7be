// Ages.

import { expect, test } from 'vitest';

import { ageText, lengthText } from '../src/format/ages';

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

test.each([
  [0, '0 s'],
  [45_900, '45 s'],
  [60_000, '1 min'],
  [90_000, '1 min 30 s'],
  [7_980_000, '2 h 13 min'],
  [7_245_000, '2 h'],
  [277_200_000, '3 d 5 h'],
])('%d ms last %s', (ms, text) => {
  expect(lengthText(ms)).toBe(text.replaceAll(/(\d) /g, '$1\u00a0'));
});
