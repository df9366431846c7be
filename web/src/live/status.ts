// What the status line says. Why apart from its element: these sentences are promises, and tests read them.

import { ageText } from '../format/ages';
import type { LinkState } from './link';
import { POLL_EVERY_MS } from './schedule';

/** What the dot and the text stand for: green, yellow, red, and grey before anything is known. */
export type Tone = 'live' | 'waiting' | 'down' | 'starting';

export interface Status {
  readonly tone: Tone;
  readonly text: string;
  /** Said once when it changes, without figures that count. */
  readonly announcement: string;
  /** The figures are not those of now, and should look like it. */
  readonly isOld: boolean;
}

/** No server pushes so seldom unless its operator says so; then the gaps seen tell. */
const LATE_AFTER_MS = 60_000;
const LATE_AFTER_GAPS = 3;
/** Figures that came just now, before the socket is there, need no age: on a phone it would push the page down and back. */
const FRESH_MS = 5_000;
/** Without a socket, figures older than this mean that nothing comes at all: a poll, and the time for its answer. */
const NOTHING_AFTER_MS = POLL_EVERY_MS + 15_000;

export interface StatusFacts {
  readonly link: LinkState;
  /** Whether the page asks over HTTP meanwhile. */
  readonly isPolling: boolean;
  /** The link has been down for long enough to say so. */
  readonly isCutOff: boolean;
  /** When the last figures came; null if none did. */
  readonly receivedAtMs: number | null;
  readonly longestGapMs: number | null;
  readonly nowMs: number;
}

export function statusOf(facts: StatusFacts): Status {
  const ageMs = facts.receivedAtMs === null ? null : facts.nowMs - facts.receivedAtMs;
  switch (facts.link.kind) {
    case 'live':
      return liveStatus(ageMs, facts.longestGapMs);
    case 'connecting':
      return { tone: 'starting', text: `connecting${oldFiguresText(ageMs)}`, announcement: '', isOld: facts.isCutOff };
    case 'waiting':
    case 'retrying':
      return lostStatus(facts.link, facts, ageMs);
  }
}

function liveStatus(ageMs: number | null, longestGapMs: number | null): Status {
  if (ageMs === null) {
    return { tone: 'starting', text: 'connected', announcement: '', isOld: false };
  }
  const lateAfterMs = Math.max(LATE_AFTER_MS, LATE_AFTER_GAPS * (longestGapMs ?? 0));
  if (ageMs > lateAfterMs) {
    const text = `connected, but the last update came ${ageText(ageMs)}`;
    return { tone: 'down', text, announcement: 'The server is connected but sends no updates.', isOld: true };
  }
  return { tone: 'live', text: `live · ${ageText(ageMs)}`, announcement: 'Live.', isOld: false };
}

type LostState = Extract<LinkState, { attempt: number }>;

function lostStatus(link: LostState, { isPolling, isCutOff, nowMs }: StatusFacts, ageMs: number | null): Status {
  const isNothing = ageMs === null || ageMs > NOTHING_AFTER_MS;
  if (isPolling && !isNothing) {
    const text = `polling every ${POLL_EVERY_MS / 1000} s · ${ageText(ageMs)}`;
    return { tone: 'waiting', text, announcement: 'No live connection: asking every half minute.', isOld: false };
  }
  const next =
    link.kind === 'waiting'
      ? `next try in ${Math.max(0, Math.ceil((link.retryAtMs - nowMs) / 1000))} s`
      : 'trying now';
  return {
    tone: isNothing ? 'down' : 'waiting',
    text: `reconnecting, attempt ${link.attempt}, ${next}${figuresText(ageMs)}`,
    announcement: 'Reconnecting to the server.',
    isOld: isCutOff,
  };
}

function figuresText(ageMs: number | null): string {
  return ageMs === null ? '' : ` · figures of ${ageText(ageMs)}`;
}

function oldFiguresText(ageMs: number | null): string {
  return figuresText(ageMs !== null && ageMs < FRESH_MS ? null : ageMs);
}
