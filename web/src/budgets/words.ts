// Budgets in words. Why words beside the colours: whoever cannot tell red from green must not miss that a limit is passed.

import { kindText } from '../format/anomalies';
import { withUnit } from '../format/numbers';
import type { Numbers } from '../format/numbers';
import type { BudgetFactsFragment } from '../gql/graphql';
import { written } from '../site-time';

export type Budget = BudgetFactsFragment;

export const QUANTITY_TEXTS = {
  ENERGY: 'Energy',
  COST: 'Cost',
  CARBON: 'Carbon',
  PEAK_DEMAND: 'Peak demand',
} as const;

export const PERIOD_TEXTS = { DAY: 'a day', WEEK: 'a week, from Monday', MONTH: 'a calendar month' } as const;

/** How it stands: by a tone for the colour, and a word. */
export interface BudgetState {
  readonly tone: 'good' | 'near' | 'over' | 'unknown';
  readonly text: string;
}

/** From this part of the limit on, %. */
const NEAR_PERCENT = 90;
const OVER_PERCENT = 100;

export function stateOf({ standing, isEnabled }: Pick<Budget, 'standing' | 'isEnabled'>): BudgetState {
  const { usedPercent, forecastPercent } = standing;
  const off = isEnabled ? '' : ', not in force';
  if (usedPercent === null) return { tone: 'unknown', text: `Nothing known yet${off}` };
  if (usedPercent >= OVER_PERCENT) return { tone: 'over', text: `Over the limit${off}` };
  const isLikely = forecastPercent !== null && forecastPercent > OVER_PERCENT;
  const likely = isLikely ? ', and likely over it by the end' : '';
  if (usedPercent >= NEAR_PERCENT) return { tone: 'near', text: `Close to the limit${likely}${off}` };
  if (isLikely) return { tone: 'near', text: `Within the limit now, but likely over it by the end${off}` };
  return { tone: 'good', text: `Within the limit${off}` };
}

/** With its unit. Its size follows the limit, so that both are written alike. */
export function amountText(value: number, { quantity, unit, limit }: Budget, numbers: Numbers): string {
  // Money to the cent: a budget is no tile.
  if (quantity === 'COST') return numbers.money(value, unit, 1);
  return withUnit(numbers.quantity(value, limit), unit.replace('CO2', 'CO₂'));
}

/** Of what it is. */
export function scopeText({ quantity, carrier, machines }: Budget): string {
  const what = carrier ? kindText(carrier).toLowerCase() : 'all carriers that have rates';
  if (quantity === 'PEAK_DEMAND') return 'Greatest mean power of a quarter of an hour, whole site';
  const where = machines ? machines.map(({ name }) => name).join(', ') || 'machines that are no more' : 'all machines';
  return `${QUANTITY_TEXTS[quantity]}, ${what}, ${where}`;
}

const DATE = { day: 'numeric', month: 'short' } as const;

/** The period that it is about now, by the site's clock. */
export function periodText({ period, standing }: Budget, zone: string, locale?: string): string {
  const [fromMs, toMs] = [Date.parse(standing.from), Date.parse(standing.to)];
  switch (period) {
    case 'DAY':
      return `Today, ${written(fromMs, zone, { weekday: 'long', ...DATE }, locale)}`;
    case 'WEEK':
      return `This week, ${written(fromMs, zone, DATE, locale)} – ${written(toMs - 1, zone, DATE, locale)}`;
    case 'MONTH':
      return `This month, ${written(fromMs, zone, { month: 'long', year: 'numeric' }, locale)}`;
  }
}

/** Why nobody can tell what it will come to. */
export function noForecastText({ quantity, standing }: Budget): string {
  if (quantity === 'PEAK_DEMAND') return 'peaks are not forecast';
  return standing.used === null ? 'nothing is known yet' : 'too early to tell';
}

/** Which machines the forecast knows too little of. */
export function withoutText({ forecast, machinesNotForecast: count }: Budget['standing']): string {
  if (forecast === null || count === 0) return '';
  return `, too early to tell of ${count === 1 ? '1 machine' : `${count} machines`}`;
}

/** No bar is longer than this part of a limit, %. */
const GREATEST_PERCENT = 200;

/** Where the end of the bar is, %: so far that the limit stands inside. */
export function barEnd({ usedPercent, forecastPercent }: Budget['standing']): number {
  const greatest = Math.max(usedPercent ?? 0, forecastPercent ?? 0, OVER_PERCENT);
  return Math.min(1.1 * greatest, GREATEST_PERCENT);
}
