// From a trend to what is drawn, listed and summed. Why pure: what the chart, the table and the spoken words say must be
// the same, and a test can read it.

import type { StatsBucket } from '../api/trends';
import type { ChartContent } from '../components/wattline-chart';
import { Numbers, withUnit } from '../format/numbers';
import { bucketText } from './labels';
import type { Trend, TrendSeries } from './loader';
import type { Quantity } from './quantities';
import { changePercent, greatestOf, meanOf, pointsOf, pointsOfLaid, sumOf, tableOf } from './series';
import type { Column, Point, Table } from './series';

/** A trend, and how it is to be read. */
export interface TrendView {
  readonly trend: Trend;
  readonly quantity: Quantity;
  /** The site's. */
  readonly zone: string;
  /** What a series is called: a machine's, or the whole site. */
  readonly nameOf: (machineId: string | null) => string;
  /** Whether what is usual is shown with it. */
  readonly hasUsual: boolean;
}

export interface TrendLine {
  readonly label: string;
  readonly isBefore: boolean;
  readonly colorIndex: number;
  readonly points: Point[];
}

const numbers = new Numbers();

/** The lines of now, each followed by that of the stretch before. */
export function linesOf(view: TrendView): TrendLine[] {
  const { trend, quantity, nameOf } = view;
  return trend.series.flatMap(({ machineId, buckets, laid }, colorIndex) => {
    const label = nameOf(machineId);
    const lines: TrendLine[] = [
      { label, isBefore: false, colorIndex, points: pointsOf(buckets, quantity.of) },
    ];
    if (trend.request.previous) {
      lines.push({ label: `${label}, before`, isBefore: true, colorIndex, points: pointsOfLaid(laid, quantity.of) });
    }
    return lines;
  });
}

/** Where what is usual begins and ends, in the rows of a table. */
export interface Band {
  readonly low: Column;
  readonly high: Column;
}

export interface TrendRows {
  readonly lines: TrendLine[];
  readonly table: Table;
  /** Null where it is not shown. */
  readonly usual: Band | null;
}

/** Whether it is known what is usual: of one machine's power, once that is learned. */
export function isUsualKnown({ trend, quantity }: Pick<TrendView, 'trend' | 'quantity'>): boolean {
  return quantity.name === 'power' && trend.series.length === 1 && trend.series[0]!.buckets.some(({ usual }) => usual);
}

export function rowsOf(view: TrendView): TrendRows {
  const lines = linesOf(view);
  const table = tableOf(lines.map(({ points }) => points));
  return { lines, table, usual: view.hasUsual && isUsualKnown(view) ? bandOf(view, table) : null };
}

function bandOf(view: TrendView, { atMs }: Table): Band {
  const { buckets } = view.trend.series[0]!;
  const usualAt = new Map(buckets.map(({ from, usual }) => [Date.parse(from), usual ?? null]));
  const usual = atMs.map((instant) => usualAt.get(instant));
  return { low: usual.map((one) => one && one.lowKw), high: usual.map((one) => one && one.highKw) };
}

function usualText({ low, high }: Band, row: number, { digits, unit }: Quantity): string {
  const [from, to] = [low[row] ?? null, high[row] ?? null];
  return from === null || to === null ? '' : `usual ${digits(from, to)} to ${withUnit(digits(to, to), unit)}`;
}

export function contentOf(view: TrendView, { lines, table, usual }: TrendRows): ChartContent {
  const { trend, quantity, zone } = view;
  const { range, every } = trend.request;
  const isAlone = trend.series.length === 1;
  const names = lines.filter(({ isBefore }) => !isBefore).map(({ label }) => label);
  return {
    title: `${quantity.label} of ${names.join(', ')}`,
    zone,
    lines: lines.map(({ label, isBefore, colorIndex }) => {
      const isBars = quantity.isAmount && isAlone && !isBefore;
      const isFilled = isAlone && !isBefore && !isBars;
      return { label, isBefore, colorIndex, isBars, isSteps: quantity.isAmount && !isBars, isFilled };
    }),
    data: [table.atMs, ...table.columns],
    band: usual,
    presentRow: Math.max(0, table.atMs.indexOf(lines[0]?.points.at(-1)?.atMs ?? Number.NaN)),
    rangeMs: [range.fromMs, range.toMs],
    marks: trend.anomalies.map(({ startedAt, severity }) => ({
      atMs: Date.parse(startedAt),
      isCritical: severity === 'CRITICAL',
    })),
    axisText: (value) => numbers.onAxis(value),
    rowText: (row) => {
      const values = lines.map(({ label }, line) => {
        const value = table.columns[line]![row];
        return value === undefined ? '' : `${label} ${value === null ? 'no data' : quantity.text(value)}`;
      });
      if (usual) values.push(usualText(usual, row, quantity));
      return `${bucketText(table.atMs[row]!, every, zone)}: ${values.filter(Boolean).join('; ')}`;
    },
  };
}

/** One series in a few figures. */
export interface TrendSummary {
  readonly label: string;
  readonly colorIndex: number;
  /** The sum of an amount, the mean of a power. */
  readonly total: number | null;
  /** The same of the whole stretch before. */
  readonly before: number | null;
  /** Against the same part of the stretch before, %: complete buckets that both know. */
  readonly changePercent: number | null;
  readonly greatest: { readonly bucket: StatsBucket; readonly value: number } | null;
  /** Mean over the buckets, %. */
  readonly completenessPercent: number | null;
}

export function summariesOf(view: TrendView): TrendSummary[] {
  return view.trend.series.map((series, colorIndex) => summaryOf(view, series, colorIndex));
}

function summaryOf(view: TrendView, series: TrendSeries, colorIndex: number): TrendSummary {
  const { trend, quantity, nameOf } = view;
  const { range, previous } = trend.request;
  const { machineId, buckets, before, laid } = series;
  const { isAmount, of } = quantity;
  const whole = (ones: StatsBucket[]) => (isAmount ? sumOf(pointsOf(ones, of)) : meanOf(ones, of));
  // While the range goes on, its last bucket does too: it is not compared with a whole one.
  const last = buckets.at(-1);
  const untilMs = range.toMs > trend.atMs && last ? Date.parse(last.from) : Infinity;
  return {
    label: nameOf(machineId),
    colorIndex,
    total: whole(buckets),
    before: previous ? whole(before) : null,
    changePercent: changePercent(pointsOf(buckets, of), pointsOfLaid(laid, of), untilMs),
    greatest: greatestOf(buckets, of),
    completenessPercent: meanOf(buckets, (bucket) => bucket.completenessPercent),
  };
}
