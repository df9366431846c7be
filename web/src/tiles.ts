// The eight tiles and the sixteen statistics in them. Why a table and no markup: what is shown, with which unit and which
// precision, can be read and tested in one place.

import type { SystemStats } from './api/operations';
import type { Numbers } from './format/numbers';
import type { IconName } from './components/icons';

/** The statistics whose value is a number. */
export type Statistic = Exclude<keyof SystemStats, 'asOf' | 'lastReadingAt' | 'currency'>;

/** One number on the page. */
export interface Figure {
  readonly statistic: Statistic;
  readonly label: string;
  /** Null is "not known yet". */
  readonly value: number | null;
  /** Empty where the digits carry it, as money does. */
  readonly unit: string;
  /** The digits of a value on its way to `value`. */
  readonly digits: (value: number) => string;
  /** Every digit, with the unit. */
  readonly exact: string;
}

export interface Tile {
  readonly icon: IconName;
  readonly big: Figure;
  readonly small: readonly Figure[];
  /** A bar of this many percent; undefined where there is none. */
  readonly sharePercent?: number | null;
  readonly note?: string;
}

/** Energy keeps its decimal longer than other quantities, so that a plant at work is seen at work. */
const WHOLE_ENERGY_FROM_KWH = 100_000;
const TONNES_FROM_KG = 10_000;

/** The tiles for these statistics; null before the first. */
export function tilesOf(stats: SystemStats | null, numbers: Numbers): Tile[] {
  const figures = new Figures(stats, numbers);
  return [...energyTiles(figures), ...moneyAndCarbonTiles(figures), ...dataTiles(figures)];
}

function energyTiles(figures: Figures): Tile[] {
  return [
    {
      icon: 'energy',
      big: figures.quantity('Total energy', 'totalEnergy', 'kWh', WHOLE_ENERGY_FROM_KWH),
      small: [figures.quantity('Per hour, last 24 h', 'energyPerHour', 'kWh/h')],
    },
    {
      icon: 'power',
      big: figures.quantity('Peak power, last 24 h', 'peakPower', 'kW'),
      small: [figures.quantity('Average power', 'avgPower', 'kW')],
    },
    {
      icon: 'efficiency',
      big: figures.percent('Efficiency', 'efficiency'),
      small: [],
      sharePercent: figures.of('efficiency'),
      note: 'Average against peak power',
    },
  ];
}

function moneyAndCarbonTiles(figures: Figures): Tile[] {
  return [
    {
      icon: 'cost',
      big: figures.money('Energy cost', 'estimatedCost'),
      small: [figures.money('Last 24 h', 'costPerDay')],
    },
    {
      icon: 'carbon',
      big: figures.carbon('Carbon footprint', 'carbonFootprint'),
      small: [figures.carbon('Last 24 h', 'carbonPerDay')],
    },
  ];
}

function dataTiles(figures: Figures): Tile[] {
  return [
    {
      icon: 'readings',
      big: figures.count('Readings', 'totalReadings', ''),
      small: [
        figures.count('Last minute', 'dataRate', '/min'),
        figures.rate('Mean of 10 min', 'readingsPerMinute', '/min'),
      ],
    },
    {
      icon: 'completeness',
      big: figures.percent('Data completeness', 'uptimePercent'),
      small: [figures.count('Since first reading', 'uptimeDays', 'd')],
      sharePercent: figures.of('uptimePercent'),
    },
    {
      icon: 'warning',
      big: figures.count('Anomalies', 'totalAnomalies', ''),
      small: [figures.count('Machines active, last 24 h', 'activeMachinesToday', '')],
    },
  ];
}

class Figures {
  constructor(
    private readonly stats: SystemStats | null,
    private readonly numbers: Numbers,
  ) {}

  of(statistic: Statistic): number | null {
    return this.stats?.[statistic] ?? null;
  }

  count(label: string, statistic: Statistic, unit: string): Figure {
    return this.figure(label, statistic, unit, (value) => this.numbers.whole(value));
  }

  rate(label: string, statistic: Statistic, unit: string): Figure {
    return this.figure(label, statistic, unit, (value) => this.numbers.decimals(value, 1));
  }

  quantity(label: string, statistic: Statistic, unit: string, wholeFrom?: number): Figure {
    const scale = this.of(statistic) ?? 0;
    return this.figure(label, statistic, unit, (value) => this.numbers.quantity(value, scale, wholeFrom));
  }

  percent(label: string, statistic: Statistic): Figure {
    return this.figure(label, statistic, '%', (value) => this.numbers.percent(value));
  }

  /** Tonnes where kilograms would be long; the title keeps the kilograms. */
  carbon(label: string, statistic: Statistic): Figure {
    const scaleKg = this.of(statistic) ?? 0;
    if (Math.abs(scaleKg) < TONNES_FROM_KG) return this.quantity(label, statistic, 'kg CO₂');
    const figure = this.figure(label, statistic, 't CO₂', (kg) => this.numbers.quantity(kg / 1000, scaleKg / 1000));
    return { ...figure, exact: `${this.numbers.exact(scaleKg)} kg CO₂` };
  }

  money(label: string, statistic: Statistic): Figure {
    const currency = this.stats?.currency ?? 'USD';
    const value = this.of(statistic);
    const digits = (money: number) => this.numbers.money(money, currency, value ?? 0);
    const exact = value === null ? '' : this.numbers.exactMoney(value, currency);
    return { statistic, label, value, unit: '', digits, exact };
  }

  private figure(label: string, statistic: Statistic, unit: string, digits: (value: number) => string): Figure {
    const value = this.of(statistic);
    const exact = value === null ? '' : `${this.numbers.exact(value)} ${unit}`.trim();
    return { statistic, label, value, unit, digits, exact };
  }
}
