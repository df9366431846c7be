// The chart's lines in a few figures, which is its legend too. Why a table: with several machines the figures are
// compared down the columns.

import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { ref } from 'lit/directives/ref.js';

import { Numbers, withUnit } from '../format/numbers';
import { lineColors } from '../trends/colors';
import { summariesOf } from '../trends/content';
import type { TrendSummary, TrendView } from '../trends/content';
import { bucketText } from '../trends/labels';
import { controls } from './controls';
import { shared } from './shared';

const numbers = new Numbers();

/** What stands over the columns: of a period that goes on only a part is known. */
interface Names {
  readonly total: string;
  readonly change: string;
  readonly before: string;
}

@customElement('wattline-trend-summary')
export class WattlineTrendSummary extends LitElement {
  @property({ attribute: false }) view!: TrendView;

  static override styles = [
    shared,
    controls,
    lineColors,
    css`
      svg {
        width: 1.5rem;
        height: 0.75rem;
        margin-inline-end: 0.5rem;
      }

      line {
        stroke: currentColor;
        stroke-width: 3;
      }

      .before line {
        stroke-dasharray: 5 4;
        stroke-width: 2;
      }

      .total {
        font-size: 1.125rem;
        font-weight: 650;
      }

      tr:last-child > * {
        border-block-end: 0;
      }

      /* On a phone each series is a block of named figures. */
      @media (max-width: 44rem) {
        thead {
          position: absolute;
          clip-path: inset(50%);
          width: 1px;
          height: 1px;
          overflow: hidden;
        }

        table,
        tbody {
          display: block;
        }

        tbody tr {
          display: grid;
          grid-template-columns: 1fr 1fr;
          gap: 0.5rem 0.75rem;
          padding-block: 0.625rem;
          border-block-end: 1px solid var(--line);
        }

        tbody tr:last-child,
        tbody th,
        tbody td {
          border: 0;
        }

        tbody th {
          grid-column: 1 / -1;
        }

        tbody th,
        tbody .number {
          padding: 0;
          text-align: start;
          white-space: normal;
        }

        td::before {
          content: attr(data-label);
          display: block;
          font-size: 0.8125rem;
          font-weight: 400;
          color: var(--ink-soft);
        }
      }
    `,
  ];

  protected override render() {
    const { quantity, trend } = this.view;
    const isCompared = trend.request.previous !== null;
    const isRunning = trend.request.range.toMs > trend.atMs;
    const names: Names = {
      total: `${quantity.isAmount ? 'Total' : 'Mean'}${isRunning ? ' so far' : ''}`,
      change: isRunning ? 'Change so far' : 'Change',
      before: isRunning ? 'Whole period before' : 'Period before',
    };
    return html`<div class="scroll">
      <table>
        <thead>
          <tr>
            <th scope="col">${quantity.label}</th>
            <th scope="col" class="number">${names.total}</th>
            ${
              isCompared
                ? html`<th scope="col" class="number">${names.change}</th>
                    <th scope="col" class="number">${names.before}</th>`
                : nothing
            }
            <th scope="col" class="number">Greatest</th>
            <th scope="col" class="number">Readings received</th>
          </tr>
        </thead>
        <tbody>
          ${summariesOf(this.view).map((summary) => this.row(summary, names, isCompared))}
        </tbody>
      </table>
    </div>`;
  }

  private row(summary: TrendSummary, names: Names, isCompared: boolean) {
    const { quantity, trend, zone } = this.view;
    const text = (value: number | null) => (value === null ? unknown('no data') : quantity.text(value));
    const { greatest, completenessPercent: received } = summary;
    const change = summary.changePercent;
    const signed = change === null ? '' : `${change > 0 ? '+' : ''}${withUnit(numbers.decimals(change, 1), '%')}`;
    return html`<tr>
      <th scope="row">${swatch(summary.colorIndex, false)}${summary.label}</th>
      <td class="number total" data-label=${names.total}>${text(summary.total)}</td>
      ${
        isCompared
          ? html`<td
                class="number"
                data-label=${names.change}
                title="Against the same part of the period before, as far as both have data"
              >
                ${change === null ? unknown('nothing to compare with') : signed}
              </td>
              <td class="number" data-label=${names.before}>
                ${swatch(summary.colorIndex, true)}${text(summary.before)}
              </td>`
          : nothing
      }
      <td class="number" data-label="Greatest">
        ${
          greatest === null
            ? unknown('no data')
            : html`${quantity.text(greatest.value)}
                <span class="small soft"
                  >${bucketText(Date.parse(greatest.bucket.from), trend.request.every, zone)}</span
                >`
        }
      </td>
      <td class="number" data-label="Readings received">
        ${received === null ? unknown('none expected') : withUnit(numbers.percent(received), '%')}
      </td>
    </tr>`;
  }
}

function unknown(reason: string) {
  return html`<span class="soft" title=${reason}>— <span class="small">${reason}</span></span>`;
}

function swatch(colorIndex: number, isBefore: boolean) {
  const paint = (element?: Element) => {
    (element as SVGElement | undefined)?.style.setProperty('color', `var(--chart-${colorIndex})`);
  };
  return html`<svg class=${isBefore ? 'before' : ''} viewBox="0 0 24 12" aria-hidden="true" ${ref(paint)}>
    <line x1="0" y1="6" x2="24" y2="6"></line>
  </svg>`;
}
