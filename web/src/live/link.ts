// The link to the server: up, down, and when it is tried again. Why it is not the socket: sockets come and go, the link
// is what the page tells people about.

import { QUICK_ATTEMPTS, retryDelayMs } from './schedule';
import type { OpenTransport, Transport } from './transport';

/** A socket that has not opened by then is given up. */
const OPEN_WITHIN_MS = 10_000;

export type LinkState =
  | { readonly kind: 'connecting' }
  | { readonly kind: 'live' }
  | { readonly kind: 'waiting'; readonly attempt: number; readonly retryAtMs: number }
  | { readonly kind: 'retrying'; readonly attempt: number };

export interface LinkEvents {
  /** A new socket is being opened: start operations on it. */
  transport(transport: Transport): void;
  /** The socket is gone: stop them. */
  gone(): void;
  state(state: LinkState): void;
}

export class Link {
  state: LinkState = { kind: 'connecting' };
  /** Attempts since the link was last up. */
  private attempt = 0;
  private hasBeenUp = false;
  private transport: Transport | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly open: OpenTransport,
    private readonly events: LinkEvents,
  ) {}

  /** Whether figures must come another way: the quick attempts have failed, or none has ever got through. */
  get isHopeless(): boolean {
    return this.attempt > (this.hasBeenUp ? QUICK_ATTEMPTS : 0);
  }

  start(): void {
    this.connect();
  }

  /** Does not wait for the next attempt any longer. */
  retryNow(): void {
    if (this.state.kind === 'waiting') this.connect();
  }

  /** Puts a new socket in the place of one that may be dead without having said so. */
  renew(): void {
    if (this.state.kind === 'waiting' || this.state.kind === 'live') {
      this.drop();
      this.connect();
    }
  }

  stop(): void {
    clearTimeout(this.timer);
    this.drop();
  }

  private connect(): void {
    clearTimeout(this.timer);
    this.change(this.attempt === 0 ? { kind: 'connecting' } : { kind: 'retrying', attempt: this.attempt });
    const transport = this.open({ opened: () => this.onOpened(), lost: () => this.onLost() });
    this.transport = transport;
    this.timer = setTimeout(() => this.onLost(), OPEN_WITHIN_MS);
    this.events.transport(transport);
  }

  private onOpened(): void {
    clearTimeout(this.timer);
    this.attempt = 0;
    this.hasBeenUp = true;
    this.change({ kind: 'live' });
  }

  private onLost(): void {
    clearTimeout(this.timer);
    this.drop();
    this.attempt += 1;
    const delayMs = retryDelayMs(this.attempt);
    this.timer = setTimeout(() => this.connect(), delayMs);
    this.change({ kind: 'waiting', attempt: this.attempt, retryAtMs: Date.now() + delayMs });
  }

  private drop(): void {
    const transport = this.transport;
    this.transport = null;
    if (!transport) return;
    this.events.gone();
    transport.close();
  }

  private change(state: LinkState): void {
    this.state = state;
    this.events.state(state);
  }
}
