// Anomalies in words. Why no unit: a value is in its measure's own unit, which the finder's sentence names if need be.

import type { Anomaly } from '../api/operations';
import type { Numbers } from './numbers';

/** `LEFT_RUNNING` as "Left running". */
export function kindText(kind: string): string {
  const words = kind.replaceAll('_', ' ').trim().toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** Value and expectation as far as they are known. */
export function measureText({ value, expected }: Pick<Anomaly, 'value' | 'expected'>, numbers: Numbers): string {
  const parts = [];
  if (value !== null) parts.push(`value ${numbers.quantity(value, value)}`);
  if (expected !== null) parts.push(`expected ${numbers.quantity(expected, expected)}`);
  return parts.join(', ');
}
