// Brings what an element shows: at once, and again and again while the element stands in the page and somebody looks.
// Why one controller: every view that polls has to end its timer and to drop late answers, and forgets it once.

import type { ReactiveController, ReactiveControllerHost } from 'lit';

import { sentenceOf } from '../api/http';

/** Makes the change and says so; makes none once something newer is asked for. */
export type Keep = (change: () => void) => boolean;

export class Polling implements ReactiveController {
  /** A sentence while something is wrong. */
  error: string | null = null;
  private answeredAtMs = 0;
  private isWanted = false;
  /** Tells the answer to the present question from a late one. */
  private run = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly bring: (keep: Keep) => Promise<void>,
    private readonly everyMs: () => number,
  ) {
    host.addController(this);
  }

  /** By which ages are told: who speaks every second is not late because the page asks every ten. */
  get nowMs(): number {
    return this.error === null ? this.answeredAtMs : Date.now();
  }

  /** Does not wait for the next time. */
  readonly again = (): void => {
    this.isWanted = true;
    this.host.requestUpdate();
  };

  readonly fail = (error: unknown): void => this.say(sentenceOf(error));

  hostConnected(): void {
    this.again();
  }

  hostDisconnected(): void {
    this.stop();
    this.run += 1;
  }

  /** Only now, because by now the host knows what it is to show. */
  hostUpdate(): void {
    if (!this.isWanted) return;
    this.isWanted = false;
    void this.ask();
  }

  private async ask(): Promise<void> {
    this.stop();
    this.run += 1;
    const { run } = this;
    let isAnswered = false;
    const keep: Keep = (change) => {
      if (run !== this.run) return false;
      if (!isAnswered) this.answeredAtMs = Date.now();
      isAnswered = true;
      change();
      return true;
    };
    // In a task of its own: what the host shows meanwhile need not wait for what is worked out to ask.
    await new Promise((resolve) => setTimeout(resolve));
    if (run !== this.run) return;
    const failure = await this.bring(keep).then(() => null, sentenceOf);
    if (run !== this.run) return;
    if (isAnswered || failure !== null) this.say(failure);
    this.timer = setTimeout(this.onTime, this.everyMs());
  }

  private readonly onTime = (): void => {
    if (document.hidden) document.addEventListener('visibilitychange', this.again, { once: true });
    else this.again();
  };

  private stop(): void {
    clearTimeout(this.timer);
    document.removeEventListener('visibilitychange', this.again);
  }

  private say(error: string | null): void {
    if (error === this.error) return;
    this.error = error;
    this.host.requestUpdate();
  }
}
