// Two fingers on a chart of a thousand pixels that shows a thousand milliseconds.

import { expect, test } from 'vitest';

import { pinched } from '../src/trends/pinch';

const at = (before: [number, number], now: [number, number]) =>
  pinched([0, 1000], before, now, 1000).map((ms) => Math.round(ms));

test.each<[string, [number, number], [number, number], number[]]>([
  ['apart zooms in, around what is between them', [400, 600], [300, 700], [250, 750]],
  ['together zooms out', [300, 700], [400, 600], [-500, 1500]],
  ['side by side moves', [400, 600], [500, 700], [-100, 900]],
  ['the other hand is as good', [600, 400], [700, 300], [250, 750]],
  ['not at all changes nothing', [400, 600], [400, 600], [0, 1000]],
])('%s', (_, before, now, expected) => {
  expect(at(before, now)).toEqual(expected);
});

test('fingers that meet end neither in nothing nor in for ever', () => {
  const [from, to] = at([400, 600], [500, 500]);
  expect(to! - from!).toBe(12_500);
});
