// Series of buckets: kept up to date, laid over each other, and summed. Why null and undefined are told apart: null is a
// bucket without data, which breaks the line; undefined is no bucket at all, which does not.

import type { StatsBucket, Usual } from '../api/trends';

/** One value in time; null breaks the line. */
export interface Point {
  readonly atMs: number;
  readonly value: number | null;
}

const fromMs = (bucket: StatsBucket) => Date.parse(bucket.from);

/**
 * What is known with what was asked anew, from the begin of its first bucket on. Buckets before the range have gone
 * out of it.
 */
export function merged(
  known: readonly StatsBucket[],
  fresh: readonly StatsBucket[],
  rangeFromMs: number,
): StatsBucket[] {
  const inRange = known.filter((bucket) => fromMs(bucket) >= rangeFromMs);
  const first = fresh[0];
  if (!first) return inRange;
  const since = fromMs(first);
  return [...inRange.filter((bucket) => fromMs(bucket) < since), ...fresh];
}

/**
 * From where on to ask again: the last bucket but one, because its last readings may still have been on their way when
 * it was asked.
 */
export function refreshFrom(known: readonly StatsBucket[], rangeFromMs: number): number {
  const bucket = known.at(-2) ?? known.at(-1);
  return bucket ? Math.max(fromMs(bucket), rangeFromMs) : rangeFromMs;
}

/** Buckets with what is usual in them; both are in the order of time. */
export function withUsual(buckets: readonly StatsBucket[], usual: readonly Usual[]): StatsBucket[] {
  let next = 0;
  return buckets.map((bucket) => {
    const one = usual[next];
    if (!one || Date.parse(one.at) > Date.parse(bucket.to)) return bucket;
    next += 1;
    return { ...bucket, usual: one };
  });
}

export function pointsOf(buckets: readonly StatsBucket[], of: (bucket: StatsBucket) => number | null): Point[] {
  return buckets.map((bucket) => ({ atMs: fromMs(bucket), value: of(bucket) }));
}

/** A bucket of another stretch, and where it belongs in this one. */
export interface LaidBucket {
  readonly atMs: number;
  readonly bucket: StatsBucket;
}

/** Another stretch's buckets laid over this one; without those that have no place here. */
export function laidOver(buckets: readonly StatsBucket[], shift: (atMs: number) => number | null): LaidBucket[] {
  const laid: LaidBucket[] = [];
  let lastMs = -Infinity;
  for (const bucket of buckets) {
    const atMs = shift(fromMs(bucket));
    // The hour that a clock shows twice lies over one hour here: the first of the two stays.
    if (atMs === null || atMs <= lastMs) continue;
    lastMs = atMs;
    laid.push({ atMs, bucket });
  }
  return laid;
}

export function pointsOfLaid(laid: readonly LaidBucket[], of: (bucket: StatsBucket) => number | null): Point[] {
  return laid.map(({ atMs, bucket }) => ({ atMs, value: of(bucket) }));
}

/** One column of instants and one of values for each line. */
export interface Table {
  readonly atMs: number[];
  readonly columns: Column[];
}

export type Column = (number | null | undefined)[];

/** Lays lines over each other whose instants need not be the same. */
export function tableOf(lines: readonly (readonly Point[])[]): Table {
  const atMs = [...new Set(lines.flatMap((points) => points.map((point) => point.atMs)))].sort((a, b) => a - b);
  const rowOf = new Map(atMs.map((instant, row) => [instant, row]));
  const columns = lines.map((points) => {
    const column: Column = new Array(atMs.length).fill(undefined);
    for (const point of points) column[rowOf.get(point.atMs)!] = point.value;
    return column;
  });
  return { atMs, columns };
}

/** The sum of what is known; null if nothing is. */
export function sumOf(points: readonly Point[]): number | null {
  let sum: number | null = null;
  for (const { value } of points) {
    if (value !== null) sum = (sum ?? 0) + value;
  }
  return sum;
}

/** Mean of what is known, each bucket by its length; null if nothing is. */
export function meanOf(buckets: readonly StatsBucket[], of: (bucket: StatsBucket) => number | null): number | null {
  let weighted = 0;
  let weightMs = 0;
  for (const bucket of buckets) {
    const value = of(bucket);
    if (value === null) continue;
    const lengthMs = Date.parse(bucket.to) - fromMs(bucket);
    weighted += value * lengthMs;
    weightMs += lengthMs;
  }
  return weightMs > 0 ? weighted / weightMs : null;
}

/** The greatest known value and its bucket; null if nothing is known. */
export function greatestOf(
  buckets: readonly StatsBucket[],
  of: (bucket: StatsBucket) => number | null,
): { bucket: StatsBucket; value: number } | null {
  let greatest: { bucket: StatsBucket; value: number } | null = null;
  for (const bucket of buckets) {
    const value = of(bucket);
    if (value !== null && (greatest === null || value > greatest.value)) greatest = { bucket, value };
  }
  return greatest;
}

/**
 * How much more than before, %, over the instants up to `untilMs` of which both are known: a stretch that was recorded in
 * part must not look like a saving. Null where that has no meaning.
 */
export function changePercent(now: readonly Point[], before: readonly Point[], untilMs = Infinity): number | null {
  const beforeAt = new Map(before.map(({ atMs, value }) => [atMs, value]));
  let [sumNow, sumBefore] = [0, 0];
  for (const { atMs, value } of now) {
    const other = beforeAt.get(atMs) ?? null;
    if (value === null || other === null || atMs >= untilMs) continue;
    sumNow += value;
    sumBefore += other;
  }
  return sumBefore === 0 ? null : (100 * (sumNow - sumBefore)) / Math.abs(sumBefore);
}
