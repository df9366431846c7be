// The plant's clock, seen from a browser far away.

process.env.TZ = 'America/New_York';

import { describe, expect, test } from 'vitest';

import { beginOf, clockText, inputInstant, inputText, instantOf, plus, wallOf } from '../src/site-time';

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

test.each([
  ['2026-11-24T13:05:09Z', '2026-11-24T17:00:00Z', '08:05:09'],
  ['2026-11-23T13:05:09Z', '2026-11-24T17:00:00Z', '23 Nov, 08:05'],
  ['2025-11-23T13:05:09Z', '2026-11-24T17:00:00Z', '23 Nov 2025, 08:05'],
])('on the browser’s clock %s, told at %s, is %s', (instant, now, text) => {
  expect(clockText(instant, 'America/New_York', Date.parse(now), 'en-GB')).toBe(text);
  // Toronto's clock shows the same.
  expect(clockText(Date.parse(instant), 'America/Toronto', Date.parse(now), 'en-GB')).toBe(text);
});

test.each([
  ['Europe/Berlin', '2026-11-24T13:05:09Z', '2026-11-24T17:00:00Z', '14:05:09 CET'],
  ['Europe/Berlin', '2026-07-01T13:05:09Z', '2026-11-24T17:00:00Z', '1 Jul, 15:05 CEST'],
  ['Asia/Kathmandu', '2026-11-24T13:05:09Z', '2026-11-24T17:00:00Z', '18:50:09 GMT+5:45'],
  // In New York it is the same day, in Berlin the day and the year before.
  ['Europe/Berlin', '2026-12-31T22:30:00Z', '2026-12-31T23:30:00Z', '31 Dec 2026, 23:30 CET'],
  // In New York it is the day before, in Berlin the same day.
  ['Europe/Berlin', '2026-11-24T04:00:00Z', '2026-11-24T10:00:00Z', '05:00:00 CET'],
  // The hour that Berlin has twice.
  ['Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25T12:00:00Z', '02:30:00 CEST'],
  ['Europe/Berlin', '2026-10-25T01:30:00Z', '2026-10-25T12:00:00Z', '02:30:00 CET'],
])('on the clock of %s %s, told at %s, is %s', (zone, instant, now, text) => {
  expect(clockText(instant, zone, Date.parse(now), 'en-GB')).toBe(text);
});
