// Notices that the page wakes up: a laptop that was opened, a tab that was called, a network that came back. Why the
// clock too: some browsers say nothing when the whole machine slept, but then a timer comes far too late.

const BEAT_MS = 5_000;
/** A beat this late was slept through. */
const SLEPT_AFTER_MS = 15_000;

/** Calls when the page wakes up, and whether the network is a new one; returns what ends it. */
export function watchWake(onWake: (isNewNetwork: boolean) => void): () => void {
  const ended = new AbortController();
  const { signal } = ended;
  const woken = () => {
    if (!document.hidden) onWake(false);
  };
  addEventListener('online', () => onWake(true), { signal });
  addEventListener('pageshow', (event) => event.persisted && woken(), { signal });
  document.addEventListener('visibilitychange', woken, { signal });
  document.addEventListener('resume', woken, { signal });
  let beatAtMs = Date.now();
  const timer = setInterval(() => {
    const nowMs = Date.now();
    if (nowMs - beatAtMs > SLEPT_AFTER_MS) onWake(false);
    beatAtMs = nowMs;
  }, BEAT_MS);
  signal.addEventListener('abort', () => clearInterval(timer));
  return () => ended.abort();
}
