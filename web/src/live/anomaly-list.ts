// The latest anomalies, each once. Why by cursor: after a lost link the server repeats from the last one seen, and the
// history may bring what the subscription has already brought.

import { KEPT_ANOMALIES } from '../api/operations';
import type { Anomaly, AnomalyEdge } from '../api/operations';

/** An anomaly on the page. */
export interface ListedAnomaly extends AnomalyEdge {
  /** Found while somebody was looking, so it is pointed out. */
  readonly isNew: boolean;
}

/** Oldest first, as they were found. */
export type AnomalyList = readonly ListedAnomaly[];

/** The list with one more at its end; the same list if it was there. */
export function withNewest(list: AnomalyList, edge: AnomalyEdge): AnomalyList {
  if (list.some(({ cursor }) => cursor === edge.cursor)) return list;
  return [...list, { ...edge, isNew: true }].slice(-KEPT_ANOMALIES);
}

/** The list with what was found before the page was opened. What only the list has is newer. */
export function withHistory(list: AnomalyList, history: readonly AnomalyEdge[]): AnomalyList {
  const known = new Map(list.map((listed) => [listed.cursor, listed]));
  const before = history.map((edge) => known.get(edge.cursor) ?? { ...edge, isNew: false });
  const cursors = new Set(history.map(({ cursor }) => cursor));
  return [...before, ...list.filter(({ cursor }) => !cursors.has(cursor))].slice(-KEPT_ANOMALIES);
}

/** The list with an anomaly as it is now; the same list if it is not in it. */
export function withChanged(list: AnomalyList, node: Anomaly): AnomalyList {
  const index = list.findIndex((listed) => listed.node.id === node.id);
  const listed = list[index];
  return listed ? list.with(index, { ...listed, node }) : list;
}

/** The list without an anomaly; the same list if it is not in it. */
export function without(list: AnomalyList, id: string): AnomalyList {
  const left = list.filter(({ node }) => node.id !== id);
  return left.length < list.length ? left : list;
}

/** Those that began last, the latest first: history that comes late is found last. */
export function latestFirst(list: AnomalyList, count: number): AnomalyList {
  const byBegin = list.map((listed) => ({ listed, beganMs: Date.parse(listed.node.startedAt) }));
  return byBegin
    .toReversed()
    .toSorted((a, b) => b.beganMs - a.beganMs)
    .slice(0, count)
    .map(({ listed }) => listed);
}
