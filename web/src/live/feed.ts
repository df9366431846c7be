// Everything the page knows, and keeps knowing when the link is down. Why one place: what is shown as live, as stale or
// as unknown follows from the link and the figures together.

import type { Ask } from '../api/http';
import { UNKNOWN_ZONE } from '../api/operations';
import type { Anomaly, AnomalyEdge, SystemStats } from '../api/operations';
import { defaultSite } from '../api/trends';
import { PollDocument, StatsDocument } from '../gql/graphql';
import type { StatsSubscription } from '../gql/graphql';
import { AnomalyTrail } from './anomaly-trail';
import { Closings } from './closings';
import { Link } from './link';
import { Poll } from './poll';
import { Standing } from './standing';
import type { StatusFacts } from './status';
import type { OpenTransport, Transport } from './transport';

/** A link that is down for no longer is not worth a word. */
const NOTICE_AFTER_MS = 1_000;
/** After waking up, a link that has brought nothing for this long, or for two gaps, is not trusted. */
const TRUSTED_FOR_MS = 10_000;

/** Figures, and when they came. */
export interface Received {
  readonly stats: SystemStats;
  readonly atMs: number;
}

export interface FeedEvents {
  changed(): void;
  opened(edge: AnomalyEdge): void;
  closed(anomaly: Anomaly): void;
}

export class Feed {
  readonly link: Link;
  readonly trail: AnomalyTrail;
  received: Received | null = null;
  /** By whose clock the figures are told: that of their site. */
  zone = UNKNOWN_ZONE;
  /** Why there are no newer figures, as a sentence. */
  statsError: string | null = null;
  /** The link has been down for long enough to say so. */
  isCutOff = false;
  /** The longest time between two updates that one link brought; null before the second. */
  longestGapMs: number | null = null;
  private hasUpdateOfThisLink = false;
  private cutOffTimer: ReturnType<typeof setTimeout> | undefined;
  private readonly statsOperation: Standing<StatsSubscription>;
  private readonly poll = new Poll(() => this.askOnce());
  private readonly closings: Closings;

  constructor(
    open: OpenTransport,
    private readonly ask: Ask,
    private readonly events: FeedEvents,
  ) {
    this.statsOperation = new Standing<StatsSubscription>(() => ({ query: String(StatsDocument) }), {
      data: ({ statsUpdates }) => this.onUpdate(statsUpdates),
      failed: (sentence) => {
        this.statsError = sentence;
        events.changed();
      },
    });
    this.trail = new AnomalyTrail(ask, {
      changed: () => events.changed(),
      history: ({ systemStats, sites }) => {
        this.zone = defaultSite(sites)?.timeZone ?? UNKNOWN_ZONE;
        this.onAsked(systemStats);
      },
      opened: (edge) => events.opened(edge),
      closed: (anomaly) => events.closed(anomaly),
    });
    this.closings = new Closings(ask, this.trail);
    this.link = new Link(open, {
      transport: (transport) => this.onTransport(transport),
      gone: () => this.onGone(),
      state: () => this.onLinkState(),
    });
  }

  /** What the status line is made of. */
  get facts(): Omit<StatusFacts, 'nowMs'> {
    const { link, received, longestGapMs, isCutOff } = this;
    return {
      link: link.state,
      isPolling: this.poll.isOn,
      isCutOff,
      receivedAtMs: received?.atMs ?? null,
      longestGapMs,
    };
  }

  start(): void {
    this.closings.start();
    this.link.start();
  }

  stop(): void {
    clearTimeout(this.cutOffTimer);
    this.poll.stop();
    this.closings.stop();
    this.link.stop();
  }

  /** Somebody looks again, or the network is another one. */
  wake(isNewNetwork: boolean): void {
    if (this.link.state.kind === 'waiting') {
      this.link.retryNow();
      if (this.poll.isOn) this.poll.now();
    } else if (this.link.state.kind === 'live' && (isNewNetwork || !this.isTrusted)) {
      this.link.renew();
    }
  }

  private get isTrusted(): boolean {
    const trustedForMs = Math.max(TRUSTED_FOR_MS, 2 * (this.longestGapMs ?? 0));
    return this.received !== null && Date.now() - this.received.atMs <= trustedForMs;
  }

  private onTransport(transport: Transport): void {
    this.statsOperation.start(transport);
    this.trail.start(transport);
    this.closings.follow(transport);
  }

  private onGone(): void {
    this.hasUpdateOfThisLink = false;
    this.statsOperation.stop();
    this.trail.stop();
    this.closings.start();
  }

  private onLinkState(): void {
    if (this.link.state.kind === 'live') {
      clearTimeout(this.cutOffTimer);
      this.cutOffTimer = undefined;
      this.isCutOff = false;
      this.poll.stop();
    } else {
      this.cutOffTimer ??= setTimeout(() => this.onCutOff(), NOTICE_AFTER_MS);
      if (this.link.isHopeless) this.poll.start();
    }
    this.events.changed();
  }

  private onCutOff(): void {
    this.isCutOff = true;
    this.events.changed();
  }

  private onUpdate(stats: SystemStats): void {
    const atMs = Date.now();
    if (this.received && this.hasUpdateOfThisLink) {
      this.longestGapMs = Math.max(this.longestGapMs ?? 0, atMs - this.received.atMs);
    }
    this.hasUpdateOfThisLink = true;
    this.take(stats, atMs);
  }

  /** An answer over HTTP may be older than what a socket has brought meanwhile. */
  private onAsked(stats: SystemStats): void {
    const shown = this.received?.stats.asOf;
    if (shown === undefined || Date.parse(stats.asOf) >= Date.parse(shown)) this.take(stats, Date.now());
  }

  private take(stats: SystemStats, atMs: number): void {
    this.received = { stats, atMs };
    this.statsError = null;
    this.events.changed();
  }

  private async askOnce(): Promise<void> {
    if (!this.trail.isLoaded) return this.trail.load();
    const { systemStats, anomalies } = await this.ask(PollDocument, { cursor: this.trail.cursor });
    this.onAsked(systemStats);
    for (const edge of anomalies.edges) this.trail.add(edge);
  }
}
