// One number that counts up to its value, from zero at first. Why two texts: digits that tick would be read out over and over, so they are
// hidden from screen readers, which get the value once it is final.

import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';

import { ticker } from '../motion/ticker';
import type { Figure } from '../figures';
import { shared } from './shared';

const UNKNOWN = '—';

@customElement('wattline-figure')
export class WattlineFigure extends LitElement {
  @property({ attribute: false }) figure!: Figure;
  @query('.digits') private digits!: HTMLElement;
  /** What the digits stand for now, on the way to the figure's value. */
  private shownValue: number | null = null;
  /** Where they are going. */
  private targetValue: number | null = null;

  static override styles = [
    shared,
    css`
      :host {
        display: inline-block;
        position: relative;
        font-variant-numeric: tabular-nums;
        white-space: nowrap;
      }

      .unit {
        margin-inline-start: var(--figure-unit-gap, 0.25em);
        font-size: var(--figure-unit-size, 1em);
        font-weight: var(--figure-unit-weight, inherit);
        color: var(--ink-soft);
      }
    `,
  ];

  protected override render() {
    const { value, unit, exact, digits, reason } = this.figure;
    const isKnown = value !== null;
    return html`<span aria-hidden="true" title=${isKnown ? exact : reason}
        ><span class="digits"></span>${isKnown && unit ? html`<span class="unit">${unit}</span>` : nothing}</span
      ><span class="spoken">${isKnown ? `${digits(value)} ${unit}`.trim() : reason}</span>`;
  }

  protected override updated(): void {
    const { value } = this.figure;
    if (value === null) {
      ticker.drop(this);
      this.draw(null);
    } else if (value !== this.targetValue) {
      ticker.tween(this, this.shownValue ?? 0, value, (shown) => this.draw(shown));
    } else if (!ticker.isMoving(this)) {
      this.draw(value);
    }
    this.targetValue = value;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    ticker.drop(this);
  }

  private draw(value: number | null): void {
    this.shownValue = value;
    const text = value === null ? UNKNOWN : this.figure.digits(value);
    if (this.digits.textContent !== text) this.digits.textContent = text;
  }
}
