// Anomalies in words. Why no unit: a value is in its measure's own unit, which the finder's sentence names if need be.

import type { Anomaly, AnomalyChange, StoriedAnomaly } from '../api/operations';
import { lengthText } from './ages';
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

type Closing = Pick<Anomaly, 'status' | 'endedAt'> & Partial<Pick<StoriedAnomaly, 'history'>>;

/** Its status, and whether it is over all the same; where its history is known, also whether it was closed as none. */
export function statusText({ status, endedAt, history = [] }: Closing): string {
  const text = STATUS_TEXTS[status];
  if (status !== 'RESOLVED') return endedAt === null ? text : `${text} · over`;
  const closing = history.findLast(({ kind }) => kind === 'RESOLVED' || kind === 'DISMISSED');
  return closing?.kind === 'DISMISSED' ? `${text}: no anomaly` : text;
}

/** How long it has lasted, or did; empty for a single reading. */
export function lastingText({ startedAt, endedAt }: Pick<Anomaly, 'startedAt' | 'endedAt'>, nowMs: number): string {
  const ms = (endedAt === null ? nowMs : Date.parse(endedAt)) - Date.parse(startedAt);
  if (endedAt === null) return `going on for ${lengthText(Math.max(0, ms))}`;
  return ms > 0 ? `lasted ${lengthText(ms)}` : '';
}

export const QUIET_TEXT = 'Nobody was told';
/** Which of them it was, nobody says. */
export const QUIET_REASONS =
  'It was old when it was found, its machine was snoozed or worked on, or the same was dismissed there lately.';
