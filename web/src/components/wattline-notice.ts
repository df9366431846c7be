// Says that the figures are not those of now, and why. Why apart from the status line: a wall screen is read from afar,
// and figures that stand still must not pass for live ones.

import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { icon } from './icons';
import { shared } from './shared';

@customElement('wattline-notice')
export class WattlineNotice extends LitElement {
  @property({ type: Boolean }) cutOff = false;
  /** The server's sentence; null if it gave none. */
  @property({ attribute: false }) statsError: string | null = null;
  /** The time that the figures are of; empty if there are none. */
  @property({ attribute: false }) figuresOf = '';
  /** Whether there is a next attempt to bring forward. */
  @property({ type: Boolean }) canRetry = false;

  static override styles = [
    shared,
    css`
      .notice {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem 0.75rem;
        margin-block-end: var(--gap);
        padding: 0.625rem 1rem;
        background: var(--warn-ground);
        border: 1px solid var(--warn-line);
        border-radius: var(--radius);
      }

      .icon {
        flex: none;
        width: 1.5rem;
        height: 1.5rem;
        color: var(--warn);
      }

      p {
        flex: 1 1 16rem;
      }
    `,
  ];

  protected override render() {
    if (!this.cutOff && this.statsError === null) return nothing;
    return html`<div class="notice">
      ${icon('warning')}
      ${this.cutOff
        ? html`<p><strong>No link to the server.</strong> ${this.consequence()}</p>`
        : html`<p role="alert"><strong>${this.statsError}</strong> ${this.consequence()}</p>`}
      ${this.cutOff && this.canRetry ? html`<button type="button" @click=${this.retry}>Try now</button>` : nothing}
    </div>`;
  }

  private consequence(): string {
    return this.figuresOf === '' ? 'There are no figures yet.' : `The last figures are those of ${this.figuresOf}.`;
  }

  private retry(): void {
    this.dispatchEvent(new CustomEvent('retry-now', { bubbles: true, composed: true }));
  }
}
