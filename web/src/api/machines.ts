// What the machines' views ask of the server. Why the day's figures are asked apart: a series is dear, and a document has
// a limit, so fifty machines take a few of them.

import type { MeterUnit, Site, TrendAnomaly } from './trends';

export const KINDS = [
  'COMPRESSOR',
  'HVAC',
  'MOTOR',
  'PUMP',
  'INJECTION_MOLDING',
  'CONVEYOR',
  'BOILER',
  'OTHER',
] as const;
export const CARRIERS = ['ELECTRICITY', 'GAS', 'STEAM', 'COMPRESSED_AIR', 'WATER', 'HEAT'] as const;
export const UNITS = ['KWH', 'CUBIC_METRE'] as const;

export interface LatestReading {
  /** RFC 3339; end of the interval. */
  time: string;
  powerKw: number | null;
  flowM3PerH: number | null;
  counterKwh: number | null;
  counterM3: number | null;
}

export interface Machine {
  id: string;
  name: string;
  kind: (typeof KINDS)[number];
  carrier: (typeof CARRIERS)[number];
  unit: MeterUnit;
  /** kW, or m³/h. */
  ratedPowerKw: number | null;
  /** kWh, or m³. */
  registerWidthKwh: number | null;
  expectedIntervalSeconds: number;
  /** RFC 3339; null while in service. */
  retiredAt: string | null;
  latestReading: LatestReading | null;
}

/** What it used since midnight at the plant. Null is "not known". */
export interface Today {
  energyKwh: number | null;
  volumeM3: number | null;
  /** In the site's currency. */
  cost: number | null;
  /** Readings received of those expected, %. */
  completenessPercent: number | null;
}

export interface MeterEvent {
  /** RFC 3339. */
  time: string;
  kind: 'ROLLOVER' | 'RESET' | 'GLITCH' | 'REPLACED';
  /** kWh, or m³. */
  beforeKwh: number;
  afterKwh: number;
}

export const PAGE_MACHINES = 50;
/** A day's figures of so many machines keep a document under half of the limit. */
export const TODAY_MACHINES = 20;
const SHOWN_EVENTS = 20;

const MACHINE_FIELDS = `id name kind carrier unit ratedPowerKw registerWidthKwh expectedIntervalSeconds retiredAt
  latestReading { time powerKw flowM3PerH counterKwh counterM3 }`;

export const MACHINES_QUERY = `query Machines($siteId: ID!, $first: Int, $after: String, $last: Int, $before: String) {
  machines(siteId: $siteId, first: $first, after: $after, last: $last, before: $before) {
    totalCount
    pageInfo { hasPreviousPage hasNextPage startCursor endCursor }
    nodes { ${MACHINE_FIELDS} }
  }
}`;

export interface PageInfo {
  hasPreviousPage: boolean;
  hasNextPage: boolean;
  startCursor: string | null;
  endCursor: string | null;
}

export interface MachinesData {
  machines: { totalCount: number; pageInfo: PageInfo; nodes: Machine[] };
}

export const MACHINES_BY_ID_QUERY = `query MachinesById($ids: [ID!]!) {
  nodes(ids: $ids) { ... on Machine { ${MACHINE_FIELDS} } }
}`;

export interface MachinesByIdData {
  nodes: (Machine | null)[];
}

export const TODAY_QUERY = `query Today($ids: [ID!]!, $from: DateTime!, $to: DateTime!) {
  nodes(ids: $ids) {
    ... on Machine { id series(from: $from, to: $to, every: "P1D") { energyKwh volumeM3 cost completenessPercent } }
  }
}`;

export interface TodayData {
  nodes: ({ id: string; series: Today[] } | null)[];
}

export const MACHINE_QUERY = `query OneMachine($id: ID!) {
  machine(id: $id) {
    ${MACHINE_FIELDS}
    site { id name timeZone currency }
    meterEvents(last: ${SHOWN_EVENTS}) { nodes { time kind beforeKwh afterKwh } }
    anomalies(last: ${SHOWN_EVENTS}) { nodes { id kind severity startedAt message machine { name } } }
  }
}`;

export interface MachineDetails extends Machine {
  site: Site | null;
  meterEvents: { nodes: MeterEvent[] };
  anomalies: { nodes: TrendAnomaly[] };
}

export interface MachineData {
  machine: MachineDetails | null;
}

export const REGISTER_MACHINE = `mutation Register($input: RegisterMachineInput!) {
  registerMachine(input: $input) { machine { id } }
}`;

export const UPDATE_MACHINE = `mutation Update($input: UpdateMachineInput!) {
  updateMachine(input: $input) { machine { id } }
}`;

export const RETIRE_MACHINE = `mutation Retire($input: RetireMachineInput!) {
  retireMachine(input: $input) { machine { id } }
}`;
