// The budgets of a site: what is used, what the limit is, and where it will likely end. Why the forecast beside what is
// used: on the twentieth of a month only that can still be changed.

import { LitElement, css, html, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';

import { ask } from '../api/http';
import type { ContactPoint } from '../api/telling';
import type { MachineChoice, Site } from '../api/trends';
import { amountText, noForecastText, periodText, scopeText, stateOf, withoutText } from '../budgets/words';
import type { Budget } from '../budgets/words';
import { Numbers, withUnit } from '../format/numbers';
import { BudgetsDocument, RemoveBudgetDocument } from '../gql/graphql';
import { loadChoices, loadSites } from '../machines/loader';
import { controls, siteSelect } from './controls';
import { knownText, machineCells } from './machine-cells';
import { Polling } from './polling';
import type { Keep } from './polling';
import { pageHead, shared } from './shared';
import './wattline-budget-bar';
import './wattline-budget-dialog';
import type { WattlineBudgetDialog } from './wattline-budget-dialog';
import './wattline-confirm';
import type { WattlineConfirm } from './wattline-confirm';

const REFRESH_EVERY_MS = 30_000;
const numbers = new Numbers();

@customElement('wattline-budgets')
export class WattlineBudgets extends LitElement {
  @state() private sites: Site[] = [];
  @state() private site: Site | null = null;
  @state() private machines: MachineChoice[] = [];
  @state() private contactPoints: ContactPoint[] = [];
  @state() private budgets: Budget[] | null = null;
  @query('wattline-budget-dialog') private dialog!: WattlineBudgetDialog;
  @query('wattline-confirm') private confirmation!: WattlineConfirm;
  private readonly polling = new Polling(
    this,
    (keep) => this.bring(keep),
    () => REFRESH_EVERY_MS,
  );

  static override styles = [
    shared,
    pageHead,
    controls,
    machineCells,
    css`
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 26rem), 1fr));
        gap: 0.75rem;
        list-style: none;
      }

      h3 {
        font-size: 1rem;
        overflow-wrap: anywhere;
      }

      .state {
        font-size: 0.875rem;
        font-weight: 600;
        white-space: normal;
      }

      .good {
        color: var(--ok);
      }

      .near {
        color: var(--warn);
      }

      .over {
        color: var(--bad);
      }

      dl {
        display: grid;
        grid-template-columns: repeat(3, 1fr);
        gap: 0.5rem;
        margin-block: 0.5rem 0.75rem;
      }

      dt {
        font-size: 0.8125rem;
        color: var(--ink-soft);
      }

      dd {
        margin: 0;
        font-weight: 600;
        font-variant-numeric: tabular-nums;
        overflow-wrap: anywhere;
      }

      .percent {
        font-size: 0.875rem;
        font-weight: 400;
        color: var(--ink-soft);
      }

      .reason {
        font-weight: 400;
      }
    `,
  ];

  protected override render() {
    const { site, budgets, polling } = this;
    const { error, again } = polling;
    return html`<section aria-labelledby="title" @saved=${again}>
      <div class="row between title">
        <h2 id="title">Budgets</h2>
        ${site ? this.tools(site) : nothing}
      </div>
      ${error === null ? nothing : html`<p class="error" role="alert">${error}</p>`}
      ${site && budgets ? this.list(site, budgets) : error === null ? html`<p class="panel soft">Loading…</p>` : nothing}
      <wattline-budget-dialog></wattline-budget-dialog>
      <wattline-confirm></wattline-confirm>
    </section>`;
  }

  private tools(site: Site) {
    return html`<div class="row">
      ${siteSelect(this.sites, site, this.onSite)}
      <button type="button" class="first" @click=${() => this.edit(site, null)}>Add a budget</button>
    </div>`;
  }

  private edit(site: Site, budget: Budget | null): void {
    const { machines, contactPoints } = this;
    void this.dialog.open({ budget, site, machines, contactPoints });
  }

  private list(site: Site, budgets: Budget[]) {
    if (budgets.length === 0) {
      return html`<p class="panel soft">There are no budgets yet: limits of energy, cost, carbon or peak demand.</p>`;
    }
    return html`<ul>
      ${budgets.map((budget) => this.item(site, budget))}
    </ul>`;
  }

  private item(site: Site, budget: Budget) {
    const { id, name, limit, standing } = budget;
    const { tone, text } = stateOf(budget);
    const amount = (value: number) => amountText(value, budget, numbers);
    const remove = () =>
      this.confirmation.open({
        heading: `Remove ${name}?`,
        text: 'Its limit is watched no more. What was used stays known.',
        deed: 'Remove the budget',
        send: () => ask(RemoveBudgetDocument, { input: { id } }),
      });
    return html`<li class="panel">
      <div class="row between">
        <h3>${name}</h3>
        <span class="state ${tone}">${text}</span>
      </div>
      <p class="small soft">${scopeText(budget)}. ${periodText(budget, site.timeZone)}</p>
      <wattline-budget-bar .budget=${budget} .text=${barText(budget)}></wattline-budget-bar>
      <dl>
        <div>
          <dt>Used</dt>
          <dd>${known(standing.used, standing.usedPercent, amount, 'nothing known yet')}</dd>
        </div>
        <div>
          <dt>Limit</dt>
          <dd>${amount(limit)}</dd>
        </div>
        <div>
          <dt>Likely at the end</dt>
          <dd>
            ${known(standing.forecast, standing.forecastPercent, amount, noForecastText(budget))}${withoutText(standing)}
          </dd>
        </div>
      </dl>
      <div class="row">
        <button type="button" aria-label="Edit ${name}" @click=${() => this.edit(site, budget)}>Edit</button>
        <button type="button" aria-label="Remove ${name}" @click=${remove}>Remove</button>
      </div>
    </li>`;
  }

  private readonly onSite = (chosen: string): void => {
    this.site = this.sites.find(({ id }) => id === chosen) ?? this.site;
    this.budgets = null;
    this.polling.again();
  };

  private async bring(keep: Keep): Promise<void> {
    const { sites, site } = await loadSites(ask, this.site?.id);
    const [answer, machines] = await Promise.all([ask(BudgetsDocument, { siteId: site.id }), loadChoices(ask, site.id)]);
    keep(() => Object.assign(this, { sites, site, machines, ...answer }));
  }
}

/** An amount and its part of the limit, or a dash and why. */
function known(value: number | null, percent: number | null, text: (value: number) => string, reason: string) {
  const ofLimit = (part: number) => html` <span class="percent">${withUnit(numbers.percent(part), '%')}</span>`;
  const amount = knownText(value === null ? { reason } : { value }, text);
  return html`${amount}${percent === null ? nothing : ofLimit(percent)}`;
}

function barText(budget: Budget): string {
  const { usedPercent, forecastPercent } = budget.standing;
  const used = usedPercent === null ? 'nothing known yet' : `${numbers.percent(usedPercent)} % of the limit used`;
  const forecast = forecastPercent === null ? '' : `, likely ${numbers.percent(forecastPercent)} % at the end`;
  return `${budget.name}: ${used}${forecast}`;
}
