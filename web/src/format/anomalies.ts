// Anomalies in words. Why no unit: a value is in its measure's own unit, which the finder's sentence names if need be.

import type { Anomaly } from '../api/operations';
import type { Numbers } from './numbers';

/** `LEFT_RUNNING` as "Left running". */
export function kindText(kind: string): string {
  const words = kind.replaceAll('_', ' ').trim().toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The finder's own words, or else the kind. */
export function whatText({ message, kind }: Pick<Anomaly, 'message' | 'kind'>): string {
  return message || kindText(kind);
}

/** Value and expectation as far as they are known. */
export function measureText({ value, expected }: Pick<Anomaly, 'value' | 'expected'>, numbers: Numbers): string {
  const parts = [];
  if (value !== null) parts.push(`value ${numbers.quantity(value, value)}`);
  if (expected !== null) parts.push(`expected ${numbers.quantity(expected, expected)}`);
  return parts.join(', ');
}

const STATUS_TEXTS = { OPEN: 'Open', ACKNOWLEDGED: 'Acknowledged', RESOLVED: 'Resolved' } as const;

/** Its status, and whether it is over all the same. */
export function statusText({ status, endedAt }: Pick<Anomaly, 'status' | 'endedAt'>): string {
  const text = STATUS_TEXTS[status];
  return endedAt !== null && status !== 'RESOLVED' ? `${text} · over` : text;
}
