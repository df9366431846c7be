// Trends of the plant or of chosen machines. Why the whole site first: that is the bill; the machines are its reasons.

import { LitElement, css, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';

import { ask } from '../api/http';
import { MOST_MACHINES, SITES_QUERY } from '../api/trends';
import type { MachineChoice, Site, SitesData } from '../api/trends';
import { loadChoices } from '../machines/loader';
import { controls } from './controls';
import { shared } from './shared';
import './wattline-trend';

/** More names than this are narrowed down by typing. */
const FILTER_FROM = 12;

@customElement('wattline-trends')
export class WattlineTrends extends LitElement {
  @state() private sites: Site[] = [];
  @state() private site: Site | null = null;
  @state() private choices: MachineChoice[] = [];
  @state() private chosen: readonly MachineChoice[] = [];
  @state() private filter = '';
  @state() private error: string | null = null;

  static override styles = [
    shared,
    controls,
    css`
      h2 {
        font-size: 1.0625rem;
        margin-block-end: 0.5rem;
      }

      details {
        margin-block-end: 0.75rem;
      }

      summary {
        cursor: pointer;
      }

      ul {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 13rem), 1fr));
        gap: 0.375rem 1rem;
        max-height: 16rem;
        margin: 0.75rem 0 0;
        padding: 0.25rem;
        overflow-y: auto;
        list-style: none;
      }

      label {
        display: flex;
        align-items: center;
        gap: 0.5rem;
        overflow-wrap: anywhere;
      }

      .tools {
        margin-block-start: 0.75rem;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  protected override render() {
    const { site, chosen } = this;
    return html`<section aria-labelledby="title">
      <h2 id="title">Trends</h2>
      ${
        this.error === null
          ? nothing
          : html`<p class="error row" role="alert">
              ${this.error} <button type="button" @click=${this.load}>Try again</button>
            </p>`
      }
      ${
        site
          ? html`${this.picker(site)}
              <wattline-trend
                .site=${site}
                .machines=${chosen}
                .intervalSeconds=${this.intervalSeconds()}
              ></wattline-trend>`
          : nothing
      }
    </section>`;
  }

  private picker(site: Site) {
    const { chosen, choices } = this;
    const names = chosen.length === 0 ? 'Whole site' : chosen.map(({ name }) => name).join(', ');
    const needle = this.filter.trim().toLowerCase();
    const shown = choices.filter(({ name }) => name.toLowerCase().includes(needle));
    return html`<details class="panel">
      <summary><strong>${names}</strong> <span class="soft">· choose machines</span></summary>
      <div class="row tools">
        ${
          this.sites.length > 1
            ? html`<label
                >Site
                <select @change=${this.onSite}>
                  ${this.sites.map(({ id, name }) => html`<option value=${id} ?selected=${id === site.id}>${name}</option>`)}
                </select></label
              >`
            : nothing
        }
        ${
          choices.length >= FILTER_FROM
            ? html`<label>Name <input type="search" .value=${this.filter} @input=${this.onFilter} /></label>`
            : nothing
        }
        <button type="button" ?disabled=${chosen.length === 0} @click=${this.clear}>Whole site</button>
        <span class="small soft">Up to ${MOST_MACHINES} of one unit. The whole site is its electricity.</span>
      </div>
      <ul>
        ${shown.map((machine) => this.choice(machine))}
      </ul>
      ${choices.length === 0 ? html`<p class="soft">There are no machines yet.</p>` : nothing}
    </details>`;
  }

  private choice(machine: MachineChoice) {
    const { chosen } = this;
    const isChosen = chosen.some(({ id }) => id === machine.id);
    const unit = chosen[0]?.unit ?? machine.unit;
    const isOther = machine.unit !== unit;
    const isDisabled = !isChosen && (isOther || chosen.length >= MOST_MACHINES);
    return html`<li>
      <label>
        <input type="checkbox" .checked=${isChosen} ?disabled=${isDisabled} @change=${() => this.toggle(machine)} />
        <span
          >${machine.name}${machine.retiredAt === null ? nothing : html` <span class="small soft">retired</span>`}
          ${isOther ? html`<span class="small soft">other unit</span>` : nothing}</span
        >
      </label>
    </li>`;
  }

  /** Of those shown; machines out of service do not count. */
  private intervalSeconds(): number {
    const shown =
      this.chosen.length > 0
        ? this.chosen
        : this.choices.filter(({ retiredAt, unit }) => retiredAt === null && unit === 'KWH');
    return Math.max(1, ...shown.map(({ expectedIntervalSeconds }) => expectedIntervalSeconds));
  }

  private toggle(machine: MachineChoice): void {
    const without = this.chosen.filter(({ id }) => id !== machine.id);
    this.chosen = without.length < this.chosen.length ? without : [...this.chosen, machine];
  }

  private clear(): void {
    this.chosen = [];
  }

  private onFilter(event: Event): void {
    this.filter = (event.target as HTMLInputElement).value;
  }

  private onSite(event: Event): void {
    const { value } = event.target as HTMLSelectElement;
    const site = this.sites.find(({ id }) => id === value);
    if (site) void this.show(site);
  }

  private async load(): Promise<void> {
    try {
      this.sites = (await ask<SitesData>(SITES_QUERY)).sites;
      const site = this.sites.find(({ name }) => name === 'default') ?? this.sites[0];
      if (site) await this.show(site);
      this.error = null;
    } catch (error) {
      this.error = (error as Error).message;
    }
  }

  private async show(site: Site): Promise<void> {
    const choices = await loadChoices(ask, site.id);
    this.chosen = [];
    this.choices = choices;
    this.site = site;
  }
}
