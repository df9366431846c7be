// The clock on the plant's wall: its days, and its times in words. Why not the browser's: a day of the plant begins at the
// plant's midnight, whoever looks at it from wherever, and whoever calls the plant must mean the same hour.

/** What the clock on the wall shows. */
export interface WallTime {
  readonly year: number;
  /** From 1. */
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

export type Unit = 'day' | 'week' | 'month' | 'year';

const DAY_MS = 86_400_000;
const clocks = new Map<string, Intl.DateTimeFormat>();
// The browser takes its time over the first one: better before anything is painted than when figures are waited for.
clockOf('UTC');

function clockOf(zone: string): Intl.DateTimeFormat {
  let clock = clocks.get(zone);
  if (!clock) {
    const numeric = 'numeric';
    clock = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn', {
      timeZone: zone,
      hourCycle: 'h23',
      ...{ year: numeric, month: numeric, day: numeric, hour: numeric, minute: numeric, second: numeric },
    });
    clocks.set(zone, clock);
  }
  return clock;
}

/** Whether the browser's clock shows something else than the zone's. */
function isForeign(atMs: number, zone: string): boolean {
  return offsetMs(atMs, zone) !== -60_000 * new Date(atMs).getTimezoneOffset();
}

export function wallOf(atMs: number, zone: string): WallTime {
  const wall = new Date(atMs + offsetMs(atMs, zone));
  return {
    year: wall.getUTCFullYear(),
    month: wall.getUTCMonth() + 1,
    day: wall.getUTCDate(),
    hour: wall.getUTCHours(),
    minute: wall.getUTCMinutes(),
    second: wall.getUTCSeconds(),
  };
}

/** As the browser's calendar has it, which takes its time. */
function askedWallOf(atMs: number, zone: string): WallTime {
  const wall = { year: 0, month: 0, day: 0, hour: 0, minute: 0, second: 0 };
  for (const { type, value } of clockOf(zone).formatToParts(atMs)) {
    if (type in wall) wall[type as keyof WallTime] = Number(value);
  }
  return wall;
}

/** The same digits, as if the clock were one of UTC. */
function asUtcMs({ year, month, day, hour, minute, second }: WallTime): number {
  return Date.UTC(year, month - 1, day, hour, minute, second);
}

/** Clocks are changed at a quarter of an hour, so one answer holds for all of it. */
const QUARTER_MS = 900_000;
/** Some years of quarters; then they are forgotten, and asked for again. */
const MOST_OFFSETS = 100_000;
const offsets = new Map<string, Map<number, number>>();

function offsetMs(atMs: number, zone: string): number {
  let known = offsets.get(zone);
  if (!known || known.size > MOST_OFFSETS) offsets.set(zone, (known = new Map()));
  const beginMs = Math.floor(atMs / QUARTER_MS) * QUARTER_MS;
  let offset = known.get(beginMs);
  if (offset === undefined) {
    offset = asUtcMs(askedWallOf(beginMs, zone)) - beginMs;
    known.set(beginMs, offset);
  }
  return offset;
}

/**
 * When the clock shows this. Parts beyond their range carry over, so day 0 is the last of the month before. A time that
 * comes twice is meant the first time; one that is left out is as much later.
 */
export function instantOf(wall: WallTime, zone: string): number {
  const utcMs = asUtcMs(wall);
  const before = offsetMs(utcMs - DAY_MS, zone);
  const after = offsetMs(utcMs + DAY_MS, zone);
  if (offsetMs(utcMs - before, zone) === before) return utcMs - before;
  if (offsetMs(utcMs - after, zone) === after) return utcMs - after;
  return utcMs - before;
}

/** The begin of the day, week (Monday), month or year that holds the instant. */
export function beginOf(unit: Unit, atMs: number, zone: string): number {
  const { year, month, day } = wallOf(atMs, zone);
  const midnight = { hour: 0, minute: 0, second: 0 };
  switch (unit) {
    case 'day':
      return instantOf({ year, month, day, ...midnight }, zone);
    case 'week': {
      const sinceMonday = (new Date(Date.UTC(year, month - 1, day)).getUTCDay() + 6) % 7;
      return instantOf({ year, month, day: day - sinceMonday, ...midnight }, zone);
    }
    case 'month':
      return instantOf({ year, month, day: 1, ...midnight }, zone);
    case 'year':
      return instantOf({ year, month: 1, day: 1, ...midnight }, zone);
  }
}

/** So many units later (or earlier) at the same time of the day. */
export function plus(unit: Unit, count: number, atMs: number, zone: string): number {
  const wall = wallOf(atMs, zone);
  switch (unit) {
    case 'day':
      return instantOf({ ...wall, day: wall.day + count }, zone);
    case 'week':
      return instantOf({ ...wall, day: wall.day + 7 * count }, zone);
    case 'month':
      return instantOf({ ...wall, month: wall.month + count }, zone);
    case 'year':
      return instantOf({ ...wall, year: wall.year + count }, zone);
  }
}

/** What `<input type="datetime-local">` holds. */
export function inputText(atMs: number, zone: string): string {
  return new Date(asUtcMs(wallOf(atMs, zone))).toISOString().slice(0, 16);
}

/** The instant that `<input type="datetime-local">` means; null while it is incomplete. */
export function inputInstant(text: string, zone: string): number | null {
  const utc = new Date(`${text}Z`);
  return Number.isNaN(utc.getTime()) ? null : instantOf(wallOf(utc.getTime(), 'UTC'), zone);
}

const formats = new Map<string, Intl.DateTimeFormat>();

/** In the reader's language. Formats are dear to make, and the page writes times every second. */
export function written(atMs: number, zone: string, parts: Intl.DateTimeFormatOptions, locale?: string): string {
  const key = JSON.stringify([zone, parts, locale]);
  let format = formats.get(key);
  if (!format) formats.set(key, (format = new Intl.DateTimeFormat(locale, { timeZone: zone, ...parts })));
  return format.format(atMs);
}

/**
 * Time of the day on the site's clock: today's to the second, of other days to the minute and with the date. The zone is
 * named where the browser's clock shows something else.
 */
export function clockText(instant: string | number, zone: string, nowMs: number, locale?: string): string {
  const atMs = new Date(instant).getTime();
  const [time, now] = [wallOf(atMs, zone), wallOf(nowMs, zone)];
  const isThisYear = time.year === now.year;
  const parts: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' };
  if (isThisYear && time.month === now.month && time.day === now.day) parts.second = '2-digit';
  else Object.assign(parts, { day: 'numeric', month: 'short' });
  if (!isThisYear) parts.year = 'numeric';
  if (isForeign(atMs, zone)) parts.timeZoneName = 'short';
  return written(atMs, zone, parts, locale);
}
