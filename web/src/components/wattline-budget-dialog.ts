// Adds or changes a budget.

import { html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';

import { ask } from '../api/http';
import { CARRIERS } from '../api/machines';
import type { ContactPoint, RuleMachine } from '../api/telling';
import type { Site } from '../api/trends';
import { budgetForm, budgetInput, isAddable } from '../budgets/form';
import type { BudgetForm } from '../budgets/form';
import { PERIOD_TEXTS, QUANTITY_TEXTS } from '../budgets/words';
import type { Budget } from '../budgets/words';
import { kindText } from '../format/anomalies';
import { SaveBudgetDocument } from '../gql/graphql';
import { checkField, checksField, selectField, textField } from './fields';
import { FormDialog } from './form-dialog';
import { machinesField } from './wattline-machine-picker';

interface Subject {
  /** Null for a new one. */
  readonly budget: Budget | null;
  readonly site: Site;
  readonly machines: readonly RuleMachine[];
  readonly contactPoints: readonly ContactPoint[];
}

const QUANTITIES = ['ENERGY', 'COST', 'CARBON', 'PEAK_DEMAND'] as const;
const PERIODS = ['DAY', 'WEEK', 'MONTH'] as const;

@customElement('wattline-budget-dialog')
export class WattlineBudgetDialog extends FormDialog<Subject, BudgetForm> {
  protected formOf({ budget }: Subject) {
    return budgetForm(budget);
  }

  protected heading({ budget }: Subject) {
    return budget ? `Edit ${budget.name}` : 'Add a budget';
  }

  protected deed({ budget }: Subject) {
    return budget ? 'Save' : 'Add';
  }

  protected fields(form: BudgetForm, subject: Subject) {
    const { site, contactPoints } = subject;
    const units = { ENERGY: 'kWh', COST: site.currency, CARBON: 'kg CO₂', PEAK_DEMAND: 'kW' };
    return html`<div class="fields">
      ${textField({ name: 'name', label: 'Name', value: form.name, input: (name) => this.change({ name }) })}
      ${selectField({
        name: 'quantity',
        label: 'Limits',
        value: form.quantity,
        options: QUANTITIES.map((quantity) => [quantity, QUANTITY_TEXTS[quantity]]),
        input: (quantity) => this.change({ quantity, carrier: isAddable(quantity) ? 'all' : 'ELECTRICITY' }),
      })}
      ${textField({
        ...{ name: 'limit', label: `Limit, ${units[form.quantity]}`, type: 'number', value: form.limit },
        input: (limit) => this.change({ limit }),
      })}
      ${selectField({
        name: 'period',
        label: 'In',
        value: form.period,
        options: PERIODS.map((period) => [period, PERIOD_TEXTS[period]]),
        input: (period) => this.change({ period }),
      })}
      ${
        form.quantity === 'PEAK_DEMAND'
          ? html`<p class="small soft wide">The greatest mean power of a quarter of an hour of the whole site's electricity.</p>`
          : this.scope(form, subject)
      }
      ${checksField({
        name: 'contacts',
        label: 'Who is told',
        options: contactPoints.map(({ id, name }) => [id, name]),
        chosen: form.contactPointIds,
        hint: contactPoints.length === 0 ? 'Nobody yet: contact points are added under Alerts.' : '',
        input: (contactPointIds) => this.change({ contactPointIds }),
      })}
      ${textField({
        ...{ name: 'bands', label: 'Told when so many % are reached', value: form.bands, isWide: true },
        hint: 'Percentages of the limit, with commas between them.',
        input: (bands) => this.change({ bands }),
      })}
      ${checkField({ name: 'forecast', label: 'Tell when the limit will likely be passed', isChecked: form.tellsForecast, input: (tellsForecast) => this.change({ tellsForecast }) })}
      ${checkField({ name: 'enabled', label: 'In force', isChecked: form.isEnabled, input: (isEnabled) => this.change({ isEnabled }) })}
    </div>`;
  }

  private scope({ quantity, carrier, where, machineIds }: BudgetForm, { budget, machines }: Subject) {
    const all = isAddable(quantity) ? [['all', 'all that have rates'] as const] : [];
    return [
      selectField({
        name: 'carrier',
        label: 'Carrier',
        value: carrier,
        options: [...all, ...CARRIERS.map((one) => [one, kindText(one)] as const)],
        input: (chosen) => this.change({ carrier: chosen }),
      }),
      selectField({
        name: 'where',
        label: 'Of',
        value: where,
        options: [
          ['all', 'all machines of the site'],
          ['machines', 'these machines'],
        ],
        input: (chosen) => this.change({ where: chosen }),
      }),
      where === 'all'
        ? nothing
        : machinesField({
            ...{ machines, known: budget?.machines ?? null, chosen: machineIds },
            input: (chosen) => this.change({ machineIds: chosen }),
          }),
    ];
  }

  protected send(form: BudgetForm, { budget, site }: Subject) {
    return ask(SaveBudgetDocument, { input: budgetInput(form, budget?.id ?? null, site.id) });
  }
}
