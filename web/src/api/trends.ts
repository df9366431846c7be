// What the trends ask of the server, and the shape of the answers. Why one document for any number of machines: the
// lines of a chart must be of the same moment.

/** A plant with one clock on the wall and one currency on its bills. */
export interface Site {
  id: string;
  name: string;
  /** IANA. */
  timeZone: string;
  /** ISO 4217. */
  currency: string;
}

export type MeterUnit = 'KWH' | 'CUBIC_METRE';

/** What was used in `(from, to]`. Null is "not known": a gap, never zero. */
export interface StatsBucket {
  /** RFC 3339. */
  from: string;
  /** RFC 3339; now, while the bucket goes on. */
  to: string;
  readings: number;
  energyKwh: number | null;
  meanPowerKw: number | null;
  volumeM3: number | null;
  meanFlowM3PerH: number | null;
  /** Readings received of those expected, %. */
  completenessPercent: number | null;
  /** In the site's currency. */
  cost: number | null;
  carbonKg: number | null;
}

/** A machine to choose. */
export interface MachineChoice {
  id: string;
  name: string;
  unit: MeterUnit;
  expectedIntervalSeconds: number;
  retiredAt: string | null;
}

export interface TrendAnomaly {
  id: string;
  kind: string;
  severity: 'WARNING' | 'CRITICAL';
  /** RFC 3339. */
  startedAt: string;
  message: string | null;
  machine: { name: string };
}

/** How many machines one chart compares: more lines than colours that can be told apart help nobody. */
export const MOST_MACHINES = 8;
/** How many anomalies are marked, the newest found ones. */
export const MOST_ANOMALIES = 200;

const BUCKET_FIELDS = `from to readings energyKwh meanPowerKw volumeM3 meanFlowM3PerH completenessPercent cost carbonKg`;

export const SITES_QUERY = `query Sites { sites { id name timeZone currency } }`;

export interface SitesData {
  sites: Site[];
}

/** The names to choose from; a page more while `hasNextPage`. */
export const MACHINE_CHOICES_QUERY = `query MachineChoices($siteId: ID!, $after: String) {
  machines(siteId: $siteId, first: 500, after: $after) {
    nodes { id name unit expectedIntervalSeconds retiredAt }
    pageInfo { hasNextPage endCursor }
  }
}`;

export interface MachineChoicesData {
  machines: { nodes: MachineChoice[]; pageInfo: { hasNextPage: boolean; endCursor: string | null } };
}

/** A site's electricity. */
export const SITE_SERIES_QUERY = `query SiteSeries($siteId: ID!, $from: DateTime!, $to: DateTime!, $every: Interval!) {
  statsHistory(siteId: $siteId, from: $from, to: $to, every: $every) { ${BUCKET_FIELDS} }
}`;

export interface SiteSeriesData {
  statsHistory: StatsBucket[];
}

export const MACHINE_SERIES_QUERY = `query MachineSeries(
  $ids: [ID!]!, $from: DateTime!, $to: DateTime!, $every: Interval!
) {
  nodes(ids: $ids) { ... on Machine { id series(from: $from, to: $to, every: $every) { ${BUCKET_FIELDS} } } }
}`;

export interface MachineSeriesData {
  nodes: ({ id: string; series: StatsBucket[] } | null)[];
}

/** The anomalies of a range; of all machines of the site where none are named. */
export const TREND_ANOMALIES_QUERY = `query TrendAnomalies($filter: AnomalyFilter!) {
  anomalies(filter: $filter, last: ${MOST_ANOMALIES}) {
    nodes { id kind severity startedAt message machine { name } }
  }
}`;

export interface TrendAnomaliesData {
  anomalies: { nodes: TrendAnomaly[] };
}
