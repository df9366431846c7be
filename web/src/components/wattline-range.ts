// Chooses the stretch of time. Why buttons and not a menu: what can be chosen is seen, and each is one press away.

import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';

import { inputInstant, inputText } from '../site-time';
import { rangeText } from '../trends/labels';
import { PERIODS, stepped } from '../trends/ranges';
import type { Period, Range, RangeChoice } from '../trends/ranges';
import { controls } from './controls';
import { shared } from './shared';

const LABELS: Record<Period, string> = { hour: 'Hour', day: 'Day', week: 'Week', month: 'Month', year: 'Year' };

@customElement('wattline-range')
export class WattlineRange extends LitElement {
  @property({ attribute: false }) choice!: RangeChoice;
  /** What the choice comes to now. */
  @property({ attribute: false }) range!: Range;
  @property() zone = 'UTC';
  @state() private isEditing = false;
  @state() private mistake = '';
  @query('#from') private from!: HTMLInputElement;
  @query('#to') private to!: HTMLInputElement;

  static override styles = [
    shared,
    controls,
    css`
      strong {
        font-size: 1.0625rem;
      }

      form {
        margin-block-start: 0.625rem;
      }

      label {
        display: inline-flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.25rem 0.5rem;
      }
    `,
  ];

  protected override render() {
    const { choice } = this;
    const isPeriod = choice.kind !== 'custom';
    return html`<div class="row">
        <div class="group" role="group" aria-label="Range">
          ${PERIODS.map(
            (kind) =>
              html`<button
                type="button"
                aria-pressed=${choice.kind === kind}
                @click=${() => this.choose({ kind, atMs: null })}
              >
                ${LABELS[kind]}
              </button>`,
          )}
          <button type="button" aria-pressed=${!isPeriod} aria-expanded=${this.isEditing} @click=${this.edit}>
            Custom
          </button>
        </div>
        ${
          isPeriod
            ? html`<div class="group" role="group" aria-label="Other ${choice.kind}s">
                <button type="button" aria-label="Earlier ${choice.kind}" @click=${() => this.step(1)}>‹</button>
                <button
                  type="button"
                  aria-label="Later ${choice.kind}"
                  ?disabled=${choice.atMs === null}
                  @click=${() => this.step(-1)}
                >
                  ›
                </button>
              </div>`
            : nothing
        }
        <strong aria-live="polite">${rangeText(this.range, this.zone)}</strong>
      </div>
      ${this.isEditing ? this.fields() : nothing}`;
  }

  private fields() {
    const { fromMs, toMs } = this.range;
    return html`<form class="row" @submit=${this.apply}>
      <label>From <input id="from" type="datetime-local" required .value=${inputText(fromMs, this.zone)} /></label>
      <label>to <input id="to" type="datetime-local" required .value=${inputText(toMs, this.zone)} /></label>
      <button type="submit" class="first">Show</button>
      <span class="small soft">Clock of the plant: ${this.zone}</span>
      <span class="small" role="alert">${this.mistake}</span>
    </form>`;
  }

  private edit(): void {
    this.isEditing = !this.isEditing;
    this.mistake = '';
  }

  private apply(event: Event): void {
    event.preventDefault();
    const fromMs = inputInstant(this.from.value, this.zone);
    const toMs = inputInstant(this.to.value, this.zone);
    if (fromMs === null || toMs === null || fromMs >= toMs) {
      this.mistake = 'The end must come after the begin.';
      return;
    }
    this.isEditing = false;
    this.choose({ kind: 'custom', fromMs, toMs });
  }

  private step(by: number): void {
    const { kind } = this.range;
    if (kind !== 'custom') this.choose(stepped({ ...this.range, kind }, by, Date.now(), this.zone));
  }

  private choose(choice: RangeChoice): void {
    this.mistake = '';
    this.dispatchEvent(new CustomEvent<RangeChoice>('range-choice', { detail: choice }));
  }
}
