// The latest anomalies, by their begin, the latest first. Why beside the pop-ups: what appears and vanishes is missed by
// whoever looked away; here a new one is marked, and stays.

import { LitElement, css, html, nothing } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { zoneOf } from '../api/operations';
import { QUIET_REASONS, QUIET_TEXT, kindText, measureText, statusText, whatText } from '../format/anomalies';
import { Numbers } from '../format/numbers';
import { latestFirst } from '../live/anomaly-list';
import type { AnomalyList, ListedAnomaly } from '../live/anomaly-list';
import { hashOf } from '../router';
import { clockText } from '../site-time';
import { LastingList } from './lasting-list';
import { anomalyLists, severities, severityText, shared } from './shared';

const numbers = new Numbers();
/** How many are shown. */
const SHOWN_ANOMALIES = 5;

@customElement('wattline-anomalies')
export class WattlineAnomalies extends LitElement {
  /** Oldest first, as they were found. */
  @property({ attribute: false }) list: AnomalyList = [];
  @property({ type: Boolean }) isLoaded = false;
  /** A sentence; null while all is well. */
  @property({ attribute: false }) error: string | null = null;
  /** Whether there is a way to all of them. */
  @property({ type: Boolean }) hasLink = false;

  private readonly shown = new LastingList<ListedAnomaly>(
    ({ cursor }) => cursor,
    (listed) => this.row(listed),
  );

  static override styles = [
    shared,
    anomalyLists,
    severities,
    css`
      .heading {
        display: flex;
        flex-wrap: wrap;
        align-items: baseline;
        justify-content: space-between;
        gap: 0 1rem;
        margin-block-end: 0.5rem;
      }

      h2 {
        font-size: 1.0625rem;
      }

      a {
        font-size: 0.875rem;
        color: var(--accent);
      }

      li {
        display: grid;
        grid-template-columns: 7rem minmax(6rem, 12rem) 1fr auto;
        gap: 0.125rem 1rem;
        align-items: baseline;
        padding: 0.625rem 1.125rem;
      }

      .machine {
        font-weight: 600;
        overflow-wrap: anywhere;
      }

      .what {
        overflow-wrap: anywhere;
      }

      .measure {
        color: var(--ink-soft);
        font-variant-numeric: tabular-nums;
      }

      .chip {
        padding: 0 0.5rem;
        font-size: 0.8125rem;
        color: var(--ink-soft);
        border: 1px solid var(--line);
        border-radius: 1rem;
        white-space: nowrap;
      }

      time {
        color: var(--ink-soft);
        font-size: 0.875rem;
        font-variant-numeric: tabular-nums;
        text-align: end;
      }

      .new {
        animation: arrive 12s ease-out;
      }

      @keyframes arrive {
        from {
          background: var(--warn-ground);
        }
      }

      .new.critical {
        animation-name: arrive-critical;
      }

      @keyframes arrive-critical {
        from {
          background: var(--bad-ground);
        }
      }

      @media (prefers-reduced-motion: reduce) {
        .new {
          animation-timing-function: step-end;
        }
      }

      :host {
        container-type: inline-size;
      }

      /* Beside the chart: who and when, then what. */
      @container (max-width: 50rem) {
        li {
          grid-template-columns: auto 1fr auto;
          padding-block: 0.5rem;
        }

        time {
          grid-row: 1;
          grid-column: 3;
        }

        .what {
          grid-column: 1 / -1;
          font-size: 0.9375rem;
        }
      }

      @container (max-width: 26rem) {
        li {
          grid-template-columns: 1fr auto;
        }

        .machine {
          grid-column: 1 / -1;
        }

        time {
          grid-column: 2;
        }
      }
    `,
  ];

  protected override render() {
    return html`<section aria-labelledby="title">
      <div class="heading">
        <h2 id="title">Latest anomalies</h2>
        ${this.hasLink ? html`<a href=${hashOf('/anomalies')}>All anomalies</a>` : nothing}
      </div>
      ${this.error === null ? nothing : html`<p class="error" role="alert">${this.error}</p>`}
      ${this.list.length > 0 ? this.rows() : this.none()}
    </section>`;
  }

  private rows() {
    return this.shown.draw(latestFirst(this.list, SHOWN_ANOMALIES));
  }

  private row({ node, isNew }: ListedAnomaly) {
    const isCritical = node.severity === 'CRITICAL';
    const measure = measureText(node, numbers);
    return html`<li class="${isCritical ? 'critical' : 'warning'} ${isNew ? 'new' : ''}">
      ${severityText(node.severity)}
      <span class="machine">${node.machine.name}</span>
      <span class="what"
        ><span class="chip">${kindText(node.kind)}</span> ${node.message ? whatText(node) : nothing}
        ${measure ? html`<span class="measure">(${measure})</span>` : nothing}
        ${node.isQuiet ? html`<span class="chip" title=${QUIET_REASONS}>${QUIET_TEXT}</span>` : nothing}
        ${node.status === 'OPEN' ? nothing : html`<span class="chip">${statusText(node)}</span>`}</span
      >
      <time datetime=${node.startedAt} title="began ${node.startedAt}, found ${node.detectedAt}"
        >${clockText(node.startedAt, zoneOf(node), Date.now())}</time
      >
    </li>`;
  }

  private none() {
    if (this.error !== null && !this.isLoaded) return nothing;
    return html`<p class="none">${this.isLoaded ? 'None so far.' : 'Not loaded yet.'}</p>`;
  }
}
