// What the chart, the table and the summary say of the same trend.

import { describe, expect, test } from 'vitest';

import type { Ask } from '../src/api/http';
import type { StatsBucket } from '../src/api/trends';
import { Numbers } from '../src/format/numbers';
import { ELECTRICITY } from '../src/trends/address';
import { MachineSeriesDocument, SiteSeriesDocument } from '../src/gql/graphql';
import { contentOf, linesOf, rowsOf, summariesOf } from '../src/trends/content';
import type { TrendView } from '../src/trends/content';
import { exportPath, loadTrend, refreshTrend } from '../src/trends/loader';
import type { TrendRequest } from '../src/trends/loader';
import { quantityOf } from '../src/trends/quantities';
import type { QuantityName } from '../src/trends/quantities';
import { previousOf, shiftInto } from '../src/trends/ranges';
import { laidOver, withUsual } from '../src/trends/series';

const numbers = new Numbers('en-US');
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
const every = { text: 'PT1H', ms: HOUR_MS };

/** Hours from this one on; the last may be cut off. */
function hours(powers: (number | null)[], fromHour: number, lastPart = 1): StatsBucket[] {
  return powers.map((power, index) => {
    const beginMs = (fromHour + index) * HOUR_MS;
    const part = index === powers.length - 1 ? lastPart : 1;
    const energyKwh = power === null ? null : power * part;
    return {
      from: new Date(beginMs).toISOString(),
      to: new Date(beginMs + part * HOUR_MS).toISOString(),
      ...{ readings: 1, energyKwh, meanPowerKw: power, volumeM3: null, meanFlowM3PerH: null, completenessPercent: 100 },
      ...{ cost: energyKwh, carbonKg: energyKwh },
    };
  });
}

/** The second day of 1970 in UTC, `hoursGone` into it. */
function view(name: QuantityName, powers: (number | null)[], before: (number | null)[], hoursGone: number): TrendView {
  const range = { kind: 'day', fromMs: DAY_MS, toMs: 2 * DAY_MS } as const;
  const previous = previousOf(range, 'UTC');
  const request: TrendRequest = { 
    ...{ siteId: 's', zone: 'UTC', ...ELECTRICITY, machineIds: [], markedIds: [], range, previous, every },
    isAmount: name !== 'power',
  };
  const lastPart = hoursGone - (powers.length - 1);
  const yesterday = hours(before, 0);
  const laid = laidOver(yesterday, shiftInto(range, previous, 'UTC'));
  const series = [{ machineId: null, buckets: hours(powers, 24, lastPart), before: yesterday, laid }];
  return {
    trend: { request, series, anomalies: [], atMs: DAY_MS + hoursGone * HOUR_MS },
    quantity: quantityOf(name, 'KWH', 'EUR', numbers),
    zone: 'UTC',
    nameOf: () => 'Whole site',
    hasUsual: true,
  };
}

describe('the bucket that goes on', () => {
  test('counts from its first reading on', () => {
    const [power] = summariesOf(view('power', [10, 99], [], 1.1));
    expect(power?.greatest?.value).toBe(99);
    const [energy] = summariesOf(view('energy', [10, 5], [], 1.4));
    expect(energy?.total).toBe(12);
  });

  test('is not compared with a whole one', () => {
    const [summary] = summariesOf(view('energy', [10, 1], [5, 5, 5], 1.4));
    expect(summary).toMatchObject({ changePercent: 100, before: 15 });
  });
});

test('a gap reads as one, and what lies ahead has only the day before', () => {
  const shown = view('power', [10, null], [5, 6, 7], 2);
  const rows = rowsOf(shown);
  const content = contentOf(shown, rows);
  expect(content.rowText(1)).toMatch(/: Whole site no data; Whole site, before 6\.00\u00a0kW$/);
  expect(content.rowText(2)).toMatch(/: Whole site, before 7\.00\u00a0kW$/);
  expect(content.presentRow).toBe(1);
  expect(linesOf(shown)[0]?.points.map(({ value }) => value)).toEqual([10, null]);
});

describe('what is usual', () => {
  /** The second of three hours is not known. */
  function machine(change: Partial<TrendView> = {}): TrendView {
    const shown = { ...view('power', [10, 11, 12], [5, 6, 7, 8], 3), ...change };
    const usual = [0, 2].map((hour) => ({
      at: new Date(DAY_MS + (hour + 0.5) * HOUR_MS).toISOString(),
      ...{ lowKw: 8 + hour, expectedKw: 10 + hour, highKw: 12 + hour },
    }));
    const [series] = shown.trend.series;
    const buckets = withUsual(series!.buckets, usual);
    return { ...shown, trend: { ...shown.trend, series: [{ ...series!, machineId: 'm', buckets }] } };
  }

  test('is a band in the rows of the machine, with a gap where it is not known, and is read out', () => {
    const rows = rowsOf(machine());
    expect(rows.usual).toEqual({ low: [8, null, 10, undefined], high: [12, null, 14, undefined] });
    const { rowText } = contentOf(machine(), rows);
    expect(rowText(0)).toMatch(/; usual 8\.0 to 12\.0\u00a0kW$/);
    expect(rowText(1)).not.toMatch(/usual/);
  });

  test('is not shown of amounts, where nobody wants it, and where nothing is known', () => {
    expect(rowsOf(machine({ quantity: quantityOf('energy', 'KWH', 'EUR', numbers) })).usual).toBeNull();
    expect(rowsOf(machine({ hasUsual: false })).usual).toBeNull();
    expect(rowsOf(view('power', [10], [], 1)).usual).toBeNull();
  });

  test.each([[['m'], true], [['m', 'n'], false]])('is asked for of one machine: %o', async (machineIds, isAsked) => {
    const asked: unknown[] = [];
    const ask = (async (document: object, variables: Record<string, unknown>) => {
      if (document === MachineSeriesDocument) asked.push(variables['isUsualAsked']);
      return { nodes: machineIds.map((id) => ({ id, series: [] })), anomalies: { nodes: [] } };
    }) as Ask;
    await loadTrend(ask, { ...view('power', [], [], 1).trend.request, machineIds }, DAY_MS + HOUR_MS);
    expect(asked).toEqual([isAsked, false]);
  });
});

describe('the loader', () => {
  const shown = view('power', [10, 11, 12], [], 3);
  const { request } = shown.trend;

  test('asks for both stretches, as far as the bucket that goes on, which ends for it now', async () => {
    const asked: Record<string, unknown>[] = [];
    const ask = (async (document: object, variables: Record<string, unknown>) => {
      if (document === SiteSeriesDocument) asked.push(variables);
      return { statsHistory: hours([10, 11, null], 24, 0.25), anomalies: { nodes: [] } };
    }) as Ask;
    const trend = await loadTrend(ask, request, DAY_MS + 1.25 * HOUR_MS);
    expect(trend.series[0]?.buckets.map(({ to, meanPowerKw }) => [to, meanPowerKw])).toEqual([
      ['1970-01-02T01:00:00.000Z', 10],
      ['1970-01-02T01:15:00.000Z', 11],
    ]);
    expect(asked.map(({ from, to, every: text }) => [from, to, text])).toEqual([
      ['1970-01-02T00:00:00.000Z', '1970-01-02T02:15:00.000Z', 'PT1H'],
      ['1970-01-01T00:00:00.000Z', '1970-01-02T00:00:00.000Z', 'PT1H'],
    ]);
  });

  test('asks of amounts no further than now', async () => {
    let to: unknown;
    const ask = (async (document: object, variables: Record<string, unknown>) => {
      if (document === SiteSeriesDocument) to = variables['to'];
      return { statsHistory: [], anomalies: { nodes: [] } };
    }) as Ask;
    await loadTrend(ask, { ...request, previous: null, isAmount: true }, DAY_MS + 1.25 * HOUR_MS);
    expect(to).toBe('1970-01-02T01:15:00.000Z');
  });

  test('refreshes from the last bucket but one on', async () => {
    let from: unknown;
    const ask = (async (document: object, variables: Record<string, unknown>) => {
      if (document === SiteSeriesDocument) from = variables['from'];
      return { statsHistory: hours([21, 22, 23], 25), anomalies: { nodes: [] } };
    }) as Ask;
    const trend = await refreshTrend(ask, shown.trend, request, DAY_MS + 4 * HOUR_MS);
    expect(from).toBe('1970-01-02T01:00:00.000Z');
    expect(trend.series[0]?.buckets.map(({ meanPowerKw }) => meanPowerKw)).toEqual([10, 21, 22, 23]);
  });
});

test('a download has the range, the machine, and the site unless it is the default one', () => {
  const { request } = view('power', [], [], 0).trend;
  const span = 'format=csv&from=1970-01-02T00%3A00%3A00.000Z&to=1970-01-03T00%3A00%3A00.000Z&every=PT1H';
  expect(exportPath(request, 'default', null)).toBe(`/api/v1/export/series?${span}`);
  expect(exportPath(request, 'north', 'press 1')).toBe(`/api/v1/export/series?${span}&site=north&machine=press+1`);
  const air = { ...request, carrier: 'COMPRESSED_AIR', unit: 'CUBIC_METRE' } as const;
  expect(exportPath(air, 'default', null)).toBe(`/api/v1/export/series?${span}&carrier=compressed_air&unit=cubic_metre`);
});
