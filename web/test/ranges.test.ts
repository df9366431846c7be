// Periods, what they are compared with, and their buckets.

process.env.TZ = 'America/New_York';

import { describe, expect, test } from 'vitest';

import { everyOf, periodOf, previousOf, shiftInto } from '../src/trends/ranges';
import type { Period, Range } from '../src/trends/ranges';
import { tickText } from '../src/trends/labels';

const BERLIN = 'Europe/Berlin';
const at = (instant: string) => Date.parse(instant);
const iso = (atMs: number | null) => (atMs === null ? null : new Date(atMs).toISOString().replace(':00.000Z', 'Z'));
const span = ({ fromMs, toMs }: Range) => `${iso(fromMs)} ${iso(toMs)}`;
const NOW_MS = at('2026-11-26T10:20:30Z');

describe('periods', () => {
  test.each<[Period, number, string]>([
    ['hour', 0, '2026-11-26T09:21Z 2026-11-26T10:21Z'],
    ['hour', 1, '2026-11-26T08:21Z 2026-11-26T09:21Z'],
    ['day', 0, '2026-11-25T23:00Z 2026-11-26T23:00Z'],
    ['day', 32, '2026-10-24T22:00Z 2026-10-25T23:00Z'],
    ['week', 0, '2026-11-22T23:00Z 2026-11-29T23:00Z'],
    ['month', 1, '2026-09-30T22:00Z 2026-10-31T23:00Z'],
    ['year', 0, '2025-12-31T23:00Z 2026-12-31T23:00Z'],
  ])('%s, %d back', (kind, back, expected) => {
    expect(span(periodOf(kind, back, NOW_MS, BERLIN))).toBe(expected);
  });

  test('the one before a day of 23 hours has 24', () => {
    const range = periodOf('day', 0, at('2026-03-29T10:00:00Z'), BERLIN);
    expect(span(range)).toBe('2026-03-28T23:00Z 2026-03-29T22:00Z');
    expect(span(previousOf(range, BERLIN))).toBe('2026-03-27T23:00Z 2026-03-28T23:00Z');
  });

  test('a custom range of whole days is compared with as many, any other with as much time', () => {
    const days: Range = { kind: 'custom', fromMs: at('2026-10-25T23:00:00Z'), toMs: at('2026-10-27T23:00:00Z') };
    expect(span(previousOf(days, BERLIN))).toBe('2026-10-23T22:00Z 2026-10-25T23:00Z');
    const part: Range = { kind: 'custom', fromMs: at('2026-10-26T10:00:00Z'), toMs: at('2026-10-26T12:00:00Z') };
    expect(span(previousOf(part, BERLIN))).toBe('2026-10-26T08:00Z 2026-10-26T10:00Z');
  });
});

describe('the comparison', () => {
  const into = (kind: Period, nowMs: number) => {
    const range = periodOf(kind, 0, nowMs, BERLIN);
    const shift = shiftInto(range, previousOf(range, BERLIN), BERLIN);
    return (instant: string) => iso(shift(at(instant)));
  };

  test('lays the same time of the day over each other, across a change of the clocks', () => {
    const shift = into('day', at('2026-10-25T10:00:00Z'));
    expect(shift('2026-10-23T22:00:00Z')).toBe('2026-10-24T22:00Z');
    expect(shift('2026-10-24T10:00:00Z')).toBe('2026-10-25T11:00Z');
  });

  test('lays the same day of the month over each other; the 31st has no place in a month of 30 days', () => {
    const shift = into('month', NOW_MS);
    expect(shift('2026-10-14T22:00:00Z')).toBe('2026-11-14T23:00Z');
    expect(shift('2026-10-30T23:00:00Z')).toBeNull();
  });

  test('moves an hour by an hour', () => {
    expect(into('hour', NOW_MS)('2026-11-26T08:30:00Z')).toBe('2026-11-26T09:30Z');
  });
});

describe('buckets', () => {
  const WIDE_PX = 4000;
  const every = (kind: Period, isAmount: boolean, intervalS: number) =>
    everyOf(periodOf(kind, 0, NOW_MS, BERLIN), isAmount, intervalS * 1000, WIDE_PX).text;

  test.each<[Period, string, string]>([
    ['hour', 'PT30S', 'PT1M'],
    ['day', 'PT1M', 'PT15M'],
    ['week', 'PT5M', 'P1D'],
    ['month', 'PT30M', 'P1D'],
    ['year', 'PT6H', 'P1M'],
  ])('of a %s: %s for a line, %s for bars', (kind, line, bars) => {
    expect([every(kind, false, 10), every(kind, true, 10)]).toEqual([line, bars]);
  });

  test('are no shorter than two intervals, unless few points were left', () => {
    expect(every('day', false, 300)).toBe('PT10M');
    expect(every('hour', false, 900)).toBe('PT1M');
  });

  test('a day of 25 hours still has its quarters of an hour', () => {
    expect(everyOf(periodOf('day', 0, at('2026-10-25T10:00:00Z'), BERLIN), true, 10_000, WIDE_PX).text).toBe('PT15M');
  });

  test('are longer where there is less room', () => {
    const day = periodOf('day', 0, NOW_MS, BERLIN);
    expect([320, 1400].map((widthPx) => everyOf(day, false, 10_000, widthPx).text)).toEqual(['PT10M', 'PT2M']);
  });

  test('are never too many', () => {
    const ten = { kind: 'custom', fromMs: 0, toMs: 10 * 366 * 86_400_000 } as const;
    for (const isAmount of [true, false]) {
      const { ms } = everyOf(ten, isAmount, 10_000, WIDE_PX);
      expect((ten.toMs - ten.fromMs) / ms).toBeLessThanOrEqual(2_100);
    }
  });
});

test('ticks are of the plant’s clock, and midnight there tells the day', () => {
  expect(tickText(at('2026-11-26T10:00:00Z'), 3_600_000, BERLIN, 'en-GB')).toBe('11:00');
  expect(tickText(at('2026-11-25T23:00:00Z'), 3_600_000, BERLIN, 'en-GB')).toBe('26 Nov');
});
