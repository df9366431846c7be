// What the status line says. Why apart from its element: these sentences are promises, and tests read them.

import { ageText } from '../format/times';
import type { LinkState } from './link';

/** What the dot and the text stand for. */
export type Tone = 'live' | 'late' | 'down' | 'starting';

export interface Status {
  readonly tone: Tone;
  readonly text: string;
  /** Said once when it changes, without figures that count. */
  readonly announcement: string;
}

/** No server pushes so seldom unless its operator says so; then the gaps seen tell. */
const LATE_AFTER_MS = 60_000;
const LATE_AFTER_GAPS = 3;

export interface StatusFacts {
  readonly link: LinkState;
  /** When the last figures came; null if none did. */
  readonly receivedAtMs: number | null;
  readonly longestGapMs: number | null;
  readonly nowMs: number;
}

export function statusOf({ link, receivedAtMs, longestGapMs, nowMs }: StatusFacts): Status {
  switch (link.kind) {
    case 'connecting':
      return { tone: 'starting', text: 'connecting', announcement: '' };
    case 'waiting': {
      const seconds = Math.max(0, Math.ceil((link.retryAtMs - nowMs) / 1000));
      const text = `reconnecting, attempt ${link.attempt}, next try in ${seconds} s`;
      return { tone: 'down', text, announcement: 'Reconnecting to the server.' };
    }
    case 'retrying':
      return {
        tone: 'down',
        text: `reconnecting, attempt ${link.attempt}, trying now`,
        announcement: 'Reconnecting to the server.',
      };
    case 'live':
      return liveStatus(receivedAtMs, longestGapMs, nowMs);
  }
}

function liveStatus(receivedAtMs: number | null, longestGapMs: number | null, nowMs: number): Status {
  if (receivedAtMs === null) {
    return { tone: 'starting', text: 'connected, waiting for figures', announcement: '' };
  }
  const ageMs = nowMs - receivedAtMs;
  const lateAfterMs = Math.max(LATE_AFTER_MS, LATE_AFTER_GAPS * (longestGapMs ?? 0));
  if (ageMs > lateAfterMs) {
    const text = `connected, but the last update came ${ageText(ageMs)}`;
    return { tone: 'late', text, announcement: 'The server is connected but sends no updates.' };
  }
  return { tone: 'live', text: `live · ${ageText(ageMs)}`, announcement: 'Live.' };
}
