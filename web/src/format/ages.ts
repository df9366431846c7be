// Ages and lengths of time in words. Why an age has only its largest unit: it tells whether something is fresh; its
// instant stands beside.

import { withUnit } from './numbers';

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

/** How long, in its two largest units: "2 h 13 min". */
export function lengthText(ms: number): string {
  const units: [number, string][] = [
    [Math.floor(ms / DAY_MS), 'd'],
    [Math.floor(ms / HOUR_MS) % 24, 'h'],
    [Math.floor(ms / MINUTE_MS) % 60, 'min'],
    [Math.floor(ms / SECOND_MS) % 60, 's'],
  ];
  const largest = units.findIndex(([count]) => count > 0);
  if (largest < 0) return withUnit('0', 's');
  const said = units.slice(largest, largest + 2).filter(([count]) => count > 0);
  return said.map(([count, unit]) => withUnit(String(count), unit)).join(' ');
}
