// Which stretch of time is shown, which one it is compared with, and in how many pieces. Why calendar periods and not
// "the last 24 hours": a day is compared with the day before, and both begin at midnight at the plant.

import { beginOf, plus, wallOf } from '../site-time';
import type { Unit } from '../site-time';

export type Period = 'hour' | Unit;

export interface Range {
  /** `custom` is any stretch: typed in, or dragged in the chart. */
  readonly kind: Period | 'custom';
  readonly fromMs: number;
  /** Its end, which may lie ahead. */
  readonly toMs: number;
}

export const PERIODS: readonly Period[] = ['hour', 'day', 'week', 'month', 'year'];
const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const SHORTEST_ZOOM_MS = 2 * MINUTE_MS;

/** The period that holds now (`back` 0) or one before it. An hour goes on with the time; the others are the calendar's. */
export function periodOf(kind: Period, back: number, nowMs: number, zone: string): Range {
  if (kind === 'hour') {
    const toMs = (Math.floor(nowMs / MINUTE_MS) + 1) * MINUTE_MS - back * HOUR_MS;
    return { kind, fromMs: toMs - HOUR_MS, toMs };
  }
  const fromMs = plus(kind, -back, beginOf(kind, nowMs, zone), zone);
  return { kind, fromMs, toMs: plus(kind, 1, fromMs, zone) };
}

/** What somebody chose: the period that holds an instant, the one that holds now (null), or any stretch. */
export type RangeChoice =
  | { readonly kind: Period; readonly atMs: number | null }
  | { readonly kind: 'custom'; readonly fromMs: number; readonly toMs: number };

/** What a choice comes to now. */
export function rangeOf(choice: RangeChoice, nowMs: number, zone: string): Range {
  if (choice.kind === 'custom') return choice;
  const { kind, atMs } = choice;
  if (atMs === null) return periodOf(kind, 0, nowMs, zone);
  return kind === 'hour' ? { kind, fromMs: atMs, toMs: atMs + HOUR_MS } : periodOf(kind, 0, atMs, zone);
}

/** The period so many before (or after, if negative); the present one goes on with the time. */
export function stepped({ kind, fromMs }: Range & { kind: Period }, back: number, nowMs: number, zone: string): RangeChoice {
  const atMs = kind === 'hour' ? fromMs - back * HOUR_MS : plus(kind, -back, fromMs, zone);
  return { kind, atMs: rangeOf({ kind, atMs }, nowMs, zone).toMs > nowMs ? null : atMs };
}

/** A stretch that was dragged or pinched, in whole minutes, and not so short that there is nothing to see. */
export function zoomedTo(fromMs: number, toMs: number): RangeChoice {
  const middleMs = (fromMs + toMs) / 2;
  const halfMs = Math.max(toMs - fromMs, SHORTEST_ZOOM_MS) / 2;
  const toMinute = (atMs: number) => Math.round(atMs / MINUTE_MS) * MINUTE_MS;
  return { kind: 'custom', fromMs: toMinute(middleMs - halfMs), toMs: toMinute(middleMs + halfMs) };
}

/** How many whole days a custom range has; null if it does not begin and end at midnight. */
function wholeDays({ fromMs, toMs }: Range, zone: string): number | null {
  const isMidnight = (atMs: number) => beginOf('day', atMs, zone) === atMs;
  return isMidnight(fromMs) && isMidnight(toMs) ? Math.round((toMs - fromMs) / DAY_MS) : null;
}

/** The stretch before, as long by the calendar. */
export function previousOf(range: Range, zone: string): Range {
  const { kind, fromMs, toMs } = range;
  if (kind === 'hour') return { kind, fromMs: fromMs - HOUR_MS, toMs: fromMs };
  if (kind !== 'custom') return { kind, fromMs: plus(kind, -1, fromMs, zone), toMs: fromMs };
  const days = wholeDays(range, zone);
  return { kind, fromMs: days === null ? fromMs - (toMs - fromMs) : plus('day', -days, fromMs, zone), toMs: fromMs };
}

/**
 * Where an instant of the stretch before belongs in this one: the same time of the day, of the week, of the month.
 * Null where there is none, as for the 31st in a month of 30 days.
 */
export function shiftInto(range: Range, previous: Range, zone: string): (atMs: number) => number | null {
  const days = range.kind === 'custom' ? wholeDays(range, zone) : null;
  const within = (atMs: number) => (atMs >= range.fromMs && atMs < range.toMs ? atMs : null);
  switch (range.kind) {
    case 'day':
    case 'week':
      return (atMs) => within(plus(range.kind as Unit, 1, atMs, zone));
    case 'month':
    case 'year':
      return (atMs) => {
        const shifted = plus(range.kind as Unit, 1, atMs, zone);
        // The 31st that carried over into the next month is no day of this one.
        return wallOf(shifted, zone).day === wallOf(atMs, zone).day ? within(shifted) : null;
      };
    default:
      if (days !== null) return (atMs) => within(plus('day', days, atMs, zone));
      return (atMs) => within(atMs + range.fromMs - previous.fromMs);
  }
}

/** The length of a series' buckets. */
export interface Every {
  /** As the server reads it. */
  readonly text: string;
  readonly ms: number;
}

const STEPS: readonly Every[] = [
  { text: 'PT10S', ms: 10_000 },
  { text: 'PT30S', ms: 30_000 },
  { text: 'PT1M', ms: MINUTE_MS },
  { text: 'PT2M', ms: 2 * MINUTE_MS },
  { text: 'PT5M', ms: 5 * MINUTE_MS },
  { text: 'PT10M', ms: 10 * MINUTE_MS },
  { text: 'PT15M', ms: 15 * MINUTE_MS },
  { text: 'PT30M', ms: 30 * MINUTE_MS },
  { text: 'PT1H', ms: HOUR_MS },
  { text: 'PT2H', ms: 2 * HOUR_MS },
  { text: 'PT6H', ms: 6 * HOUR_MS },
  { text: 'P1D', ms: DAY_MS },
  { text: 'P1W', ms: 7 * DAY_MS },
  { text: 'P1M', ms: 30 * DAY_MS },
];
/** Of which amounts are shown: those that people have names for. */
const AMOUNT_STEPS: readonly string[] = ['PT1M', 'PT5M', 'PT15M', 'PT1H', 'P1D', 'P1M'];
/** A line on a large screen: a week in five minutes has 2,016. */
const MOST_POINTS = 2_020;
/** A narrow one has no room for as many. */
const POINTS_A_PIXEL = 0.6;
/** Bars: no more than can be told apart. A day in quarters of an hour has 96, one of 25 hours 100. */
const MOST_BARS = 100;
/** A bucket shorter than two intervals would now and then hold no reading, and now and then two. */
const INTERVALS_A_BUCKET = 2;
/** A meter that speaks seldom does not coarsen everybody's line to fewer points than this. */
const LEAST_POINTS = 60;

/**
 * The shortest buckets that are few enough: points of a line so many pixels wide, or bars of an amount. `intervalMs` is
 * the longest between two readings of the machines shown.
 */
export function everyOf({ fromMs, toMs }: Range, isAmount: boolean, intervalMs: number, widthPx: number): Every {
  const steps = isAmount ? STEPS.filter(({ text }) => AMOUNT_STEPS.includes(text)) : STEPS;
  const finestMs = Math.min(INTERVALS_A_BUCKET * intervalMs, (toMs - fromMs) / LEAST_POINTS);
  const most = isAmount ? MOST_BARS : Math.min(MOST_POINTS, Math.max(LEAST_POINTS, POINTS_A_PIXEL * widthPx));
  const fits = ({ ms }: Every) => ms >= finestMs && (toMs - fromMs) / ms <= most;
  return steps.find(fits) ?? steps.at(-1)!;
}
