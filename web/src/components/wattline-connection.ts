// The status line: a dot and how it stands with the link. Why words beside the dot: red and green are the same to some
// people, and a colour does not say since when.

import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import type { Status } from '../live/status';
import { shared } from './shared';

@customElement('wattline-connection')
export class WattlineConnection extends LitElement {
  @property({ attribute: false }) status!: Status;

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

      @media (max-width: 44rem) {
        .pill {
          gap: 0.375rem;
          padding-inline: 0.5rem;
        }
      }

      .dot {
        flex: none;
        position: relative;
        width: 0.625rem;
        height: 0.625rem;
        border-radius: 50%;
        background: var(--ink-soft);
      }

      .live .dot {
        background: var(--ok);
      }

      .live .dot::after {
        content: '';
        position: absolute;
        inset: 0;
        border-radius: 50%;
        background: var(--ok);
        animation: pulse 2s ease-out infinite;
      }

      @keyframes pulse {
        from {
          opacity: 0.7;
        }

        to {
          opacity: 0;
          transform: scale(2.1);
        }
      }

      @media (prefers-reduced-motion: reduce) {
        .live .dot::after {
          animation: none;
        }
      }

      .waiting .dot {
        background: var(--yellow);
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

  protected override render() {
    const { tone, text, announcement } = this.status;
    return html`<p class="pill ${tone}"><span class="dot"></span><span class="text">${text}</span></p>
      <p class="spoken" role="status">${announcement}</p>`;
  }
}
