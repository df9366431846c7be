// The numbers of a chart as a table. Why the newest first and by pages: that is what is looked for, and two thousand rows
// at once would make the page slow for the few that are read.

import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';

import type { TrendRows, TrendView } from '../trends/content';
import { bucketText } from '../trends/labels';
import type { Quantity } from '../trends/quantities';
import { controls } from './controls';
import { shared } from './shared';

const PAGE_ROWS = 100;

@customElement('wattline-trend-table')
export class WattlineTrendTable extends LitElement {
  @property({ attribute: false }) view!: TrendView;
  @property({ attribute: false }) rows!: TrendRows;
  @state() private shownRows = PAGE_ROWS;

  static override styles = [
    shared,
    controls,
    css`
      .scroll {
        max-height: 32rem;
        overflow-y: auto;
      }

      thead th {
        position: sticky;
        inset-block-start: 0;
        background: var(--surface);
      }

      .more {
        margin-block-start: 0.625rem;
      }
    `,
  ];

  protected override render() {
    const { quantity, trend } = this.view;
    const { lines, table, usual } = this.rows;
    // What lies ahead has nothing yet but the stretch before.
    const isPast = (row: number) =>
      lines.some(({ isBefore }, line) => !isBefore && table.columns[line]![row] !== undefined);
    const order = table.atMs
      .map((_, row) => row)
      .filter(isPast)
      .reverse();
    const unit = quantity.unit === '' ? '' : `, ${quantity.unit}`;
    const completeness = trend.series.length === 1 ? this.completeness() : null;
    return html`<div class="scroll" tabindex="0" role="region" aria-label="Table of the chart's values">
        <table>
          <thead>
            <tr>
              <th scope="col">Time</th>
              ${lines.map(({ label }) => html`<th scope="col" class="number">${label}${unit}</th>`)}
              ${usual ? ['from', 'to'].map((edge) => html`<th scope="col" class="number">Usual ${edge}${unit}</th>`) : nothing}
              ${completeness ? html`<th scope="col" class="number">Readings received</th>` : nothing}
            </tr>
          </thead>
          <tbody>
            ${order.slice(0, this.shownRows).map((row) => this.row(row, completeness))}
          </tbody>
        </table>
      </div>
      ${
        order.length > this.shownRows
          ? html`<p class="more row">
              <button type="button" @click=${this.more}>
                Show ${Math.min(PAGE_ROWS, order.length - this.shownRows)} more
              </button>
              <span class="small soft">${this.shownRows} of ${order.length} rows</span>
            </p>`
          : nothing
      }`;
  }

  private row(row: number, completeness: Map<number, number | null> | null) {
    const { quantity, trend, zone } = this.view;
    const { table, usual } = this.rows;
    const atMs = table.atMs[row]!;
    const percent = completeness?.get(atMs);
    return html`<tr>
      <th scope="row">${bucketText(atMs, trend.request.every, zone)}</th>
      ${table.columns.map((column) => {
        const value = column[row];
        return cell(quantity, value, value === null ? 'no data' : 'nothing to compare with');
      })}
      ${usual ? [usual.low, usual.high].map((edge) => cell(quantity, edge[row], 'not known yet')) : nothing}
      ${completeness ? html`<td class="number soft">${percent === null || percent === undefined ? '—' : `${Math.floor(percent)} %`}</td>` : nothing}
    </tr>`;
  }

  private completeness(): Map<number, number | null> {
    const buckets = this.view.trend.series[0]?.buckets ?? [];
    return new Map(buckets.map((bucket) => [Date.parse(bucket.from), bucket.completenessPercent]));
  }

  private more(): void {
    this.shownRows += PAGE_ROWS;
  }
}

/** A value, or a dash and why. */
function cell({ digits }: Quantity, value: number | null | undefined, reason: string) {
  if (value !== null && value !== undefined) return html`<td class="number">${digits(value, value)}</td>`;
  return html`<td class="number soft" title=${reason}>—<span class="spoken">${reason}</span></td>`;
}
