// The status line: a dot and how it stands with the link. Why it counts seconds by itself: an age that does not move
// would claim that all is well when nothing comes any more.

import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import type { LinkState } from '../live/link';
import { statusOf } from '../live/status';
import { shared } from './shared';

const TICK_MS = 1000;

@customElement('wattline-connection')
export class WattlineConnection extends LitElement {
  @property({ attribute: false }) link!: LinkState;
  @property({ attribute: false }) receivedAtMs: number | null = null;
  @property({ attribute: false }) longestGapMs: number | null = null;
  private timer: ReturnType<typeof setInterval> | undefined;

  static override styles = [
    shared,
    css`
      .pill {
        display: inline-flex;
        align-items: center;
        gap: 0.5rem;
        padding: 0.25rem 0.75rem;
        font-size: 0.875rem;
        font-variant-numeric: tabular-nums;
        border: 1px solid var(--line);
        border-radius: 1rem;
        background: var(--sunken);
      }

      .dot {
        flex: none;
        width: 0.625rem;
        height: 0.625rem;
        border-radius: 50%;
        background: var(--ink-soft);
      }

      .live .dot {
        background: var(--ok);
      }

      .late .dot {
        background: var(--warn);
      }

      /* A ring, so that the states differ by more than colour. */
      .down .dot {
        background: none;
        box-shadow: inset 0 0 0 0.1875rem var(--bad);
      }

      .starting .dot {
        background: none;
        box-shadow: inset 0 0 0 0.125rem var(--ink-soft);
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = setInterval(() => this.requestUpdate(), TICK_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  protected override render() {
    const { link, receivedAtMs, longestGapMs } = this;
    const { tone, text, announcement } = statusOf({ link, receivedAtMs, longestGapMs, nowMs: Date.now() });
    return html`<p class="pill ${tone}"><span class="dot"></span><span class="text">${text}</span></p>
      <p class="spoken" role="status">${announcement}</p>`;
  }
}
