// The latest anomalies, each once. Why by cursor: after a lost link the server repeats from the last one seen, and the
// history may bring what the subscription has already brought.

import { SHOWN_ANOMALIES } from '../api/operations';
import type { AnomalyEdge } from '../api/operations';

/** An anomaly on the page. */
export interface ListedAnomaly extends AnomalyEdge {
  /** Found while somebody was looking, so it is pointed out. */
  readonly isNew: boolean;
}

/** Oldest first, as they were found; the page shows them the other way round. */
export type AnomalyList = readonly ListedAnomaly[];

/** The list with one more at its end; the same list if it was there. */
export function withNewest(list: AnomalyList, edge: AnomalyEdge): AnomalyList {
  if (list.some(({ cursor }) => cursor === edge.cursor)) return list;
  return [...list, { ...edge, isNew: true }].slice(-SHOWN_ANOMALIES);
}

/** The list with what was found before the page was opened. What only the list has is newer. */
export function withHistory(list: AnomalyList, history: readonly AnomalyEdge[]): AnomalyList {
  const known = new Map(list.map((listed) => [listed.cursor, listed]));
  const before = history.map((edge) => known.get(edge.cursor) ?? { ...edge, isNew: false });
  const cursors = new Set(history.map(({ cursor }) => cursor));
  return [...before, ...list.filter(({ cursor }) => !cursors.has(cursor))].slice(-SHOWN_ANOMALIES);
}

/** Where a subscription goes on; null if there is none yet. */
export function lastCursor(list: AnomalyList): string | null {
  return list.at(-1)?.cursor ?? null;
}
