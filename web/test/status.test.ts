// What the dot and the words beside it promise.

import { describe, expect, test } from 'vitest';

import type { LinkState } from '../src/live/link';
import { statusOf } from '../src/live/status';
import type { StatusFacts } from '../src/live/status';

const NOW_MS = 1_000_000;
const WAITING = { kind: 'waiting', attempt: 3, retryAtMs: NOW_MS + 11_200 } as const;

/** The status with figures of this age. */
function status(link: LinkState, ageMs: number | null = 2_000, others: Partial<StatusFacts> = {}) {
  const receivedAtMs = ageMs === null ? null : NOW_MS - ageMs;
  return statusOf({ link, isPolling: false, isCutOff: true, receivedAtMs, longestGapMs: 5_000, nowMs: NOW_MS, ...others });
}

describe('with a socket', () => {
  test('it is green, and says how old the figures are', () => {
    expect(status({ kind: 'live' })).toMatchObject({ tone: 'live', text: 'live · 2 s ago', isOld: false });
    expect(status({ kind: 'live' }, null)).toMatchObject({ tone: 'starting' });
  });

  test('figures that no longer come are not called live', () => {
    expect(status({ kind: 'live' }, 61_000)).toMatchObject({ tone: 'down', isOld: true });
    expect(status({ kind: 'live' }, 61_000, { longestGapMs: 30_000 })).toMatchObject({ tone: 'live', isOld: false });
  });
});

describe('without', () => {
  test('connecting for the first time is no more than that, and later says how old the figures are', () => {
    expect(status({ kind: 'connecting' }).text).toBe('connecting');
    expect(status({ kind: 'connecting' }, 7_000).text).toBe('connecting · figures of 7 s ago');
  });

  test('it counts down to the next attempt', () => {
    expect(status(WAITING).text).toBe('reconnecting, attempt 3, next try in 12 s · figures of 2 s ago');
    expect(status({ ...WAITING, retryAtMs: NOW_MS - 5 }).text).toContain('next try in 0 s');
    expect(status({ kind: 'retrying', attempt: 3 }).text).toContain('attempt 3, trying now');
  });

  test('it is yellow, and red once nothing has come for longer than a poll takes', () => {
    expect(status(WAITING, 45_000)).toMatchObject({ tone: 'waiting', isOld: true });
    expect(status(WAITING, 45_001)).toMatchObject({ tone: 'down', isOld: true });
    expect(status(WAITING, null)).toMatchObject({ tone: 'down' });
  });

  test('polled figures are of now, in yellow, for as long as they come', () => {
    const polling = { isPolling: true };
    expect(status(WAITING, 12_000, polling)).toMatchObject({
      tone: 'waiting',
      text: 'polling every 30 s · 12 s ago',
      isOld: false,
    });
    expect(status(WAITING, 46_000, polling)).toMatchObject({ tone: 'down', isOld: true });
    expect(status(WAITING, 46_000, polling).text).toContain('figures of 46 s ago');
  });
});
