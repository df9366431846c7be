// The plant's clock, seen from a browser far away.

process.env.TZ = 'America/New_York';

import { describe, expect, test } from 'vitest';

import { beginOf, inputInstant, inputText, instantOf, plus, wallOf } from '../src/trends/zone';

const BERLIN = 'Europe/Berlin';
const HOUR_MS = 3_600_000;
const at = (instant: string) => Date.parse(instant);
const iso = (atMs: number | null) => (atMs === null ? null : new Date(atMs).toISOString());

test('the browser’s zone is another', () => {
  expect(new Date(at('2026-07-01T12:00:00Z')).getHours()).toBe(8);
  expect(wallOf(at('2026-07-01T12:00:00Z'), BERLIN)).toMatchObject({ day: 1, hour: 14, minute: 0 });
});

describe('days', () => {
  const dayOf = (instant: string) => {
    const fromMs = beginOf('day', at(instant), BERLIN);
    return { from: iso(fromMs), hours: (plus('day', 1, fromMs, BERLIN) - fromMs) / HOUR_MS };
  };

  test.each([
    ['2026-11-26T10:00:00Z', '2026-11-25T23:00:00.000Z', 24],
    ['2026-03-29T10:00:00Z', '2026-03-28T23:00:00.000Z', 23],
    ['2026-10-25T10:00:00Z', '2026-10-24T22:00:00.000Z', 25],
    ['2026-11-25T23:00:00Z', '2026-11-25T23:00:00.000Z', 24],
    ['2026-11-25T22:59:59Z', '2026-11-24T23:00:00.000Z', 24],
  ])('%s belongs to the one that begins at %s and has %d hours', (instant, from, hours) => {
    expect(dayOf(instant)).toEqual({ from, hours });
  });
});

test('weeks begin on Monday, months and years on their first', () => {
  expect(iso(beginOf('week', at('2026-11-29T22:00:00Z'), BERLIN))).toBe('2026-11-22T23:00:00.000Z');
  expect(iso(beginOf('month', at('2026-04-15T00:00:00Z'), BERLIN))).toBe('2026-03-31T22:00:00.000Z');
  expect(iso(beginOf('year', at('2026-07-01T00:00:00Z'), BERLIN))).toBe('2025-12-31T23:00:00.000Z');
});

test('a time that is left out is as much later, one that comes twice is meant the first time', () => {
  const wall = { year: 2026, month: 3, day: 29, hour: 2, minute: 30, second: 0 };
  expect(iso(instantOf(wall, BERLIN))).toBe('2026-03-29T01:30:00.000Z');
  expect(iso(instantOf({ ...wall, month: 10, day: 25 }, BERLIN))).toBe('2026-10-25T00:30:00.000Z');
});

test('offsets that are no whole hours, and the other side of the date line', () => {
  expect(iso(beginOf('day', at('2026-11-26T10:00:00Z'), 'Asia/Kathmandu'))).toBe('2026-11-25T18:15:00.000Z');
  expect(iso(beginOf('day', at('2026-11-26T10:00:00Z'), 'Pacific/Auckland'))).toBe('2026-11-25T11:00:00.000Z');
});

test('what is typed is of the plant’s clock', () => {
  const instant = at('2026-07-01T12:34:00Z');
  expect(inputText(instant, BERLIN)).toBe('2026-07-01T14:34');
  expect(inputInstant('2026-07-01T14:34', BERLIN)).toBe(instant);
  expect(inputInstant('', BERLIN)).toBeNull();
});
