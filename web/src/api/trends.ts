// The names by which the trends know what they ask. Null is "not known" everywhere: a gap, never zero.

import type {
  BucketFragment,
  Carrier,
  MachineChoiceFragment,
  MeterUnit,
  NotedAnomalyFragment,
  SiteFactsFragment,
  UsualFragment,
} from '../gql/graphql';

export type { Carrier, MeterUnit };

/** A plant with one clock on the wall and one currency on its bills. */
export type Site = SiteFactsFragment;

/** What is shown until somebody chooses: the server's own default. */
export function defaultSite(sites: readonly Site[]): Site | null {
  return sites.find(({ name }) => name === 'default') ?? sites[0] ?? null;
}

/** The site that was chosen, as long as it is there. */
export function siteOf(sites: readonly Site[], chosen: string | null | undefined): Site | null {
  return sites.find(({ id }) => id === chosen) ?? defaultSite(sites);
}

/** What a machine usually draws in the middle of a bucket. */
export type Usual = UsualFragment;

/** What was used in `(from, to]`; `to` is now, while the bucket goes on. With what is usual, as far as that is known. */
export type StatsBucket = BucketFragment & { readonly usual?: Usual };

/** A machine to choose. */
export type MachineChoice = MachineChoiceFragment;

export type TrendAnomaly = NotedAnomalyFragment;

/** How many machines one chart compares: more lines than colours that can be told apart help nobody. */
export const MOST_MACHINES = 8;
