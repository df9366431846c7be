// The page on a wall, where nobody touches it. Why it reloads at night: a browser that runs for months gets the new page
// of a new server only so. The address keeps what is shown, and the server has all else.

import { splitHash } from './router';

/** Between three and four o'clock, each screen at a minute of its own. */
const RELOAD_HOUR = 3;
const LOOK_EVERY_MS = 60_000;
/** A page that was just loaded is not loaded again. */
const LEAST_AGE_MS = 2 * 3_600_000;

/** Whether the address asks for it: `#/kiosk`, `?kiosk`, or `kiosk` behind the hash's question mark. */
export function isKioskAt({ search, hash }: Pick<Location, 'search' | 'hash'>): boolean {
  const { path, query } = splitHash(hash);
  return path === '/kiosk' || query.has('kiosk') || new URLSearchParams(search).has('kiosk');
}

/** Whether a page loaded at one time is to be loaded again by now, at this minute past the hour. */
export function isReloadDue(loadedAtMs: number, nowMs: number, minute: number): boolean {
  const now = new Date(nowMs);
  const isTime = now.getHours() === RELOAD_HOUR && now.getMinutes() >= minute;
  return isTime && nowMs - loadedAtMs >= LEAST_AGE_MS;
}

/** Loads the page again at night, once its server answers: a screen must not end at a browser's error page. */
export function reloadAtNight(): () => void {
  const loadedAtMs = Date.now();
  const minute = Math.floor(Math.random() * 50);
  const look = async () => {
    if (!isReloadDue(loadedAtMs, Date.now(), minute)) return;
    const answer = await fetch('/', { method: 'HEAD', cache: 'no-store' }).catch(() => null);
    if (answer?.ok) location.reload();
  };
  const timer = setInterval(() => void look(), LOOK_EVERY_MS);
  return () => clearInterval(timer);
}
