// Ages and clock times.

import { expect, test } from 'vitest';

import { ageText, clockText } from '../src/format/times';

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

test('a time of another day has its date', () => {
  const noon = new Date(2026, 10, 24, 12, 0, 0);
  const text = (time: Date) => clockText(time.getTime(), noon.getTime(), 'en-GB');
  expect(text(new Date(2026, 10, 24, 8, 5, 9))).toBe('08:05:09');
  expect(text(new Date(2026, 10, 23, 8, 5, 9))).toBe('23 Nov, 08:05');
  expect(text(new Date(2025, 10, 23, 8, 5, 9))).toBe('23 Nov 2025, 08:05');
});
