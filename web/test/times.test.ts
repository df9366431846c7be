// Ages, and clock times of a plant far from the browser.

process.env.TZ = 'America/New_York';

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
