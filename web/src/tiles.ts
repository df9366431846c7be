// The eight tiles and the sixteen statistics around them. Why a table and no markup: what is shown, with which unit and
// which precision, can be read and tested in one place.

import type { SystemStats } from './api/operations';
import type { IconName } from './components/icons';
import { Figures } from './figures';
import type { Figure } from './figures';
import type { Numbers } from './format/numbers';

export interface Tile {
  readonly icon: IconName;
  readonly big: Figure;
  readonly small: readonly Figure[];
  /** A bar of this many percent; undefined where there is none. */
  readonly sharePercent?: number | null;
  /** How good the share is. */
  readonly grade?: Grade | null;
  readonly note?: string;
}

export type Grade = 'good' | 'fair' | 'poor';

/** Energy keeps its decimal longer than other quantities, so that a plant at work is seen at work. */
const WHOLE_ENERGY_FROM_KWH = 100_000;
const GOOD_FROM_PERCENT = 99;
const FAIR_FROM_PERCENT = 95;

/** The tiles for these statistics, two rows of four; null before the first. */
export function tilesOf(stats: SystemStats | null, numbers: Numbers): Tile[] {
  const figures = new Figures(stats, numbers);
  return [...readingTiles(figures), ...dataTiles(figures), ...powerTiles(figures), ...costTiles(figures)];
}

/** What stands beside the tiles. */
export function factsOf(stats: SystemStats | null, numbers: Numbers): Figure[] {
  const figures = new Figures(stats, numbers);
  return [
    figures.count('machines active in 24 h', 'activeMachinesToday'),
    figures.count('anomalies in all', 'totalAnomalies'),
  ];
}

/** How complete the data are. */
export function gradeOf(percent: number | null): Grade | null {
  if (percent === null) return null;
  if (percent >= GOOD_FROM_PERCENT) return 'good';
  return percent >= FAIR_FROM_PERCENT ? 'fair' : 'poor';
}

function readingTiles(figures: Figures): Tile[] {
  return [
    {
      icon: 'readings',
      big: figures.count('Total Readings', 'totalReadings'),
      small: [figures.growth(figures.rate('Mean of 10 min', 'readingsPerMinute', '/min'))],
    },
    {
      icon: 'energy',
      big: figures.quantity('Total Energy', 'totalEnergy', 'kWh', WHOLE_ENERGY_FROM_KWH),
      small: [figures.growth(figures.quantity('Last 24 h', 'energyPerHour', 'kWh/h'))],
    },
  ];
}

function dataTiles(figures: Figures): Tile[] {
  const percent = figures.of('uptimePercent');
  return [
    {
      icon: 'rate',
      big: figures.count('Data Rate', 'dataRate', '/min'),
      small: [figures.rate('Mean of 10 min', 'readingsPerMinute', '/min')],
    },
    {
      icon: 'completeness',
      big: figures.count('Uptime', 'uptimeDays', figures.of('uptimeDays') === 1 ? 'day' : 'days'),
      small: [figures.percent('Data completeness', 'uptimePercent')],
      sharePercent: percent,
      grade: gradeOf(percent),
    },
  ];
}

function powerTiles(figures: Figures): Tile[] {
  return [
    {
      icon: 'power',
      big: figures.quantity('Peak Power', 'peakPower', 'kW'),
      small: [figures.quantity('Avg, last 24 h', 'avgPower', 'kW')],
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

function costTiles(figures: Figures): Tile[] {
  return [
    {
      icon: 'cost',
      big: figures.money('Total Cost', 'estimatedCost'),
      small: [figures.money('Per day', 'costPerDay')],
    },
    {
      icon: 'carbon',
      big: figures.mass('Carbon Footprint', 'carbonFootprint', 'kg CO₂'),
      small: [figures.mass('Per day', 'carbonPerDay', 'kg CO₂')],
    },
  ];
}
