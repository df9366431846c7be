// Stretches of the site's time in words: buckets, ranges, and the ticks of an axis. Why beside `site-time`: these are the
// charts' own, instants are everybody's.

import { beginOf, wallOf, written } from '../site-time';
import type { Every, Range } from './ranges';

const DAY_MS = 86_400_000;
const CLOCK = { hour: '2-digit', minute: '2-digit' } as const;
const SECONDS = { ...CLOCK, second: '2-digit' } as const;
const DATE = { day: 'numeric', month: 'short' } as const;

/** A bucket, as the table and the cursor name it. */
export function bucketText(fromMs: number, every: Every, zone: string, locale?: string): string {
  if (every.text === 'P1M') return written(fromMs, zone, { month: 'long', year: 'numeric' }, locale);
  if (every.text === 'P1W') return `week of ${written(fromMs, zone, { ...DATE, year: 'numeric' }, locale)}`;
  if (every.ms >= DAY_MS) return written(fromMs, zone, { weekday: 'short', ...DATE, year: 'numeric' }, locale);
  const clock = every.ms < 60_000 ? SECONDS : CLOCK;
  const until = written(fromMs + every.ms, zone, clock, locale);
  return `${written(fromMs, zone, { ...DATE, ...clock }, locale)}–${until}`;
}

/** What the heading calls a range. */
export function rangeText({ kind, fromMs, toMs }: Range, zone: string, locale?: string): string {
  const date = (atMs: number) => written(atMs, zone, { ...DATE, year: 'numeric' }, locale);
  const instant = (atMs: number) => written(atMs, zone, { ...DATE, year: 'numeric', ...CLOCK }, locale);
  switch (kind) {
    case 'hour':
      return `${instant(fromMs)}–${written(toMs, zone, CLOCK, locale)}`;
    case 'day':
      return written(fromMs, zone, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }, locale);
    case 'week':
      return `${date(fromMs)} – ${date(toMs - 1)}`;
    case 'month':
      return written(fromMs, zone, { month: 'long', year: 'numeric' }, locale);
    case 'year':
      return written(fromMs, zone, { year: 'numeric' }, locale);
    case 'custom':
      return `${instant(fromMs)} – ${instant(toMs)}`;
  }
}

/** The text at a tick of the time axis; ticks stand this far apart. At midnight the date tells the day. */
export function tickText(atMs: number, stepMs: number, zone: string, locale?: string): string {
  if (stepMs >= 300 * DAY_MS) return written(atMs, zone, { year: 'numeric' }, locale);
  if (stepMs >= 28 * DAY_MS) return written(atMs, zone, { month: 'short' }, locale);
  if (stepMs >= DAY_MS || beginOf('day', atMs, zone) === atMs) return written(atMs, zone, DATE, locale);
  return written(atMs, zone, stepMs < 60_000 || wallOf(atMs, zone).second > 0 ? SECONDS : CLOCK, locale);
}
