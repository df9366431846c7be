// A trend: the stretch, the quantity, the chart and its figures, live at the right edge. Why machines are given from
// outside: the same element shows the plant, a choice of machines, and the one machine of a page.

import { LitElement, css, html, nothing } from 'lit';
import type { PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';

import { ask } from '../api/http';
import type { MachineChoice, Site } from '../api/trends';
import { Numbers } from '../format/numbers';
import { hashOf, splitHash } from '../router';
import { ELECTRICITY, partsOf, shownOf } from '../trends/address';
import type { Shown, Whole } from '../trends/address';
import { lineColors } from '../trends/colors';
import { contentOf, rowsOf } from '../trends/content';
import type { TrendRows, TrendView } from '../trends/content';
import { loadTrend, refreshTrend } from '../trends/loader';
import type { Trend, TrendRequest } from '../trends/loader';
import { QUANTITY_NAMES, quantityOf } from '../trends/quantities';
import type { Quantity, QuantityName } from '../trends/quantities';
import { everyOf, previousOf, rangeOf, zoomedTo } from '../trends/ranges';
import type { Range, RangeChoice } from '../trends/ranges';
import { controls } from './controls';
import { notedItems } from './noted-items';
import { Polling } from './polling';
import type { Keep } from './polling';
import { shared } from './shared';
import { downloads, markedAnomalies, usualLegend } from './trend-parts';
import './wattline-chart';
import './wattline-range';
import './wattline-trend-summary';
import './wattline-trend-table';

const REFRESH_EVERY_MS = 5_000;
/** Readings that came late are found by asking for all of it now and then. */
const RELOAD_EVERY_MS = 5 * 60_000;
const POINT_HINT = 'Point at the chart for values';
const numbers = new Numbers();

@customElement('wattline-trend')
export class WattlineTrend extends LitElement {
  @property({ attribute: false }) site!: Site;
  /** How it is shown, as it stands in the address. */
  @property({ attribute: false }) query = new URLSearchParams();
  /** None: the whole site. */
  @property({ attribute: false }) machines: readonly MachineChoice[] = [];
  /** What the whole site is measured in. */
  @property({ attribute: false }) whole: Whole = ELECTRICITY;
  @property({ attribute: false }) wholeName = 'Whole site';
  /** Whose anomalies are marked where no machines are chosen; none: everybody's. */
  @property({ attribute: false }) markedIds: readonly string[] = [];
  /** The longest time between two readings of those shown, s. */
  @property({ type: Number }) intervalSeconds = 60;
  /** Goes on with the time. */
  @property({ attribute: false }) isLive = true;
  /** Whether the marked anomalies are listed below. */
  @property({ attribute: false }) isListed = true;
  /** The chart and nothing else. */
  @property({ type: Boolean }) bare = false;
  @state() private shown: Shown = shownOf(this.query);
  /** What was shown before each zoom. */
  @state() private zoomedFrom: readonly RangeChoice[] = [];
  @state() private trend: Trend | null = null;
  /** When all of it was brought; null once something else is to be shown. */
  private wholeAtMs: number | null = null;
  private readonly polling = new Polling(
    this,
    (keep) => this.bring(keep),
    () => REFRESH_EVERY_MS,
  );

  static override styles = [
    shared,
    controls,
    notedItems,
    lineColors,
    css`
      .panel,
      .options,
      .error {
        margin-block-end: 0.75rem;
      }

      label {
        display: inline-flex;
        align-items: center;
        gap: 0.375rem;
      }

      .band {
        width: 1.5rem;
        height: 0.75rem;
        background: color-mix(in srgb, var(--band) 30%, transparent);
        border-block: 1px solid var(--band);
      }

      .stale {
        opacity: 0.6;
      }
    `,
  ];

  protected override willUpdate(changed: PropertyValues<this>): void {
    const before = this.shown;
    if (changed.has('query')) this.take(shownOf(this.query));
    const asking = (shown: Shown) => JSON.stringify({ ...shown, isTable: false, hasUsual: false });
    const isOther = asking(before) !== asking(this.shown);
    const asked = ['site', 'machines', 'whole', 'intervalSeconds'] as const;
    const isAskedAnew = isOther || asked.some((name) => changed.has(name));
    if (isAskedAnew) this.wholeAtMs = null;
    if (isAskedAnew || changed.has('isLive')) this.polling.again();
  }

  private take(shown: Shown): void {
    this.shown = shown;
    // The browser's own way back leads out of a zoom, too.
    const before = this.zoomedFrom.findIndex((choice) => JSON.stringify(choice) === JSON.stringify(shown.choice));
    if (before >= 0) this.zoomedFrom = this.zoomedFrom.slice(0, before);
  }

  /** Writes it into the address, from which it comes back: so a link, a reload and the way back show the same. */
  private show(change: Partial<Shown>): void {
    const parts = partsOf({ ...this.shown, ...change });
    const path = this.bare ? '/trends' : splitHash(location.hash).path;
    location.hash = hashOf(path, { ...Object.fromEntries(this.query), ...parts });
  }

  private quantityOf(name: QuantityName): Quantity {
    return quantityOf(name, this.machines[0]?.unit ?? this.whole.unit, this.site.currency, numbers);
  }

  private rangeAt(nowMs: number): Range {
    return rangeOf(this.shown.choice, nowMs, this.site.timeZone);
  }

  private requestAt(nowMs: number): TrendRequest {
    const range = this.rangeAt(nowMs);
    const machineIds = this.machines.map(({ id }) => id);
    const { isAmount } = this.quantityOf(this.shown.quantity);
    return {
      siteId: this.site.id,
      zone: this.site.timeZone,
      ...this.whole,
      machineIds,
      markedIds: machineIds.length > 0 ? machineIds : this.markedIds,
      range,
      previous: this.shown.isCompared ? previousOf(range, this.site.timeZone) : null,
      every: everyOf(
        range,
        isAmount,
        this.intervalSeconds * 1000,
        this.clientWidth || innerWidth,
      ),
      isAmount,
    };
  }

  protected override render() {
    const { trend, polling } = this;
    const quantity = this.quantityOf(this.shown.quantity);
    const zone = this.site.timeZone;
    const names = new Map(this.machines.map(({ id, name }) => [id, name]));
    const nameOf = (id: string | null) => (id === null ? this.wholeName : (names.get(id) ?? 'A machine'));
    const view = trend && { trend, quantity, zone, nameOf, hasUsual: this.shown.hasUsual };
    if (this.bare) return view ? this.chart(view, rowsOf(view)) : nothing;
    return html`<wattline-range
        class="options"
        .choice=${this.shown.choice}
        .range=${this.rangeAt(Date.now())}
        .zone=${zone}
        @range-choice=${(event: CustomEvent<RangeChoice>) => this.choose(event.detail)}
      ></wattline-range>
      ${this.options()} ${polling.error === null ? nothing : html`<p class="error" role="alert">${polling.error}</p>`}
      ${this.results(quantity, view)}`;
  }

  private options() {
    const { quantity, isTable, isCompared } = this.shown;
    return html`<div class="row options">
      <div class="group" role="group" aria-label="Quantity">
        ${QUANTITY_NAMES.map(
          (name) =>
            html`<button
              type="button"
              aria-pressed=${quantity === name}
              @click=${() => this.show({ quantity: name })}
            >
              ${this.quantityOf(name).label}
            </button>`,
        )}
      </div>
      <div class="group" role="group" aria-label="View">
        <button type="button" aria-pressed=${!isTable} @click=${() => this.show({ isTable: false })}>Chart</button>
        <button type="button" aria-pressed=${isTable} @click=${() => this.show({ isTable: true })}>Table</button>
      </div>
      <label
        ><input
          type="checkbox"
          .checked=${isCompared}
          @change=${() => this.show({ isCompared: !isCompared })}
        />Compare with the period before</label
      >
      <label><input type="checkbox" .checked=${this.isLive} @change=${this.toggleLive} />Live</label>
      ${this.zoomedFrom.length > 0 ? html`<button type="button" @click=${this.zoomOut}>Zoom out</button>` : nothing}
    </div>`;
  }

  /** The frame of it stands from the first, so that nothing moves when the figures come. */
  private results(quantity: Quantity, view: TrendView | null) {
    // A chart of the quantity before would be drawn in the unit of this one.
    const isOfThis = !view || view.trend.request.every.text === this.requestAt(view.trend.atMs).every.text;
    const rows = view && rowsOf(view);
    return html`<div class="panel ${isOfThis ? '' : 'stale'}">
        ${this.shown.isTable ? this.table(view, rows) : this.chart(view, rows)}
        ${view ? usualLegend(view, () => this.show({ hasUsual: !view.hasUsual })) : nothing}
        <p class="small soft">
          ${quantity.label} in ${quantity.unit || this.site.currency}; clock of the plant (${this.site.timeZone}).
        </p>
        ${view ? html`<p class="small soft">${downloads(view.trend, this.site, this.machines, this.wholeName)}</p>` : nothing}
      </div>
      ${
        view
          ? html`<div class="panel"><wattline-trend-summary .view=${view}></wattline-trend-summary></div>
              ${this.isListed ? markedAnomalies(view.trend, view.zone, this.machines.length !== 1) : nothing}`
          : html`<p class="panel soft">Loading…</p>`
      }`;
  }

  private table(view: TrendView | null, rows: TrendRows | null) {
    return view && rows ? html`<wattline-trend-table .view=${view} .rows=${rows}></wattline-trend-table>` : nothing;
  }

  private chart(view: TrendView | null, rows: TrendRows | null) {
    return html`<wattline-chart
      .content=${view && rows && contentOf(view, rows)}
      .hint=${this.bare && view ? `${view.quantity.label} in ${view.quantity.unit}, today and the day before (dashed)` : POINT_HINT}
      @chart-zoom=${this.onZoom}
    ></wattline-chart>`;
  }

  private choose(choice: RangeChoice): void {
    this.zoomedFrom = [];
    this.show({ choice });
  }

  private onZoom(event: CustomEvent<{ fromMs: number; toMs: number }>): void {
    this.zoomedFrom = [...this.zoomedFrom, this.shown.choice];
    this.show({ choice: zoomedTo(event.detail.fromMs, event.detail.toMs) });
  }

  private zoomOut(): void {
    this.show({ choice: this.zoomedFrom.at(-1) ?? this.shown.choice });
  }

  private toggleLive(): void {
    this.isLive = !this.isLive;
  }

  /** Asks while the range goes on; for all of it where not only its end is new. */
  private async bring(keep: Keep): Promise<void> {
    const nowMs = Date.now();
    const { trend, wholeAtMs } = this;
    const request = this.requestAt(nowMs);
    const { range, every } = request;
    if (trend && wholeAtMs !== null && (!this.isLive || range.toMs <= trend.atMs)) return;
    const isSame = trend?.request.range.fromMs === range.fromMs && trend.request.every.text === every.text;
    const isKnown = trend && isSame && wholeAtMs !== null && nowMs - wholeAtMs <= RELOAD_EVERY_MS;
    const next = await (isKnown ? refreshTrend(ask, trend, request, nowMs) : loadTrend(ask, request, nowMs));
    keep(() => {
      this.trend = next;
      if (!isKnown) this.wholeAtMs = nowMs;
    });
  }
}
