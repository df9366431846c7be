// A budget as a bar: what is used against the limit, the bands as ticks, the forecast as a marker. Why drawn by
// attributes: the security policy allows no inline styles.

import { LitElement, css, html, nothing, svg } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { barEnd, stateOf } from '../budgets/words';
import type { Budget } from '../budgets/words';
import { shared } from './shared';

@customElement('wattline-budget-bar')
export class WattlineBudgetBar extends LitElement {
  @property({ attribute: false }) budget!: Budget;
  /** The same for those who do not see it. */
  @property({ attribute: false }) text = '';

  static override styles = [
    shared,
    css`
      svg {
        display: block;
        width: 100%;
        height: 1.75rem;
        overflow: visible;
      }

      .ground {
        fill: var(--sunken);
        stroke: var(--line);
      }

      .used.good {
        fill: var(--ok);
      }

      .used.near {
        fill: var(--yellow);
      }

      .used.over {
        fill: var(--bad);
      }

      .band {
        stroke: var(--ink-soft);
      }

      .limit {
        stroke: var(--ink);
        stroke-width: 2.5;
      }

      .forecast {
        fill: var(--ink);
      }

      .forecast line {
        stroke: var(--ink);
        stroke-dasharray: 3 2;
      }
    `,
  ];

  protected override render() {
    const { standing, bands } = this.budget;
    const { usedPercent, forecastPercent } = standing;
    const end = barEnd(standing);
    const at = (percent: number) => `${Math.min(100, (100 * percent) / end).toFixed(2)}%`;
    const { tone } = stateOf(this.budget);
    return html`<svg role="img" aria-label=${this.text}>
      <rect class="ground" x="0" y="10" width="100%" height="14" rx="3"></rect>
      ${
        usedPercent === null
          ? nothing
          : svg`<rect class="used ${tone}" x="0" y="10" width=${at(Math.max(0, usedPercent))} height="14" rx="3"></rect>`
      }
      ${bands
        .filter((band) => band < end && band !== 100)
        .map((band) => svg`<line class="band" x1=${at(band)} x2=${at(band)} y1="10" y2="24"></line>`)}
      <line class="limit" x1=${at(100)} x2=${at(100)} y1="7" y2="27"></line>
      ${
        forecastPercent === null
          ? nothing
          : svg`<svg class="forecast" x=${at(Math.max(0, forecastPercent))} y="0">
              <line x1="0" x2="0" y1="8" y2="24"></line>
              <path d="M-6 0H6L0 9z"></path>
            </svg>`
      }
    </svg>`;
  }
}
