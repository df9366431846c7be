// Brings the series of a chart, and keeps them up to date. Why it asks for what may have changed only: a year's series
// every five seconds would be work for nothing.

import type { Ask } from '../api/http';
import { nodesOf } from '../api/nodes';
import type { Carrier, MeterUnit, StatsBucket, TrendAnomaly } from '../api/trends';
import { MachineSeriesDocument, SiteSeriesDocument, TrendAnomaliesDocument } from '../gql/graphql';
import { shiftInto } from './ranges';
import type { Every, Range } from './ranges';
import { laidOver, merged, refreshFrom, withUsual } from './series';
import type { LaidBucket } from './series';

/** What is asked for. */
export interface TrendRequest {
  readonly siteId: string;
  /** The site's. */
  readonly zone: string;
  /** None: the whole site, as far as it is of this carrier and unit. */
  readonly machineIds: readonly string[];
  readonly carrier: Carrier;
  readonly unit: MeterUnit;
  /** Whose anomalies are marked; all of the site's where there are none. */
  readonly markedIds: readonly string[];
  readonly range: Range;
  /** Null where nothing is compared. */
  readonly previous: Range | null;
  readonly every: Every;
  /** Whether what is shown adds up, as energy does and a power does not. */
  readonly isAmount: boolean;
}

/** The whole site or one machine. */
export interface TrendSeries {
  /** The machine's; null for the site. */
  readonly machineId: string | null;
  readonly buckets: StatsBucket[];
  /** Of the stretch before. */
  readonly before: StatsBucket[];
  /** The same where they belong in this stretch: reckoned once, because calendars take their time. */
  readonly laid: LaidBucket[];
}

export interface Trend {
  readonly request: TrendRequest;
  readonly series: TrendSeries[];
  readonly anomalies: TrendAnomaly[];
  /** When it was brought, by the browser's clock. */
  readonly atMs: number;
}

/** All of it. */
export async function loadTrend(ask: Ask, request: TrendRequest, nowMs: number): Promise<Trend> {
  const { range, previous, zone } = request;
  const shift = previous ? shiftInto(range, previous, zone) : () => null;
  const [current, before, anomalies] = await Promise.all([
    presentOf(ask, request, range.fromMs, nowMs),
    previous ? seriesOf(ask, request, previous.fromMs, Math.min(previous.toMs, nowMs)) : [],
    anomaliesOf(ask, request),
  ]);
  const series = current.map((buckets, index) => ({
    machineId: request.machineIds[index] ?? null,
    buckets,
    before: before[index] ?? [],
    laid: laidOver(before[index] ?? [], shift),
  }));
  return { request, series, anomalies, atMs: nowMs };
}

/** The same with what has come since; `request` may have gone on with the time. */
export async function refreshTrend(ask: Ask, known: Trend, request: TrendRequest, nowMs: number): Promise<Trend> {
  const { fromMs } = request.range;
  const sinceMs = Math.min(...known.series.map(({ buckets }) => refreshFrom(buckets, fromMs)));
  const [fresh, anomalies] = await Promise.all([
    presentOf(ask, request, sinceMs, nowMs),
    anomaliesOf(ask, request),
  ]);
  const series = known.series.map((one, index) => ({
    ...one,
    buckets: merged(one.buckets, fresh[index] ?? [], fromMs),
  }));
  return { request, series, anomalies, atMs: nowMs };
}

/** What is usual is told of one machine: bands of several would hide each other. */
function isOfOne({ machineIds }: TrendRequest): boolean {
  return machineIds.length === 1;
}

/**
 * Up to now. Of a power, the bucket that goes on is asked for as a whole: only of that does the server say what its
 * machines draw as far as they have told; cut off at now, it would be near zero whenever the bucket has just begun.
 */
async function presentOf(ask: Ask, request: TrendRequest, fromMs: number, nowMs: number): Promise<StatsBucket[][]> {
  const aheadMs = request.isAmount ? 0 : request.every.ms;
  const toMs = Math.min(request.range.toMs, nowMs + aheadMs);
  const series = await seriesOf(ask, request, fromMs, toMs, isOfOne(request));
  const untilNow = (bucket: StatsBucket) =>
    Date.parse(bucket.to) > nowMs ? { ...bucket, to: new Date(nowMs).toISOString() } : bucket;
  return series.map((buckets) => buckets.filter(({ from }) => Date.parse(from) < nowMs).map(untilNow));
}

async function seriesOf(
  ask: Ask,
  request: TrendRequest,
  fromMs: number,
  toMs: number,
  isUsualAsked = false,
): Promise<StatsBucket[][]> {
  const { siteId, machineIds, carrier, unit, every } = request;
  if (fromMs >= toMs) return machineIds.length === 0 ? [[]] : machineIds.map(() => []);
  const span = { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString(), every: every.text };
  if (machineIds.length === 0) {
    return [(await ask(SiteSeriesDocument, { siteId, carrier, unit, ...span })).statsHistory];
  }
  const { nodes } = await ask(MachineSeriesDocument, { ids: [...machineIds], ...span, isUsualAsked });
  return nodesOf(nodes).map((node) => withUsual(node?.series ?? [], node?.usualPower ?? []));
}

async function anomaliesOf(ask: Ask, { siteId, markedIds, range }: TrendRequest): Promise<TrendAnomaly[]> {
  const filter = {
    siteId,
    from: new Date(range.fromMs).toISOString(),
    to: new Date(range.toMs).toISOString(),
    ...(markedIds.length > 0 ? { machineIds: [...markedIds] } : {}),
  };
  return (await ask(TrendAnomaliesDocument, { filter })).anomalies.nodes;
}

/** Where the server writes what is shown as a file; by the machine's name, or the whole site. */
export function exportPath(request: TrendRequest, siteName: string, machineName: string | null): string {
  const { range, every, carrier, unit } = request;
  const parameters = new URLSearchParams({
    format: 'csv',
    from: new Date(range.fromMs).toISOString(),
    to: new Date(range.toMs).toISOString(),
    every: every.text,
  });
  if (siteName !== 'default') parameters.set('site', siteName);
  if (machineName !== null) parameters.set('machine', machineName);
  else if (carrier !== 'ELECTRICITY') parameters.set('carrier', carrier.toLowerCase());
  if (machineName === null && unit !== 'KWH') parameters.set('unit', unit.toLowerCase());
  return `/api/v1/export/series?${parameters}`;
}
