// The eight tiles. Why counted here: all sixteen statistics must be on the page, and the compiler does not count.

import { describe, expect, test } from 'vitest';

import { Numbers } from '../src/format/numbers';
import type { Figure } from '../src/figures';
import { factsOf, gradeOf, tilesOf } from '../src/tiles';
import { STATS } from './plant';

const numbers = new Numbers('en-US');

function figuresOf(stats: typeof STATS | null): Map<string, Figure> {
  const figures = [...factsOf(stats, numbers), ...tilesOf(stats, numbers).flatMap(({ big, small }) => [big, ...small])];
  return new Map(figures.map((figure) => [figure.statistic, figure]));
}

function text(figure: Figure | undefined): string | null {
  return figure && figure.value !== null ? `${figure.digits(figure.value)} ${figure.unit}`.trim() : null;
}

test('two rows of four tiles', () => {
  expect(tilesOf(STATS, numbers).map(({ big }) => big.label)).toEqual([
    ...['Total Readings', 'Total Energy', 'Data Rate', 'Uptime'],
    ...['Peak Power', 'Efficiency', 'Total Cost', 'Carbon Footprint'],
  ]);
});

test('all sixteen statistics are shown', () => {
  const { asOf, lastReadingAt, currency, ...sixteen } = STATS;
  expect([...figuresOf(STATS).keys()].sort()).toEqual(Object.keys(sixteen).sort());
  expect(figuresOf(STATS).size).toBe(16);
});

test('each has its unit', () => {
  const figures = figuresOf(STATS);
  expect(text(figures.get('totalEnergy'))).toBe('30,462.5 kWh');
  expect(text(figures.get('energyPerHour'))).toBe('+422.3 kWh/h');
  expect(text(figures.get('uptimePercent'))).toBe('99.9 %');
  expect(text(figures.get('estimatedCost'))).toBe('$3.7K');
  expect(figures.get('estimatedCost')?.exact).toBe('$3,655.5012');
  expect(text(figures.get('carbonFootprint'))).toBe('15.2K kg CO₂');
  expect(figures.get('carbonFootprint')?.exact).toBe('15,231.255 kg CO₂');
  expect(text(figures.get('carbonPerDay'))).toBe('5,066 kg CO₂');
  expect(text(figures.get('uptimeDays'))).toBe('3 days');
});

test('total readings grow by so many a minute', () => {
  const [readings] = tilesOf(STATS, numbers);
  expect(text(readings?.small[0])).toBe('+7.9 /min');
});

test.each([
  [100, 'good'],
  [99, 'good'],
  [98.999, 'fair'],
  [95, 'fair'],
  [94.999, 'poor'],
  [0, 'poor'],
  [null, null],
])('completeness of %d is %s', (percent, grade) => {
  expect(gradeOf(percent)).toBe(grade);
});

describe('what is not known', () => {
  test('is null and not zero', () => {
    const unknown = { peakPower: null, avgPower: null, efficiency: null, energyPerHour: null, uptimePercent: null };
    const figures = figuresOf({ ...STATS, ...unknown });
    for (const statistic of Object.keys(unknown)) {
      expect(figures.get(statistic)?.value).toBeNull();
      expect(figures.get(statistic)?.reason).toMatch(/^no reading/);
    }
    expect(figures.get('totalEnergy')?.reason).toBe('');
  });

  test('before the first update that is everything', () => {
    for (const figure of figuresOf(null).values()) {
      expect(figure.value).toBeNull();
      expect(figure.exact).toBe('');
      expect(figure.reason).toBe('waiting for the figures');
    }
  });
});
