// Trends of the plant or of chosen machines. Why the whole site first: that is the bill; the machines are its reasons.

import { LitElement, css, html, nothing } from 'lit';
import type { PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';

import { ask, sentenceOf } from '../api/http';
import { MOST_MACHINES, siteOf } from '../api/trends';
import type { MachineChoice, Site } from '../api/trends';
import { SitesDocument } from '../gql/graphql';
import { loadChoices } from '../machines/loader';
import { hashOf } from '../router';
import { ELECTRICITY } from '../trends/address';
import { intervalOf, wholeName, wholeOf, wholePart, wholesOf } from '../trends/wholes';
import { controls, siteSelect } from './controls';
import { shared } from './shared';
import './wattline-trend';

/** More names than this are narrowed down by typing. */
const FILTER_FROM = 12;

@customElement('wattline-trends')
export class WattlineTrends extends LitElement {
  /** What is shown, as it stands in the address. */
  @property({ attribute: false }) query = new URLSearchParams();
  @state() private sites: Site[] = [];
  @state() private site: Site | null = null;
  @state() private choices: MachineChoice[] = [];
  /** The same objects as long as nothing else is chosen, so that the trend is not asked for anew. */
  private chosen: readonly MachineChoice[] = [];
  private whole = ELECTRICITY;
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

      .about {
        margin-block-end: 0.75rem;
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

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('query') && this.site && this.siteAsked(this.sites) !== this.site) void this.load();
    const asked = (this.query.get('machines') ?? '').split(',');
    const chosen = asked.flatMap((id) => this.choices.find((choice) => choice.id === id) ?? []);
    const ids = (machines: readonly MachineChoice[]) => machines.map(({ id }) => id).join();
    if (ids(chosen) !== ids(this.chosen)) this.chosen = chosen;
    const whole = wholeOf(wholesOf(this.choices), this.query.get('carrier'));
    if (wholePart(whole) !== wholePart(this.whole)) this.whole = whole;
  }

  /** Writes into the address what is chosen, from which it comes back. */
  private choose(change: Readonly<Record<string, string>>): void {
    location.hash = hashOf('/trends', { ...Object.fromEntries(this.query), ...change });
  }

  protected override render() {
    const { site, chosen } = this;
    return html`<section aria-labelledby="title">
      <h2 id="title">Trends</h2>
      <p class="small soft about">
        What was used, by the clock of the plant. Dashed lines are the period before, triangles mark anomalies, and where a
        line is broken no readings came.
      </p>
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
                .query=${this.query}
                .machines=${chosen}
                .whole=${this.whole}
                .wholeName=${this.wholeName()}
                .markedIds=${this.markedIds()}
                .intervalSeconds=${this.intervalSeconds()}
              ></wattline-trend>`
          : nothing
      }
    </section>`;
  }

  private picker(site: Site) {
    const { chosen, choices } = this;
    const wholes = wholesOf(choices);
    const names = chosen.length === 0 ? this.wholeName() : chosen.map(({ name }) => name).join(', ');
    const needle = this.filter.trim().toLowerCase();
    const shown = choices.filter(({ name }) => name.toLowerCase().includes(needle));
    return html`<details class="panel">
      <summary><strong>${names}</strong> <span class="soft">· choose machines</span></summary>
      <div class="row tools">
        ${siteSelect(this.sites, site, (id) => this.choose({ site: id, machines: '', carrier: '' }))}
        ${
          choices.length >= FILTER_FROM
            ? html`<label>Name <input type="search" .value=${this.filter} @input=${this.onFilter} /></label>`
            : nothing
        }
        <div class="group" role="group" aria-label="Whole site">
          ${wholes.map(
            (whole) =>
              html`<button
                type="button"
                aria-pressed=${chosen.length === 0 && wholePart(whole) === wholePart(this.whole)}
                @click=${() => this.choose({ machines: '', carrier: wholePart(whole) })}
              >
                ${wholeName(whole, wholes)}
              </button>`,
          )}
        </div>
        <span class="small soft">or up to ${MOST_MACHINES} machines of one unit. The whole site is its electricity.</span>
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

  private intervalSeconds(): number {
    const { chosen } = this;
    if (chosen.length === 0) return intervalOf(this.choices, this.whole);
    return Math.max(1, ...chosen.map(({ expectedIntervalSeconds }) => expectedIntervalSeconds));
  }

  private wholeName(): string {
    return wholeName(this.whole, wholesOf(this.choices));
  }

  /** Of another carrier than electricity only its own machines' anomalies are marked. */
  private markedIds(): string[] {
    const { whole } = this;
    if (whole.carrier === 'ELECTRICITY') return [];
    const own = this.choices.filter(({ carrier, unit }) => carrier === whole.carrier && unit === whole.unit);
    return own.map(({ id }) => id);
  }

  private toggle(machine: MachineChoice): void {
    const without = this.chosen.filter(({ id }) => id !== machine.id);
    const chosen = without.length < this.chosen.length ? without : [...this.chosen, machine];
    this.choose({ machines: chosen.map(({ id }) => id).join(','), carrier: '' });
  }

  private onFilter(event: Event): void {
    this.filter = (event.target as HTMLInputElement).value;
  }

  private siteAsked(sites: readonly Site[]): Site | null {
    return siteOf(sites, this.query.get('site'));
  }

  private async load(): Promise<void> {
    try {
      this.sites = (await ask(SitesDocument, {})).sites;
      const site = this.siteAsked(this.sites);
      if (!site) throw new Error('There is no site.');
      [this.choices, this.site, this.error] = [await loadChoices(ask, site.id), site, null];
    } catch (error) {
      this.error = sentenceOf(error);
    }
  }
}
