// Everything the page knows, and keeps knowing when the link is down. Why one place: what is shown as live, as stale or
// as unknown follows from the link and the figures together.

import { HISTORY_QUERY, STATS_SUBSCRIPTION } from '../api/operations';
import type { HistoryData, StatsData, SystemStats } from '../api/operations';
import { AnomalyTrail } from './anomaly-trail';
import { Link } from './link';
import { Standing } from './standing';
import type { OpenTransport, Transport } from './transport';

/** A link that is down for no longer is not worth a word. */
const NOTICE_AFTER_MS = 1_000;

/** Figures, and when they came. */
export interface Received {
  readonly stats: SystemStats;
  readonly atMs: number;
}

export class Feed {
  readonly link: Link;
  readonly trail: AnomalyTrail;
  received: Received | null = null;
  /** Why there are no newer figures, as a sentence. */
  statsError: string | null = null;
  /** The link has been down for long enough to say so. */
  isCutOff = false;
  /** The longest time between two updates that one link brought; null before the second. */
  longestGapMs: number | null = null;
  private hasUpdateOfThisLink = false;
  private cutOffTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly statsOperation: Standing<StatsData>;

  constructor(
    open: OpenTransport,
    ask: (query: string) => Promise<HistoryData>,
    private readonly onChange: () => void,
  ) {
    this.statsOperation = new Standing<StatsData>(() => ({ query: STATS_SUBSCRIPTION }), {
      data: ({ statsUpdates }) => this.onStats(statsUpdates),
      failed: (sentence) => {
        this.statsError = sentence;
        this.onChange();
      },
    });
    this.trail = new AnomalyTrail(() => ask(HISTORY_QUERY), {
      changed: onChange,
      history: ({ systemStats }) => this.onFirstStats(systemStats),
    });
    this.link = new Link(open, {
      transport: (transport) => this.onTransport(transport),
      gone: () => this.onGone(),
      state: () => this.onLinkState(),
    });
  }

  /** Whether the figures shown are those of now. */
  get isCurrent(): boolean {
    return this.received !== null && !this.isCutOff && this.statsError === null;
  }

  start(): void {
    this.link.start();
  }

  stop(): void {
    clearTimeout(this.cutOffTimer);
    this.link.stop();
  }

  private onTransport(transport: Transport): void {
    this.statsOperation.start(transport);
    this.trail.start(transport);
  }

  private onGone(): void {
    this.hasUpdateOfThisLink = false;
    this.statsOperation.stop();
    this.trail.stop();
  }

  private onLinkState(): void {
    if (this.link.state.kind === 'live') {
      clearTimeout(this.cutOffTimer);
      this.cutOffTimer = undefined;
      this.isCutOff = false;
    } else {
      this.cutOffTimer ??= setTimeout(() => this.onCutOff(), NOTICE_AFTER_MS);
    }
    this.onChange();
  }

  private onCutOff(): void {
    this.isCutOff = true;
    this.onChange();
  }

  private onStats(stats: SystemStats): void {
    const atMs = Date.now();
    if (this.received && this.hasUpdateOfThisLink) {
      this.longestGapMs = Math.max(this.longestGapMs ?? 0, atMs - this.received.atMs);
    }
    this.hasUpdateOfThisLink = true;
    this.received = { stats, atMs };
    this.statsError = null;
    this.trail.expect(stats.totalAnomalies);
    this.onChange();
  }

  /** The history brings figures too, which count only until the first update. */
  private onFirstStats(stats: SystemStats): void {
    if (this.received) return;
    this.received = { stats, atMs: Date.now() };
    this.onChange();
  }
}
