// When to try again. Why this schedule: a restarted server is found within seconds, and a hundred wall screens do not
// storm one that stays down.

const RETRY_DELAYS_S = [3, 6, 12, 24, 30] as const;

/** How long to wait before this attempt, counted from 1. It never gives up: the last delay repeats. */
export function retryDelayMs(attempt: number): number {
  const index = Math.min(Math.max(attempt, 1), RETRY_DELAYS_S.length) - 1;
  return (RETRY_DELAYS_S[index] ?? 30) * 1000;
}
