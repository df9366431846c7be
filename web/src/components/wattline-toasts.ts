// The pop-ups about anomalies. Why the spoken text stands apart: it is polite, it sums up a burst, and it is not read
// again when a pop-up goes.

import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { whatText } from '../format/anomalies';
import type { ToastBoard } from '../live/toast-board';
import { NO_TOASTS, titleOf } from '../live/toasts';
import type { Toast, Toasts } from '../live/toasts';
import { hashOf } from '../router';
import { icon } from './icons';
import { LastingList } from './lasting-list';
import { shared } from './shared';

@customElement('wattline-toasts')
export class WattlineToasts extends LitElement {
  @property({ attribute: false }) toasts: Toasts = NO_TOASTS;
  @property({ attribute: false }) announcement = '';
  @property({ attribute: false }) board!: ToastBoard;
  /** Nobody is there to dismiss them. */
  @property({ type: Boolean }) still = false;

  private readonly shown = new LastingList<Toast>(
    ({ key }) => key,
    (toast) => this.toast(toast),
  );

  static override styles = [
    shared,
    css`
      .stack {
        position: fixed;
        inset-block-end: 1rem;
        inset-inline-end: 1rem;
        z-index: 1;
        width: min(24rem, calc(100vw - 2rem));
      }

      ol {
        display: grid;
        gap: 0.5rem;
        list-style: none;
      }

      li {
        display: grid;
        grid-template-columns: auto 1fr auto;
        gap: 0 0.75rem;
        align-items: start;
        padding: 0.75rem 0.5rem 0.75rem 0.875rem;
        background: var(--warn-ground);
        border: 1px solid var(--warn-line);
        border-inline-start: 0.25rem solid var(--warn);
        border-radius: var(--radius);
        box-shadow: 0 0.25rem 1rem rgb(0 0 0 / 18%);
        animation: arrive 0.25s ease-out;
      }

      li.critical {
        background: var(--bad-ground);
        border-color: var(--bad);
      }

      li.over {
        background: var(--surface);
        border-color: var(--ok);
      }

      @keyframes arrive {
        from {
          opacity: 0;
          transform: translateY(0.75rem);
        }
      }

      @media (prefers-reduced-motion: reduce) {
        li {
          animation: none;
        }
      }

      .icon {
        width: 1.375rem;
        height: 1.375rem;
        color: var(--warn);
      }

      .critical .icon {
        color: var(--bad);
      }

      .over .icon {
        color: var(--ok);
      }

      .text {
        min-width: 0;
      }

      .title {
        font-weight: 650;
      }

      .what {
        display: -webkit-box;
        overflow: hidden;
        overflow-wrap: anywhere;
        -webkit-box-orient: vertical;
        -webkit-line-clamp: 3;
        line-clamp: 3;
      }

      @media (max-width: 34rem) {
        li {
          padding-block: 0.375rem;
        }

        .what {
          -webkit-line-clamp: 1;
          line-clamp: 1;
        }
      }

      .close {
        padding: 0 0.5rem;
        font-size: 1.25rem;
        line-height: 1.5;
        font-weight: 400;
        background: none;
        border-color: transparent;
      }

      .more {
        display: flex;
        align-items: center;
        justify-content: space-between;
        margin-block-end: 0.5rem;
        padding: 0.375rem 0.5rem 0.375rem 0.875rem;
        font-size: 0.875rem;
        background: var(--surface);
        border: 1px solid var(--line);
        border-radius: var(--radius);
      }

      .more a {
        color: var(--accent);
      }
    `,
  ];

  protected override render() {
    return html`${this.toasts.shown.length === 0 ? nothing : this.stack()}
      <p class="spoken" aria-live="polite">${this.announcement}</p>`;
  }

  protected override updated(): void {
    // Who pointed at the last one points at nothing now, and no event says so.
    if (this.toasts.shown.length === 0) this.board.hold(false);
  }

  private stack() {
    const hold = () => this.board.hold(true);
    const release = () => this.board.hold(false);
    return html`<section
      class="stack"
      aria-label="New anomalies"
      @pointerenter=${hold}
      @pointerleave=${release}
      @focusin=${hold}
      @focusout=${release}
    >
      ${this.toasts.more > 0 ? this.more() : nothing} ${this.shown.draw(this.toasts.shown)}
    </section>`;
  }

  private more() {
    const text = `and ${this.toasts.more} more`;
    if (this.still) return html`<p class="more">${text}</p>`;
    return html`<p class="more">
      <a href=${hashOf('/anomalies')}>${text}</a>
      <button type="button" @click=${() => this.board.dismissAll()}>Dismiss all</button>
    </p>`;
  }

  private toast(toast: Toast) {
    const { anomaly, isOver, key } = toast;
    const isCritical = anomaly.severity === 'CRITICAL';
    const title = titleOf(toast);
    return html`<li class=${isOver ? 'over' : isCritical ? 'critical' : 'warning'}>
      ${icon(isOver ? 'ok' : isCritical ? 'critical' : 'warning')}
      <div class="text">
        <p class="title">${title} · ${anomaly.machine.name}</p>
        <p class="what">${whatText(anomaly)}</p>
      </div>
      ${this.still
        ? nothing
        : html`<button
            class="close"
            type="button"
            aria-label="Dismiss: ${title}, ${anomaly.machine.name}"
            @click=${() => this.board.dismiss(key)}
          >
            ×
          </button>`}
    </li>`;
  }
}
