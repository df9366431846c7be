// The overview: eight tiles, and what was odd. Why the tiles are made anew only with new figures: the page draws every
// second, because ages grow, and that must not touch what has not changed.

import { LitElement, css, html, nothing } from 'lit';
import type { PropertyValues } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';

import type { Figure } from '../figures';
import { Numbers } from '../format/numbers';
import type { Received } from '../live/feed';
import { hashOf } from '../router';
import type { PageState } from '../routes';
import { clockText } from '../site-time';
import { factsOf, tilesOf } from '../tiles';
import type { Tile } from '../tiles';
import { shared } from './shared';
import './wattline-anomalies';
import './wattline-figure';
import './wattline-first-reading';
import './wattline-notice';
import './wattline-tile';

const numbers = new Numbers();

@customElement('wattline-overview')
export class WattlineOverview extends LitElement {
  @property({ attribute: false }) page!: PageState;
  @state() private isTodayLoaded = false;
  private sight: IntersectionObserver | null = null;
  private shown: Received | null | undefined;
  private tiles: Tile[] = [];
  private facts: Figure[] = [];

  static override styles = [
    shared,
    css`
      :host {
        container-type: inline-size;
      }

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

      .facts,
      .times {
        font-size: 0.875rem;
        font-variant-numeric: tabular-nums;
        color: var(--ink-soft);
      }

      .facts {
        flex: 1 1 auto;
      }

      .facts span + span::before {
        content: '· ';
      }

      /* Their room is kept until they are known. */
      .times {
        min-height: 1.4em;
      }

      @container (max-width: 34rem) {
        .facts,
        .times {
          flex-basis: 100%;
        }
      }

      .facts wattline-figure {
        font-weight: 600;
        color: var(--ink);
      }

      /* Eight tiles fill one, two or four columns without a hole. */
      .tiles {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--gap);
      }

      @container (min-width: 34rem) {
        .tiles {
          grid-auto-rows: minmax(auto, 1fr);
          grid-template-columns: repeat(2, minmax(0, 1fr));
        }
      }

      @container (min-width: 60rem) {
        .tiles {
          grid-template-columns: repeat(4, minmax(0, 1fr));
        }
      }

      .below {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: var(--gap);
        margin-block-start: calc(1.5 * var(--gap));
      }

      @container (min-width: 60rem) {
        .below:has(.today) {
          grid-template-columns: minmax(0, 3fr) minmax(0, 2fr);
        }
      }

      .today {
        display: flex;
        flex-direction: column;
      }

      .panel {
        flex: 1;
      }

      .today a {
        font-size: 0.875rem;
        color: var(--accent);
      }

      .panel {
        --chart-height: clamp(11rem, 38vh, 40rem);
        box-sizing: border-box;
        min-height: calc(var(--chart-height) + 3.25rem);
        padding: 0.75rem 1.125rem;
        background: var(--surface);
        border: 1px solid var(--line);
        border-radius: var(--radius);
        box-shadow: var(--shadow);
      }

      .still {
        --chart-hint: none;
        --chart-height: clamp(11rem, 33vh, 40rem);
        pointer-events: none;
      }

      @media print {
        .tiles {
          grid-template-columns: repeat(4, minmax(0, 1fr));
          break-inside: avoid;
        }
      }
    `,
  ];

  protected override willUpdate(_: PropertyValues<this>): void {
    const { received } = this.page;
    if (received === this.shown) return;
    this.shown = received;
    this.tiles = tilesOf(received?.stats ?? null, numbers);
    this.facts = factsOf(received?.stats ?? null, numbers);
  }

  protected override render() {
    const { feed, received, stale, isKiosk } = this.page;
    const { link, isCutOff, statsError, trail } = feed;
    return html`
      <wattline-notice
        ?cutOff=${isCutOff && (received === null || stale !== '')}
        ?canRetry=${!isKiosk && link.state.kind === 'waiting'}
        .statsError=${statsError}
        .figuresOf=${received ? clockText(received.stats.asOf, feed.zone, Date.now()) : ''}
        @retry-now=${() => link.retryNow()}
      ></wattline-notice>
      ${received?.stats.totalReadings === 0 ? html`<wattline-first-reading></wattline-first-reading>` : nothing}
      <section aria-labelledby="electricity">
        <div class="heading">
          <h2 id="electricity">Electricity of the plant</h2>
          <p class="facts">${this.facts.map((figure) => html`${this.fact(figure)} `)}</p>
          <p class="times">${this.times()}</p>
        </div>
        <div class="tiles">
          ${this.tiles.map((tile) => html`<wattline-tile .tile=${tile} .stale=${stale}></wattline-tile>`)}
        </div>
      </section>
      <div class="below">
        ${received?.stats.totalReadings === 0 ? nothing : this.today(stale === '', isKiosk)}
        <wattline-anomalies
          .list=${trail.list}
          .error=${trail.error}
          ?isLoaded=${trail.isLoaded}
          ?hasLink=${!isKiosk}
        ></wattline-anomalies>
      </div>
    `;
  }

  private today(isLive: boolean, isKiosk: boolean) {
    return html`<section class="today" aria-labelledby="today">
      <div class="heading">
        <h2 id="today">Power today</h2>
        ${isKiosk ? nothing : html`<a href=${hashOf('/trends')}>All trends</a>`}
      </div>
      <div class="panel ${isKiosk ? 'still' : ''}">
        ${this.isTodayLoaded ? html`<wattline-today .isLive=${isLive}></wattline-today>` : nothing}
      </div>
    </section>`;
  }

  /** Once somebody sees where it stands: the figures come first, and on a phone it is far below them. */
  protected override updated(): void {
    const place = this.renderRoot.querySelector('.today');
    if (!place || this.sight || this.page.received === null) return;
    this.sight = new IntersectionObserver((entries) => {
      if (entries.some(({ isIntersecting }) => isIntersecting)) void this.loadToday();
    });
    this.sight.observe(place);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sight?.disconnect();
    this.sight = null;
  }

  private async loadToday(): Promise<void> {
    this.sight?.disconnect();
    try {
      await import('./wattline-today');
      this.isTodayLoaded = true;
    } catch {
      // The figures stand without it.
    }
  }

  private fact(figure: Figure) {
    return html`<span
      ><wattline-figure data-statistic=${figure.statistic} .figure=${figure}></wattline-figure> ${figure.label}</span
    >`;
  }

  private times() {
    const { feed, received } = this.page;
    if (!received) return nothing;
    const { asOf, lastReadingAt } = received.stats;
    const time = (instant: string) =>
      html`<time datetime=${instant} title=${instant}>${clockText(instant, feed.zone, Date.now())}</time>`;
    return html`as of ${time(asOf)}${lastReadingAt === null ? nothing : html` · last reading ${time(lastReadingAt)}`}`;
  }
}
