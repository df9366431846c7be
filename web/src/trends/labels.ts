// Times of the plant in words. Why apart from format/times: those are of the browser's clock, these of the plant's.

import type { Every, Range } from './ranges';
import { beginOf, wallOf } from './zone';

const DAY_MS = 86_400_000;
const formats = new Map<string, Intl.DateTimeFormat>();

function write(atMs: number, zone: string, options: Intl.DateTimeFormatOptions, locale?: string): string {
  const key = JSON.stringify([zone, options, locale]);
  let format = formats.get(key);
  if (!format) {
    format = new Intl.DateTimeFormat(locale, { timeZone: zone, ...options });
    formats.set(key, format);
  }
  return format.format(atMs);
}

const CLOCK = { hour: '2-digit', minute: '2-digit' } as const;
const SECONDS = { ...CLOCK, second: '2-digit' } as const;
const DATE = { day: 'numeric', month: 'short' } as const;

/** A bucket, as the table and the cursor name it. */
export function bucketText(fromMs: number, every: Every, zone: string, locale?: string): string {
  if (every.text === 'P1M') return write(fromMs, zone, { month: 'long', year: 'numeric' }, locale);
  if (every.text === 'P1W') return `week of ${write(fromMs, zone, { ...DATE, year: 'numeric' }, locale)}`;
  if (every.ms >= DAY_MS) return write(fromMs, zone, { weekday: 'short', ...DATE, year: 'numeric' }, locale);
  const clock = every.ms < 60_000 ? SECONDS : CLOCK;
  const until = write(fromMs + every.ms, zone, clock, locale);
  return `${write(fromMs, zone, { ...DATE, ...clock }, locale)}–${until}`;
}

/** An instant with its date. */
export function instantText(atMs: number, zone: string, locale?: string): string {
  return write(atMs, zone, { ...DATE, year: 'numeric', ...CLOCK }, locale);
}

/** What the heading calls a range. */
export function rangeText({ kind, fromMs, toMs }: Range, zone: string, locale?: string): string {
  const date = (atMs: number) => write(atMs, zone, { ...DATE, year: 'numeric' }, locale);
  switch (kind) {
    case 'hour':
      return `${write(fromMs, zone, { ...DATE, year: 'numeric', ...CLOCK }, locale)}–${write(toMs, zone, CLOCK, locale)}`;
    case 'day':
      return write(fromMs, zone, { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric' }, locale);
    case 'week':
      return `${date(fromMs)} – ${date(toMs - 1)}`;
    case 'month':
      return write(fromMs, zone, { month: 'long', year: 'numeric' }, locale);
    case 'year':
      return write(fromMs, zone, { year: 'numeric' }, locale);
    case 'custom':
      return `${instantText(fromMs, zone, locale)} – ${instantText(toMs, zone, locale)}`;
  }
}

/** The text at a tick of the time axis; ticks stand this far apart. At midnight the date tells the day. */
export function tickText(atMs: number, stepMs: number, zone: string, locale?: string): string {
  if (stepMs >= 300 * DAY_MS) return write(atMs, zone, { year: 'numeric' }, locale);
  if (stepMs >= 28 * DAY_MS) return write(atMs, zone, { month: 'short' }, locale);
  if (stepMs >= DAY_MS || beginOf('day', atMs, zone) === atMs) return write(atMs, zone, DATE, locale);
  return write(atMs, zone, stepMs < 60_000 || wallOf(atMs, zone).second > 0 ? SECONDS : CLOCK, locale);
}
