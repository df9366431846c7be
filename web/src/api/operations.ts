// What the page asks of the server, and the shape of the answers. Why by hand: three documents do not need a generator,
// and a test checks them against the printed schema.

/** The sixteen statistics. Null is "not known", which is never zero. */
export interface SystemStats {
  /** RFC 3339. */
  asOf: string;
  /** RFC 3339; null before the first reading. */
  lastReadingAt: string | null;
  /** ISO 4217. */
  currency: string;
  totalReadings: number;
  /** kWh. */
  totalEnergy: number;
  /** Readings in the last 60 s, 1/min. */
  dataRate: number;
  uptimeDays: number;
  /** Data completeness, %. */
  uptimePercent: number | null;
  /** Over 10 min, 1/min. */
  readingsPerMinute: number;
  /** kWh/h. */
  energyPerHour: number | null;
  /** kW. */
  peakPower: number | null;
  /** kW. */
  avgPower: number | null;
  /** Average against peak power, %. */
  efficiency: number | null;
  /** In `currency`. */
  estimatedCost: number;
  /** In `currency`. */
  costPerDay: number;
  /** kg CO2. */
  carbonFootprint: number;
  /** kg CO2. */
  carbonPerDay: number;
  totalAnomalies: number;
  activeMachinesToday: number;
}

export interface Anomaly {
  id: string;
  /** Such as `SPIKE`; other systems bring kinds of their own. */
  kind: string;
  severity: 'WARNING' | 'CRITICAL';
  /** RFC 3339. */
  startedAt: string;
  /** RFC 3339. */
  detectedAt: string;
  /** In the measure's own unit. */
  value: number | null;
  expected: number | null;
  message: string | null;
  machine: { name: string };
}

/** An anomaly and its place in the order in which they were found. */
export interface AnomalyEdge {
  /** Opaque. */
  cursor: string;
  node: Anomaly;
}

/** How many anomalies the page shows. */
export const SHOWN_ANOMALIES = 5;

const STATS_FIELDS = `asOf lastReadingAt currency totalReadings totalEnergy dataRate uptimeDays uptimePercent
  readingsPerMinute energyPerHour peakPower avgPower efficiency estimatedCost costPerDay carbonFootprint carbonPerDay
  totalAnomalies activeMachinesToday`;

const EDGE_FIELDS = `cursor node { id kind severity startedAt detectedAt value expected message machine { name } }`;

/** First value at once, then one every interval. */
export const STATS_SUBSCRIPTION = `subscription Stats { statsUpdates { ${STATS_FIELDS} } }`;

export interface StatsData {
  statsUpdates: SystemStats;
}

/** With a cursor, every anomaly after it; without one, those found from now on. */
export const ANOMALIES_SUBSCRIPTION = `subscription Anomalies($cursor: String) {
  anomalyDetected(after: $cursor) { ${EDGE_FIELDS} }
}`;

export interface AnomaliesData {
  anomalyDetected: AnomalyEdge;
}

/** What was before the page was opened, oldest first. */
export const HISTORY_QUERY = `query History {
  anomalies(last: ${SHOWN_ANOMALIES}) { edges { ${EDGE_FIELDS} } }
  systemStats { ${STATS_FIELDS} }
}`;

export interface HistoryData {
  anomalies: { edges: AnomalyEdge[] };
  systemStats: SystemStats;
}
