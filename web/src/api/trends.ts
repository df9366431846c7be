// The names by which the trends know what they ask. Null is "not known" everywhere: a gap, never zero.

import type {
  BucketFragment,
  Carrier,
  MachineChoiceFragment,
  MeterUnit,
  NotedAnomalyFragment,
  SiteFactsFragment,
} from '../gql/graphql';

export type { Carrier, MeterUnit };

/** A plant with one clock on the wall and one currency on its bills. */
export type Site = SiteFactsFragment;

/** What is shown until somebody chooses: the server's own default. */
export function defaultSite(sites: readonly Site[]): Site | null {
  return sites.find(({ name }) => name === 'default') ?? sites[0] ?? null;
}

/** What was used in `(from, to]`; `to` is now, while the bucket goes on. */
export type StatsBucket = BucketFragment;

/** A machine to choose. */
export type MachineChoice = MachineChoiceFragment;

export type TrendAnomaly = NotedAnomalyFragment;

/** How many machines one chart compares: more lines than colours that can be told apart help nobody. */
export const MOST_MACHINES = 8;
