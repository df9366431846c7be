// Asks again and again, for as long as no socket gets through. Why it keeps silent about failures: the age of the
// figures says it all.

import { POLL_EVERY_MS } from './schedule';

export class Poll {
  isOn = false;
  private isAsking = false;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ask: () => Promise<void>) {}

  start(): void {
    if (this.isOn) return;
    this.isOn = true;
    this.now();
  }

  stop(): void {
    this.isOn = false;
    clearTimeout(this.timer);
  }

  /** Does not wait for the next time. */
  now(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), POLL_EVERY_MS);
    if (this.isAsking) return;
    this.isAsking = true;
    this.ask()
      .catch(() => {})
      .finally(() => {
        this.isAsking = false;
      });
  }
}
