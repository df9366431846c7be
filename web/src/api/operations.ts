// The names by which the page knows what it asks. Why apart: the documents stand in the `.graphql` files beside, their
// types are made from the schema (`npm run codegen`), and nobody else needs to know where.

import type { AnomalyFactsFragment, AnomalyStoryFragment, StatisticsFragment } from '../gql/graphql';

/** The sixteen statistics. Null is "not known", which is never zero. */
export type SystemStats = StatisticsFragment;

export type Anomaly = AnomalyFactsFragment;
/** With what became of it. */
export type StoriedAnomaly = AnomalyStoryFragment;
/** Something that became of an anomaly. */
export type AnomalyChange = StoriedAnomaly['history'][number];

/** By whose clock it is told: that of the site of its machine. */
export function zoneOf({ machine }: Pick<Anomaly, 'machine'>): string {
  return machine.site?.timeZone ?? UNKNOWN_ZONE;
}

/** An anomaly and its place in the order in which they were found. */
export interface AnomalyEdge {
  /** Opaque. */
  readonly cursor: string;
  readonly node: Anomaly;
}

/** As the server's own sites begin. It is named wherever the browser's clock is another, so it never passes for theirs. */
export const UNKNOWN_ZONE = 'UTC';

/** The place before the first anomaly. */
export const BEFORE_ALL = '0';

/** How many anomalies the page remembers, so that none is told twice. */
export const KEPT_ANOMALIES = 200;

/** Whether it is over: by itself, or because somebody says so. */
export function isClosed({ status, endedAt }: Pick<Anomaly, 'status' | 'endedAt'>): boolean {
  return status === 'RESOLVED' || endedAt !== null;
}
