// Budgets in words, as a bar, and as a form.

import { describe, expect, test } from 'vitest';

import { budgetForm, budgetInput } from '../src/budgets/form';
import { amountText, barEnd, noForecastText, periodText, scopeText, stateOf, withoutText } from '../src/budgets/words';
import type { Budget } from '../src/budgets/words';
import { Numbers } from '../src/format/numbers';

const numbers = new Numbers('en-US');
const BUDGET: Budget = {
  ...{ id: 'b', name: 'month', quantity: 'ENERGY', unit: 'kWh', carrier: 'ELECTRICITY', machines: null },
  ...{ period: 'MONTH', limit: 3500, bands: [50, 100], tellsForecast: true, contactPoints: [], isEnabled: true },
  standing: {
    ...{ from: '2026-10-31T23:00:00Z', to: '2026-11-30T23:00:00Z' },
    ...{ used: 1750, usedPercent: 50, forecast: 3000, forecastPercent: 85.7, machinesNotForecast: 0 },
  },
};
const standing = (usedPercent: number | null, forecastPercent: number | null = null) => ({
  ...BUDGET,
  standing: { ...BUDGET.standing, usedPercent, forecastPercent },
});

test.each([
  [50, 85, 'good', 'Within the limit'],
  [50, 101, 'near', 'Within the limit now, but likely over it by the end'],
  [89.99, null, 'good', 'Within the limit'],
  [90, null, 'near', 'Close to the limit'],
  [99.9, 120, 'near', 'Close to the limit, and likely over it by the end'],
  [100, 120, 'over', 'Over the limit'],
  [null, null, 'unknown', 'Nothing known yet'],
] as const)('%s %% used and likely %s %% is %s: %s', (used, forecast, tone, text) => {
  expect(stateOf(standing(used, forecast))).toEqual({ tone, text });
});

test('one that is not in force says so', () => {
  expect(stateOf({ ...standing(100), isEnabled: false }).text).toBe('Over the limit, not in force');
});

test('a forecast says of how many machines it knows nothing', () => {
  const without = (machinesNotForecast: number, forecast: number | null = 3000) =>
    withoutText({ ...BUDGET.standing, forecast, machinesNotForecast });
  expect([without(0), without(1), without(2)]).toEqual(['', ', too early to tell of 1 machine', ', too early to tell of 2 machines']);
  expect(without(3, null)).toBe('');
});

describe('the bar', () => {
  test('holds the limit, and what is used or likely beyond it', () => {
    expect(barEnd(standing(50).standing)).toBeCloseTo(110);
    expect(barEnd(standing(50, 150).standing)).toBeCloseTo(165);
  });

  test('does not make the limit vanish', () => expect(barEnd(standing(30_000).standing)).toBe(200));
});

test('amounts have their unit, money to the cent', () => {
  expect(amountText(1750.4, BUDGET, numbers)).toBe('1,750\u00a0kWh');
  expect(amountText(1953.847, { ...BUDGET, quantity: 'COST', unit: 'EUR' }, numbers)).toBe('€1,953.85');
  expect(amountText(12.5, { ...BUDGET, quantity: 'CARBON', unit: 'kg CO2' }, numbers)).toBe('13\u00a0kg CO₂');
});

test('the period is that of the site', () => {
  expect(periodText(BUDGET, 'Europe/Berlin', 'en-GB')).toBe('This month, November 2026');
  const week = { ...BUDGET, period: 'WEEK', standing: { ...BUDGET.standing, from: '2026-11-22T23:00:00Z', to: '2026-11-29T23:00:00Z' } } as const;
  expect(periodText({ ...week, bands: [] }, 'Europe/Berlin', 'en-GB')).toBe('This week, 23 Nov – 29 Nov');
});

test('it says of what it is, and why nothing is forecast', () => {
  expect(scopeText({ ...BUDGET, quantity: 'COST', carrier: null })).toBe('Cost, all carriers that have rates, all machines');
  expect(scopeText({ ...BUDGET, machines: [{ id: 'm', name: 'press', unit: 'KWH' }] })).toBe('Energy, electricity, press');
  expect(noForecastText({ ...BUDGET, quantity: 'PEAK_DEMAND' })).toBe('peaks are not forecast');
  expect(noForecastText(BUDGET)).toBe('too early to tell');
});

describe('a form', () => {
  test('gives back the budget that it was made of', () => {
    expect(budgetInput(budgetForm(BUDGET), 'b', 's')).toEqual({
      ...{ id: 'b', siteId: 's', name: 'month', quantity: 'ENERGY', carrier: 'ELECTRICITY', machineIds: null },
      ...{ period: 'MONTH', limit: 3500, bands: [50, 100], tellsForecast: true, contactPointIds: [], isEnabled: true },
    });
  });

  test('leaves carrier and machines out of a peak', () => {
    const form = { ...budgetForm(null), quantity: 'PEAK_DEMAND', limit: '400', where: 'machines' } as const;
    expect(budgetInput({ ...form, machineIds: ['m'] }, null, 's')).toMatchObject({ carrier: null, machineIds: null });
  });

  test('takes percentages as people write them, and nothing else', () => {
    const form = { ...budgetForm(null), limit: '1' };
    expect(budgetInput({ ...form, bands: '50 %; 90,100' }, null, 's').bands).toEqual([50, 90, 100]);
    expect(() => budgetInput({ ...form, bands: 'half' }, null, 's')).toThrow(/whole percentages/);
    expect(() => budgetInput({ ...form, limit: '' }, null, 's')).toThrow('Give a number: the limit.');
  });
});
