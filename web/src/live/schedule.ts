// When to try again. Why this schedule: a restarted server is found within seconds, and a hundred wall screens do not
// storm one that stays down, nor all come back in the same second.

const RETRY_DELAYS_S = [3, 6, 12, 24, 30] as const;

/** Attempts until the page also asks over HTTP. */
export const QUICK_ATTEMPTS = RETRY_DELAYS_S.length;

/** How often it then asks. */
export const POLL_EVERY_MS = 30_000;

/** A delay is longer or shorter by up to this share of it. */
const JITTER = 0.2;

/** How long to wait before this attempt, counted from 1. It never gives up: the last delay repeats. */
export function retryDelayMs(attempt: number, random: () => number = Math.random): number {
  const index = Math.min(Math.max(attempt, 1), RETRY_DELAYS_S.length) - 1;
  const spread = 1 + JITTER * (2 * random() - 1);
  return Math.round((RETRY_DELAYS_S[index] ?? 30) * 1000 * spread);
}
