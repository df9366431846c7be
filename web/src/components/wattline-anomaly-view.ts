// All anomalies, page by page, newest first. Why pages by cursor: while somebody reads, new ones are found, and nothing
// may move from one page to the next.

import { LitElement, css, html, nothing } from 'lit';
import type { PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';

import { NEWEST, filtersOf, kindsToChoose, pageVariables } from '../anomaly-pages';
import type { Turn } from '../anomaly-pages';
import { ask, sentenceOf } from '../api/http';
import { zoneOf } from '../api/operations';
import type { StoriedAnomaly } from '../api/operations';
import { kindText } from '../format/anomalies';
import { Numbers } from '../format/numbers';
import { AnomalyPageDocument } from '../gql/graphql';
import type { AnomalyPageQuery } from '../gql/graphql';
import type { AnomalyList } from '../live/anomaly-list';
import type { AnomalyTrail } from '../live/anomaly-trail';
import { loadMachineNames } from '../machines/loader';
import type { MachineName } from '../machines/loader';
import { hashOf } from '../router';
import { clockText } from '../site-time';
import { anomalyLists, shared } from './shared';
import './wattline-anomaly-bar';
import './wattline-anomaly-row';

/** A burst of new ones asks for the page once. */
const RELOAD_AFTER_MS = 1000;
const numbers = new Numbers();

type Page = AnomalyPageQuery['anomalies'];

@customElement('wattline-anomaly-view')
export class WattlineAnomalyView extends LitElement {
  /** The filter, as it stands in the address. */
  @property({ attribute: false }) query = new URLSearchParams();
  @property({ attribute: false }) trail!: AnomalyTrail;
  /** Changes when there is something new. */
  @property({ attribute: false }) list: AnomalyList = [];
  @state() private page: Page | null = null;
  @state() private turn: Turn = NEWEST;
  @state() private machines: readonly MachineName[] = [];
  @state() private error = '';
  /** Ids of those that are to be dealt with at once. */
  @state() private chosen: ReadonlySet<string> = new Set();
  /** Tells the answer that is waited for from older ones. */
  private asked = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  static override styles = [
    shared,
    anomalyLists,
    css`
      .heading,
      .filters,
      .pages {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem 1rem;
        margin-block-end: 0.75rem;
      }

      h2 {
        font-size: 1.25rem;
      }

      .count {
        color: var(--ink-soft);
        font-variant-numeric: tabular-nums;
      }

      label {
        display: inline-flex;
        align-items: center;
        gap: 0.375rem;
        max-width: 100%;
        font-size: 0.875rem;
        color: var(--ink-soft);
      }

      select {
        font: inherit;
        min-width: 0;
        max-width: 16rem;
        padding: 0.375rem 0.5rem;
        color: var(--ink);
        background: var(--surface);
        border: 1px solid var(--line);
        border-radius: 0.375rem;
      }

      @media (max-width: 44rem) {
        .filters {
          display: grid;
          grid-template-columns: repeat(3, minmax(0, 1fr));
          gap: 0.5rem;
        }

        label {
          display: grid;
          gap: 0.125rem;
        }
      }

      .choosing li {
        --row-start: 0;
        display: grid;
        grid-template-columns: 2.75rem minmax(0, 1fr);
      }

      .choosing wattline-anomaly-row {
        grid-column: 2;
      }

      .choice {
        justify-content: center;
        align-items: start;
        padding-block-start: 0.8125rem;
      }

      .choice input {
        width: 1.125rem;
        height: 1.125rem;
        margin: 0;
        accent-color: var(--accent);
      }

      .pages {
        margin-block: 0.75rem 0;
      }

      @media print {
        .filters,
        .choice,
        .pages {
          display: none;
        }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    void this.loadMachines();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('query')) void this.go(NEWEST);
    else if (changed.has('list') && this.turn.to === 'newest') this.reloadSoon();
  }

  protected override render() {
    return html`
      <div class="heading">
        <h2 tabindex="-1">Anomalies</h2>
        <p class="count" role="status">${this.page ? `${numbers.exact(this.page.totalCount)} found` : ''}</p>
      </div>
      ${this.filters()} ${this.error ? html`<p class="error" role="alert">${this.error}</p>` : nothing} ${this.rows()}
      ${this.pages()}
    `;
  }

  private filters() {
    const { severity, status, lasting, kind, machine } = filtersOf(this.query);
    const severities = [['', 'All'], ['CRITICAL', 'Critical only']] as const;
    const statuses = [['', 'All'], ['OPEN', 'Open'], ['ACKNOWLEDGED', 'Acknowledged'], ['RESOLVED', 'Resolved']] as const;
    const lastings = [['', 'All'], ['yes', 'Going on'], ['no', 'Over']] as const;
    const seen = this.page?.nodes.map((node) => node.kind) ?? [];
    const kinds = [['', 'All'] as const, ...kindsToChoose(seen, kind).map((one) => [one, kindText(one)] as const)];
    const machines = [['', 'All'] as const, ...this.machines.map(({ id, name }) => [id, name] as const)];
    return html`<div class="filters">
      ${this.filter('severity', 'Severity', severity, severities)} ${this.filter('status', 'Status', status, statuses)}
      ${this.filter('lasting', 'Lasting', lasting, lastings)} ${this.filter('kind', 'Kind', kind, kinds)}
      ${this.filter('machine', 'Machine', machine, machines)}
    </div>`;
  }

  private filter(name: string, label: string, chosen: string, options: readonly (readonly [string, string])[]) {
    const choose = ({ target }: Event) => {
      const others = Object.fromEntries(this.query);
      location.hash = hashOf('/anomalies', { ...others, [name]: (target as HTMLSelectElement).value });
    };
    return html`<label
      >${label}
      <select name=${name} @change=${choose}>
        ${repeat(
          options,
          ([value]) => value,
          ([value, text]) => html`<option value=${value} .selected=${value === chosen}>${text}</option>`,
        )}
      </select></label
    >`;
  }

  private rows() {
    if (!this.page) return this.error ? nothing : html`<p class="none">Loading…</p>`;
    if (this.page.nodes.length === 0) return html`<p class="none">None.</p>`;
    const choosable = this.page.nodes.filter(({ status }) => status !== 'RESOLVED').toReversed();
    const isChoosing = choosable.length > 1;
    return html`<wattline-anomaly-bar
        .choosable=${choosable}
        .chosen=${this.chosen}
        @choose=${({ detail }: CustomEvent<ReadonlySet<string>>) => (this.chosen = detail)}
        @anomaly-changed=${this.onChanged}
      ></wattline-anomaly-bar>
      <ol class=${isChoosing ? 'choosing' : ''}>
        ${repeat(
          this.page.nodes.toReversed(),
          ({ id }) => id,
          (anomaly) => html`<li>
            ${isChoosing && anomaly.status !== 'RESOLVED' ? this.choice(anomaly) : nothing}
            <wattline-anomaly-row .anomaly=${anomaly} @anomaly-changed=${this.onChanged}></wattline-anomaly-row>
          </li>`,
        )}
      </ol>`;
  }

  private choice({ id, machine, kind, startedAt }: Page['nodes'][number]) {
    const began = clockText(startedAt, zoneOf({ machine }), Date.now());
    const choose = ({ target }: Event) => {
      const others = [...this.chosen].filter((one) => one !== id);
      this.chosen = new Set((target as HTMLInputElement).checked ? [...others, id] : others);
    };
    return html`<label class="choice"
      ><input
        type="checkbox"
        aria-label="Choose: ${machine.name}, ${kindText(kind)}, began ${began}"
        .checked=${this.chosen.has(id)}
        @change=${choose}
    /></label>`;
  }

  private pages() {
    if (!this.page) return nothing;
    const { hasPreviousPage, startCursor, endCursor } = this.page.pageInfo;
    // Who came from older ones can go back to them, whatever the server says of that direction.
    const hasOlder = startCursor !== null && (this.turn.to === 'newer' || hasPreviousPage);
    const hasNewer = this.turn.to !== 'newest';
    if (!hasOlder && !hasNewer) return nothing;
    const older = () => startCursor !== null && this.turnTo({ to: 'older', before: startCursor });
    const newer = () => this.turnTo(endCursor === null ? NEWEST : { to: 'newer', after: endCursor });
    return html`<nav class="pages" aria-label="Pages">
      <button type="button" ?disabled=${!hasNewer} @click=${() => this.turnTo(NEWEST)}>Newest</button>
      <button type="button" ?disabled=${!hasNewer} @click=${newer}>Newer</button>
      <button type="button" ?disabled=${!hasOlder} @click=${older}>Older</button>
    </nav>`;
  }

  private readonly onChanged = ({ detail }: CustomEvent<StoriedAnomaly>): void => {
    if (this.page) {
      const nodes = this.page.nodes.map((node) => (node.id === detail.id ? detail : node));
      this.page = { ...this.page, nodes };
    }
    this.trail.update(detail);
  };

  /** To another page, which is read from its top. */
  private async turnTo(turn: Turn): Promise<void> {
    await this.go(turn);
    await this.updateComplete;
    this.renderRoot.querySelector('h2')?.scrollIntoView({ block: 'start' });
  }

  private async go(turn: Turn): Promise<void> {
    this.turn = turn;
    this.chosen = new Set();
    await this.load();
  }

  private reloadSoon(): void {
    this.timer ??= setTimeout(() => {
      this.timer = undefined;
      if (this.turn.to === 'newest') void this.load();
    }, RELOAD_AFTER_MS);
  }

  private async load(): Promise<void> {
    const asked = ++this.asked;
    try {
      const { anomalies } = await ask(AnomalyPageDocument, pageVariables(filtersOf(this.query), this.turn));
      if (asked !== this.asked) return;
      // The page of the newest is a full one, and stays up to date.
      if (this.turn.to === 'newer' && !anomalies.pageInfo.hasNextPage) return this.go(NEWEST);
      const hadFocus = this.shadowRoot?.activeElement;
      this.page = anomalies;
      this.error = '';
      await this.updateComplete;
      // What one was at may be gone, as the list shows others only.
      if (hadFocus && !this.shadowRoot?.activeElement) this.renderRoot.querySelector('h2')?.focus();
    } catch (error) {
      if (asked === this.asked) this.error = sentenceOf(error);
    }
  }

  private async loadMachines(): Promise<void> {
    // The list says what is wrong; without names the filter is only shorter.
    this.machines = await loadMachineNames(ask).catch(() => []);
  }
}
