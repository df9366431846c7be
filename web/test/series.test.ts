// Gaps, live buckets and comparisons.

import { describe, expect, test } from 'vitest';

import type { StatsBucket } from '../src/api/trends';
import {
  changePercent,
  greatestOf,
  laidOver,
  meanOf,
  merged,
  pointsOf,
  refreshFrom,
  sumOf,
  tableOf,
} from '../src/trends/series';

const MINUTE_MS = 60_000;

/** Buckets of a minute with these energies, from this minute on. */
function buckets(energies: (number | null)[], fromMinute = 0): StatsBucket[] {
  return energies.map((energyKwh, index) => ({
    from: new Date((fromMinute + index) * MINUTE_MS).toISOString(),
    to: new Date((fromMinute + index + 1) * MINUTE_MS).toISOString(),
    readings: energyKwh === null ? 0 : 6,
    ...{ energyKwh, meanPowerKw: energyKwh === null ? null : energyKwh * 60 },
    ...{ volumeM3: null, meanFlowM3PerH: null, completenessPercent: null, cost: null, carbonKg: null },
  }));
}

const energy = ({ energyKwh }: StatsBucket) => energyKwh;
const energies = (ones: StatsBucket[]) => ones.map(energy);

describe('live buckets', () => {
  test('replace those from the first new one on, and go on', () => {
    expect(energies(merged(buckets([1, 2, 3]), buckets([20, 30, 4], 1), 0))).toEqual([1, 20, 30, 4]);
  });

  test('that have gone out of the range are dropped', () => {
    expect(energies(merged(buckets([1, 2, 3]), buckets([4], 3), MINUTE_MS))).toEqual([2, 3, 4]);
    expect(energies(merged(buckets([1, 2, 3]), [], 2 * MINUTE_MS))).toEqual([3]);
  });

  test('are asked for from the last but one on', () => {
    expect(refreshFrom(buckets([1, 2, 3]), 0)).toBe(MINUTE_MS);
    expect(refreshFrom(buckets([1]), 0)).toBe(0);
    expect(refreshFrom([], 7)).toBe(7);
    expect(refreshFrom(buckets([1, 2, 3]), 1.5 * MINUTE_MS)).toBe(1.5 * MINUTE_MS);
  });
});

describe('gaps', () => {
  test('are null, and zero is zero', () => {
    expect(pointsOf(buckets([0, null, 2]), energy).map(({ value }) => value)).toEqual([0, null, 2]);
  });

  test('are told apart from instants at which another line has no bucket', () => {
    const table = tableOf([pointsOf(buckets([1, null]), energy), pointsOf(buckets([7], 2), energy)]);
    expect(table).toEqual({
      atMs: [0, MINUTE_MS, 2 * MINUTE_MS],
      columns: [
        [1, null, undefined],
        [undefined, undefined, 7],
      ],
    });
  });

  test('add nothing and make nothing up', () => {
    expect(sumOf(pointsOf(buckets([1, null, 2]), energy))).toBe(3);
    expect(sumOf(pointsOf(buckets([null, null]), energy))).toBeNull();
    expect(meanOf(buckets([null]), energy)).toBeNull();
    expect(greatestOf(buckets([null]), energy)).toBeNull();
  });
});

test('a mean weighs each bucket by its length', () => {
  const [first, last] = buckets([1, 4]) as [StatsBucket, StatsBucket];
  expect(meanOf([first, { ...last, to: new Date(MINUTE_MS + 20_000).toISOString() }], energy)).toBe(1.75);
});

test('the greatest is the first of several', () => {
  expect(greatestOf(buckets([1, 5, 5]), energy)?.bucket.from).toBe('1970-01-01T00:01:00.000Z');
});

describe('a comparison', () => {
  test('leaves out what has no place, and what falls twice', () => {
    const shift = (atMs: number) =>
      atMs === 0 ? null : atMs === 2 * MINUTE_MS ? 101 * MINUTE_MS : atMs + 100 * MINUTE_MS;
    expect(laidOver(buckets([0, 1, 2, 3]), shift).map(({ bucket }) => energy(bucket))).toEqual([1, 3]);
  });

  const change = (now: (number | null)[], before: (number | null)[], untilMs?: number) =>
    changePercent(pointsOf(buckets(now), energy), pointsOf(buckets(before), energy), untilMs);

  test('counts what both have data for, and stops where the complete buckets do', () => {
    expect(change([3, 100, 3], [2, null, 2])).toBe(50);
    expect(change([3, 0.1], [2, 9], MINUTE_MS)).toBe(50);
    expect(change([-1], [-2])).toBe(50);
  });

  test('with nothing or with zero is none', () => {
    expect([change([1], []), change([null], [1]), change([1], [0])]).toEqual([null, null, null]);
  });
});
