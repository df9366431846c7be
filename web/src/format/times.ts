// Times for people at the plant. Why the site's zone and the browser's language: whoever calls the plant about an anomaly
// must mean the same hour; the exact instant in UTC is always in the title.

import { isForeign, wallOf } from '../trends/zone';

const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

/** How long ago, in its largest whole unit: "2 s ago". A clock that was set back does not make it negative. */
export function ageText(ageMs: number): string {
  const age = Math.max(0, ageMs);
  if (age < MINUTE_MS) return `${Math.floor(age / SECOND_MS)} s ago`;
  if (age < HOUR_MS) return `${Math.floor(age / MINUTE_MS)} min ago`;
  if (age < DAY_MS) return `${Math.floor(age / HOUR_MS)} h ago`;
  return `${Math.floor(age / DAY_MS)} d ago`;
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
  return formatOf(zone, parts, locale).format(atMs);
}

/** Formats are dear to make, and the page writes times every second. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string, parts: Intl.DateTimeFormatOptions, locale: string | undefined): Intl.DateTimeFormat {
  const key = JSON.stringify([zone, parts, locale]);
  const format = formats.get(key) ?? new Intl.DateTimeFormat(locale, { timeZone: zone, ...parts });
  formats.set(key, format);
  return format;
}
