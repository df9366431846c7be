// Ages, clock times and the status line.

import { describe, expect, test } from 'vitest';

import { ageText, clockText } from '../src/format/times';
import { statusOf } from '../src/live/status';
import type { LinkState } from '../src/live/link';

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

describe('the status line', () => {
  const NOW_MS = 1_000_000;
  const status = (link: LinkState, receivedAtMs: number | null = NOW_MS - 2_000, longestGapMs: number | null = 5_000) =>
    statusOf({ link, receivedAtMs, longestGapMs, nowMs: NOW_MS });

  test('says how old the figures are', () => {
    expect(status({ kind: 'live' })).toMatchObject({ tone: 'live', text: 'live · 2 s ago' });
    expect(status({ kind: 'live' }, null)).toMatchObject({ tone: 'starting' });
  });

  test('does not call figures live that no longer come', () => {
    expect(status({ kind: 'live' }, NOW_MS - 61_000)).toMatchObject({ tone: 'late' });
    expect(status({ kind: 'live' }, NOW_MS - 61_000, 30_000)).toMatchObject({ tone: 'live' });
  });

  test('counts down to the next attempt', () => {
    const waiting = { kind: 'waiting', attempt: 3, retryAtMs: NOW_MS + 11_200 } as const;
    expect(status(waiting).text).toBe('reconnecting, attempt 3, next try in 12 s');
    expect(status({ ...waiting, retryAtMs: NOW_MS - 5 }).text).toBe('reconnecting, attempt 3, next try in 0 s');
    expect(status({ kind: 'retrying', attempt: 3 }).text).toBe('reconnecting, attempt 3, trying now');
  });
});
