// Times for people at the plant. Why the browser's zone and language: whoever looks at the page looks at their own
// clock; the exact instant in UTC is always in the title.

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

/** Time of the day: today's to the second, of other days to the minute and with the date. */
export function clockText(instant: string | number, nowMs: number, locale?: string): string {
  const time = new Date(instant);
  const now = new Date(nowMs);
  const parts: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' };
  if (time.toDateString() === now.toDateString()) parts.second = '2-digit';
  else Object.assign(parts, { day: 'numeric', month: 'short' });
  if (time.getFullYear() !== now.getFullYear()) parts.year = 'numeric';
  return formatOf(parts, locale).format(time);
}

/** Formats are dear to make, and the page writes times every second. */
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(parts: Intl.DateTimeFormatOptions, locale: string | undefined): Intl.DateTimeFormat {
  const key = JSON.stringify([parts, locale]);
  const format = formats.get(key) ?? new Intl.DateTimeFormat(locale, parts);
  formats.set(key, format);
  return format;
}
