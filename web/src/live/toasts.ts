// The pop-ups about anomalies: which are shown, and for how long. Why a limit: a burst of three hundred must not cover
// the page; what is not shown is counted, and stands in the list of anomalies all the same.

import type { Anomaly } from '../api/operations';
import { whatText } from '../format/anomalies';

export interface Toast {
  /** One anomaly pops up once when it opens and once when it is over. */
  readonly key: string;
  readonly isOver: boolean;
  readonly anomaly: Anomaly;
  readonly untilMs: number;
}

export interface Toasts {
  /** Newest last. */
  readonly shown: readonly Toast[];
  /** How many more there were since the last time that there were none. */
  readonly more: number;
}

export const NO_TOASTS: Toasts = { shown: [], more: 0 };

export const SHOWN_TOASTS = 4;
const WARNING_MS = 10_000;
const CRITICAL_MS = 30_000;

/** The pop-up about an anomaly that was found, or that is over. */
export function toastOf(anomaly: Anomaly, isOver: boolean, nowMs: number): Toast {
  const isUrgent = anomaly.severity === 'CRITICAL' && !isOver;
  const key = `${anomaly.id} ${isOver ? 'over' : 'open'}`;
  return { key, isOver, anomaly, untilMs: nowMs + (isUrgent ? CRITICAL_MS : WARNING_MS) };
}

/** With one more. Its end takes the place of its beginning; where there is no room, the least urgent goes. */
export function withToast({ shown, more }: Toasts, toast: Toast): Toasts {
  const others = shown.filter(({ anomaly }) => anomaly.id !== toast.anomaly.id);
  const all = [...others, toast];
  if (all.length <= SHOWN_TOASTS) return { shown: all, more };
  const leastUrgent = all.findIndex((candidate) => !isUrgent(candidate));
  return { shown: all.toSpliced(Math.max(0, leastUrgent), 1), more: more + 1 };
}

export function withoutToast(toasts: Toasts, key: string): Toasts {
  return kept(toasts, (toast) => toast.key !== key);
}

/** What is still to be shown by now. */
export function unexpired(toasts: Toasts, nowMs: number): Toasts {
  return kept(toasts, ({ untilMs }) => untilMs > nowMs);
}

/** What is read out for these, which came together. */
export function announcementOf(toasts: readonly Toast[]): string {
  const [only, ...others] = toasts;
  if (!only) return '';
  if (others.length === 0) return sentenceOf(only);
  const found = toasts.filter(({ isOver }) => !isOver);
  const critical = found.filter(isUrgent).length;
  const over = toasts.length - found.length;
  const parts = [];
  if (found.length > 0) parts.push(`${found.length} new anomalies, ${critical} of them critical`);
  if (over > 0) parts.push(`${over} over`);
  return `${parts.join('; ')}.`;
}

/** The heading of a pop-up. */
export function titleOf({ isOver, anomaly }: Toast): string {
  if (!isOver) return anomaly.severity === 'CRITICAL' ? 'Critical' : 'Warning';
  return anomaly.status === 'RESOLVED' ? 'Anomaly resolved' : 'Anomaly over';
}

function sentenceOf(toast: Toast): string {
  const title = toast.isOver ? titleOf(toast) : `New ${titleOf(toast).toLowerCase()} anomaly`;
  return `${title}: ${toast.anomaly.machine.name}, ${whatText(toast.anomaly)}`;
}

function isUrgent({ isOver, anomaly }: Toast): boolean {
  return !isOver && anomaly.severity === 'CRITICAL';
}

function kept(toasts: Toasts, keeps: (toast: Toast) => boolean): Toasts {
  const shown = toasts.shown.filter(keeps);
  if (shown.length === toasts.shown.length) return toasts;
  return shown.length === 0 ? NO_TOASTS : { ...toasts, shown };
}
