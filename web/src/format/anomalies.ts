// Anomalies in words. Why no unit: a value is in its measure's own unit, which the finder's sentence names if need be.

import type { Anomaly, AnomalyChange } from '../api/operations';
import { unbroken } from './numbers';
import type { Numbers } from './numbers';

/** `LEFT_RUNNING` as "Left running". */
export function kindText(kind: string): string {
  const words = kind.replaceAll('_', ' ').trim().toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** The finder's own words, or else the kind. */
export function whatText({ message, kind }: Pick<Anomaly, 'message' | 'kind'>): string {
  return message ? unbroken(message) : kindText(kind);
}

/** The rule that found it; empty where none did. */
export function ruleText({ source, rule }: Pick<Anomaly, 'source' | 'rule'>): string {
  if (source !== 'RULE') return '';
  return rule ? `Rule: ${rule.name}` : 'Rule that is no more';
}

type Measures = Pick<Anomaly, 'value' | 'expected' | 'expectedLow' | 'expectedHigh'>;

/** Value and expectation as far as they are known. */
export function measureText({ value, expected, expectedLow, expectedHigh }: Measures, numbers: Numbers): string {
  const parts = [];
  if (value !== null) parts.push(`value ${numbers.quantity(value, value)}`);
  if (expectedLow !== null && expectedHigh !== null) {
    parts.push(`usual ${numbers.quantity(expectedLow, expectedHigh)} to ${numbers.quantity(expectedHigh, expectedHigh)}`);
  } else if (expected !== null) parts.push(`expected ${numbers.quantity(expected, expected)}`);
  return parts.join(', ');
}

const CHANGE_TEXTS = {
  ESCALATED: 'became critical',
  ANNOUNCED: 'people were told',
  ENDED: 'over',
  ACKNOWLEDGED: 'acknowledged',
  RESOLVED: 'resolved',
  REOPENED: 'opened again',
  COMMENTED: 'said',
  DISMISSED: 'said to be no anomaly',
} as const;

/** Something that became of an anomaly, such as `acknowledged by Ada: “on my way”`. */
export function changeText({ kind, by, note }: AnomalyChange): string {
  return `${CHANGE_TEXTS[kind]}${by ? ` by ${by}` : ''}${note ? `: “${note}”` : ''}`;
}

const STATUS_TEXTS = { OPEN: 'Open', ACKNOWLEDGED: 'Acknowledged', RESOLVED: 'Resolved' } as const;

/** Its status, and whether it is over all the same. */
export function statusText({ status, endedAt }: Pick<Anomaly, 'status' | 'endedAt'>): string {
  const text = STATUS_TEXTS[status];
  return endedAt !== null && status !== 'RESOLVED' ? `${text} · over` : text;
}
