// The first page: it owns the feed and hands what is known to the elements. Why one owner: a figure and the word that it
// is live must never come from two places.

import { LitElement, css, html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';

import { askOverHttp } from '../api/http';
import { Numbers } from '../format/numbers';
import { clockText } from '../format/times';
import { Feed } from '../live/feed';
import { webSocketTransport } from '../live/transport';
import { tilesOf } from '../tiles';
import { shared } from './shared';
import './wattline-anomalies';
import './wattline-connection';
import './wattline-first-reading';
import './wattline-notice';
import './wattline-tile';

const SOCKET_PATH = '/graphql/ws';
const numbers = new Numbers();

@customElement('wattline-page')
export class WattlinePage extends LitElement {
  private readonly socketUrl = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${SOCKET_PATH}`;
  private readonly feed = new Feed(webSocketTransport(this.socketUrl), askOverHttp, () => this.requestUpdate());

  static override styles = [
    shared,
    css`
      :host {
        display: flex;
        flex-direction: column;
        min-height: 100vh;
      }

      .bar,
      main,
      .foot {
        padding-inline: clamp(0.875rem, 2.5vw, 2.5rem);
      }

      .bar {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        justify-content: space-between;
        gap: 0.5rem 1rem;
        padding-block: 0.75rem;
        background: var(--surface);
        border-block-end: 1px solid var(--line);
      }

      h1 {
        display: flex;
        align-items: center;
        gap: 0.625rem;
        margin: 0;
        font-size: 1.25rem;
        letter-spacing: -0.01em;
      }

      h1 img {
        width: 1.75rem;
        height: 1.75rem;
      }

      main {
        flex: 1;
        padding-block: var(--gap) calc(2 * var(--gap));
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

      .times {
        font-size: 0.875rem;
        font-variant-numeric: tabular-nums;
        color: var(--ink-soft);
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

      .foot {
        padding-block: 0.75rem;
        font-size: 0.875rem;
        color: var(--ink-soft);
        border-block-start: 1px solid var(--line);
      }

      code {
        font-family: var(--mono);
        font-size: 0.9375em;
        overflow-wrap: anywhere;
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('online', this.retryNow);
    document.addEventListener('visibilitychange', this.onVisibility);
    this.feed.start();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    removeEventListener('online', this.retryNow);
    document.removeEventListener('visibilitychange', this.onVisibility);
    this.feed.stop();
  }

  protected override render() {
    const { link, received, longestGapMs, isCutOff, statsError, trail } = this.feed;
    return html`
      <header class="bar">
        <h1><img src="/favicon.svg" alt="" />Wattline</h1>
        <wattline-connection .link=${link.state} .receivedAtMs=${received?.atMs ?? null} .longestGapMs=${longestGapMs}>
        </wattline-connection>
      </header>
      <main>
        <wattline-notice
          ?cutOff=${isCutOff}
          ?canRetry=${link.state.kind === 'waiting'}
          .statsError=${statsError}
          .figuresOf=${this.figuresOf()}
          @retry-now=${this.retryNow}
        ></wattline-notice>
        ${received?.stats.totalReadings === 0 ? html`<wattline-first-reading></wattline-first-reading>` : nothing}
        ${this.statistics()}
        <wattline-anomalies .list=${trail.list} .error=${trail.error} ?isLoaded=${trail.isLoaded}></wattline-anomalies>
      </main>
      <footer class="foot">
        Live over GraphQL at <code>${this.socketUrl}</code> (graphql-transport-ws); queries by POST to
        <code>/graphql</code>.
      </footer>
    `;
  }

  private statistics() {
    const { received, isCurrent } = this.feed;
    const stale = received && !isCurrent ? this.figuresOf() : '';
    const tiles = tilesOf(received?.stats ?? null, numbers);
    return html`<section aria-labelledby="electricity">
      <div class="heading">
        <h2 id="electricity">Electricity of the plant</h2>
        <p class="times">${this.times()}</p>
      </div>
      <div class="tiles">${tiles.map((tile) => html`<wattline-tile .tile=${tile} .stale=${stale}></wattline-tile>`)}</div>
    </section>`;
  }

  private figuresOf(): string {
    const { received } = this.feed;
    return received ? clockText(received.stats.asOf, Date.now()) : '';
  }

  private times() {
    const { received } = this.feed;
    if (!received) return nothing;
    const { asOf, lastReadingAt } = received.stats;
    const time = (instant: string) => html`<time datetime=${instant} title=${instant}>${clockText(instant, Date.now())}</time>`;
    return html`as of ${time(asOf)}${lastReadingAt === null ? nothing : html` · last reading ${time(lastReadingAt)}`}`;
  }

  private readonly retryNow = (): void => this.feed.link.retryNow();

  private readonly onVisibility = (): void => {
    if (!document.hidden) this.retryNow();
  };
}
