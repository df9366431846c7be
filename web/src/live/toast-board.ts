// Keeps the pop-ups over time. Why what is read out waits a moment: of a burst, screen readers say how many there were,
// instead of all of them one after the other.

import type { Anomaly } from '../api/operations';
import { NO_TOASTS, announcementOf, toastOf, unexpired, withToast, withoutToast } from './toasts';
import type { Toast, Toasts } from './toasts';

const READ_OUT_AFTER_MS = 500;

export class ToastBoard {
  toasts: Toasts = NO_TOASTS;
  /** For screen readers. */
  announcement = '';
  private unread: Toast[] = [];
  private isHeld = false;
  private expiry: ReturnType<typeof setTimeout> | undefined;
  private reading: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly changed: () => void) {}

  add(anomaly: Anomaly, isOver: boolean): void {
    const toast = toastOf(anomaly, isOver, Date.now());
    this.unread.push(toast);
    this.reading ??= setTimeout(() => this.readOut(), READ_OUT_AFTER_MS);
    this.set(withToast(this.toasts, toast));
  }

  dismiss(key: string): void {
    this.set(withoutToast(this.toasts, key));
  }

  dismissAll(): void {
    this.set(NO_TOASTS);
  }

  /** While somebody points at them or has the focus in them, they stay. */
  hold(isHeld: boolean): void {
    if (isHeld === this.isHeld) return;
    this.isHeld = isHeld;
    this.plan();
  }

  stop(): void {
    clearTimeout(this.expiry);
    clearTimeout(this.reading);
  }

  private readOut(): void {
    this.reading = undefined;
    this.announcement = announcementOf(this.unread);
    this.unread = [];
    this.changed();
  }

  private set(toasts: Toasts): void {
    if (toasts === this.toasts) return;
    this.toasts = toasts;
    this.plan();
    this.changed();
  }

  private plan(): void {
    clearTimeout(this.expiry);
    if (this.isHeld || this.toasts.shown.length === 0) return;
    const firstMs = Math.min(...this.toasts.shown.map(({ untilMs }) => untilMs));
    const expire = () => {
      this.set(unexpired(this.toasts, Date.now()));
      this.plan();
    };
    this.expiry = setTimeout(expire, Math.max(0, firstMs - Date.now()));
  }
}
