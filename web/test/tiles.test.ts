// The eight tiles. Why counted here: all sixteen statistics must be on the page, and the compiler does not count.

import { describe, expect, test } from 'vitest';

import { Numbers } from '../src/format/numbers';
import { tilesOf } from '../src/tiles';
import type { Figure } from '../src/tiles';
import { STATS } from './plant';

const numbers = new Numbers('en-US');

function figuresOf(stats: typeof STATS | null): Map<string, Figure> {
  const figures = tilesOf(stats, numbers).flatMap(({ big, small }) => [big, ...small]);
  return new Map(figures.map((figure) => [figure.statistic, figure]));
}

function text(figure: Figure | undefined): string | null {
  return figure && figure.value !== null ? `${figure.digits(figure.value)} ${figure.unit}`.trim() : null;
}

test('eight tiles show the sixteen statistics, each once', () => {
  const statistics = tilesOf(STATS, numbers).flatMap(({ big, small }) => [big.statistic, ...small.map((s) => s.statistic)]);
  expect(tilesOf(STATS, numbers)).toHaveLength(8);
  const { asOf, lastReadingAt, currency, ...sixteen } = STATS;
  expect([...statistics].sort()).toEqual(Object.keys(sixteen).sort());
  expect(statistics).toHaveLength(16);
});

test('each has its unit', () => {
  const figures = figuresOf(STATS);
  expect(text(figures.get('totalEnergy'))).toBe('30,462.5 kWh');
  expect(text(figures.get('energyPerHour'))).toBe('422.3 kWh/h');
  expect(text(figures.get('uptimePercent'))).toBe('99.9 %');
  expect(text(figures.get('estimatedCost'))).toBe('$3,655.50');
  expect(text(figures.get('carbonPerDay'))).toBe('5,066 kg CO₂');
  expect(text(figures.get('uptimeDays'))).toBe('3 d');
});

test('tonnes where kilograms are long; the title keeps every kilogram', () => {
  const carbon = figuresOf(STATS).get('carbonFootprint');
  expect(text(carbon)).toBe('15.2 t CO₂');
  expect(carbon?.exact).toBe('15,231.255 kg CO₂');
});

describe('what is not known', () => {
  test('is null and not zero', () => {
    const unknown = { peakPower: null, avgPower: null, efficiency: null, energyPerHour: null, uptimePercent: null };
    const figures = figuresOf({ ...STATS, ...unknown });
    for (const statistic of Object.keys(unknown)) expect(figures.get(statistic)?.value).toBeNull();
  });

  test('before the first update that is everything', () => {
    for (const figure of figuresOf(null).values()) {
      expect(figure.value).toBeNull();
      expect(figure.exact).toBe('');
    }
  });
});
