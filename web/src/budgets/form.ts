// A budget as a form, and back.

import { neededNumber } from '../format/typed';
import type { SaveBudgetInput } from '../gql/graphql';
import { chosenMachines, idsOf } from '../telling/forms';
import type { Budget } from './words';

export interface BudgetForm {
  readonly name: string;
  readonly quantity: Budget['quantity'];
  readonly period: Budget['period'];
  readonly limit: string;
  /** `all`: of all that have rates. */
  readonly carrier: 'all' | NonNullable<Budget['carrier']>;
  readonly where: 'all' | 'machines';
  readonly machineIds: readonly string[];
  /** As typed: percentages with commas. */
  readonly bands: string;
  readonly tellsForecast: boolean;
  readonly contactPointIds: readonly string[];
  readonly isEnabled: boolean;
}

export function budgetForm(budget: Budget | null): BudgetForm {
  return {
    name: budget?.name ?? '',
    quantity: budget?.quantity ?? 'ENERGY',
    period: budget?.period ?? 'MONTH',
    limit: String(budget?.limit ?? ''),
    carrier: budget ? (budget.carrier ?? 'all') : 'ELECTRICITY',
    where: budget?.machines ? 'machines' : 'all',
    machineIds: idsOf(budget?.machines ?? null),
    bands: (budget?.bands ?? [50, 75, 90, 100]).join(', '),
    tellsForecast: budget?.tellsForecast ?? true,
    contactPointIds: idsOf(budget?.contactPoints ?? null),
    isEnabled: budget?.isEnabled ?? true,
  };
}

/** Whether carriers can be added up: money and carbon can, kilowatt-hours are never. */
export function isAddable(quantity: Budget['quantity']): boolean {
  return quantity === 'COST' || quantity === 'CARBON';
}

export function budgetInput(form: BudgetForm, id: string | null, siteId: string): SaveBudgetInput {
  const { name, quantity, period, carrier, where, tellsForecast, contactPointIds, isEnabled } = form;
  const isPeak = quantity === 'PEAK_DEMAND';
  return {
    ...{ id, siteId, name, quantity, period, tellsForecast, isEnabled },
    limit: neededNumber(form.limit, 'the limit'),
    carrier: isPeak || carrier === 'all' ? null : carrier,
    machineIds: !isPeak && where === 'machines' ? chosenMachines(form.machineIds) : null,
    bands: bandsOf(form.bands),
    contactPointIds: [...contactPointIds],
  };
}

function bandsOf(text: string): number[] {
  const bands = text.split(/[\s,;%]+/).filter(Boolean).map(Number);
  if (!bands.every(Number.isInteger)) throw new Error('Give whole percentages, such as 50, 75, 90, 100.');
  return bands;
}
