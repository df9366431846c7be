// The page around the views: it owns the feed and hands what is known to the elements. Why one owner: a figure and the
// word that it is live must never come from two places.

import { LitElement, css, html, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';

import { UNKNOWN_CALLER, ask } from '../api/http';
import { callerNow, signOut } from '../api/session';
import type { Caller } from '../api/session';
import { isKioskAt, reloadAtNight } from '../kiosk';
import { Feed } from '../live/feed';
import type { Received } from '../live/feed';
import { statusOf } from '../live/status';
import type { Status } from '../live/status';
import { ToastBoard } from '../live/toast-board';
import { webSocketTransport } from '../live/transport';
import { watchWake } from '../live/wake';
import { routeOf } from '../router';
import type { Found } from '../router';
import { ROUTES } from '../routes';
import type { Route } from '../routes';
import { clockText } from '../site-time';
import { shared } from './shared';
import './wattline-connection';
import './wattline-nav';
import './wattline-toasts';

const SOCKET_PATH = '/graphql/ws';
/** Ages grow. */
const TICK_MS = 1000;
const NAME = 'Wattline';

@customElement('wattline-page')
export class WattlinePage extends LitElement {
  private readonly socketUrl = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}${SOCKET_PATH}`;
  private readonly board = new ToastBoard(() => this.requestUpdate());
  private readonly feed = new Feed(webSocketTransport(this.socketUrl), ask, {
    changed: () => this.requestUpdate(),
    opened: ({ node }) => this.board.add(node, false),
    closed: (anomaly) => this.board.add(anomaly, true),
  });
  /** The figures at which somebody stopped; null while they are live. */
  @state() private paused: Received | null = null;
  @state() private found: Found<Route> | null = null;
  @state() private viewError = '';
  /** Who looks; null if they have to sign in, and undefined while nobody knows. */
  @state() private caller: Caller | null | undefined;
  @state() private isKiosk = isKioskAt(location);
  @query('main') private main!: HTMLElement;
  private ends: (() => void)[] = [];

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
        gap: 0.25rem 1rem;
        padding-block: 0.5rem;
        background: var(--surface);
        border-block-end: 1px solid var(--line);
      }

      h1 {
        display: flex;
        align-items: center;
        gap: 0.625rem;
        margin: 0;
        padding-block: 0.25rem;
        font-size: 1.25rem;
        letter-spacing: -0.01em;
      }

      h1 img {
        width: 1.75rem;
        height: 1.75rem;
      }

      .state {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.5rem;
        margin-inline-start: auto;
      }

      @media (max-width: 44rem) {
        .bar,
        .state {
          column-gap: 0.375rem;
        }

        wattline-nav {
          order: 1;
          width: 100%;
        }
      }

      main {
        flex: 1;
        padding-block: var(--gap) calc(2 * var(--gap));
      }

      /* What loads pushes nothing that is seen. */
      main:has(+ .foot) {
        min-height: calc(100vh - 4rem);
      }

      main:focus {
        outline: none;
      }

      .foot {
        padding-block: 0.75rem;
        font-size: 0.875rem;
        color: var(--ink-soft);
        border-block-start: 1px solid var(--line);
      }

      .foot a {
        color: var(--accent);
      }

      code {
        font-family: var(--mono);
        font-size: 0.9375em;
        overflow-wrap: anywhere;
      }

      @media print {
        wattline-nav,
        wattline-toasts,
        .foot {
          display: none;
        }

        .bar,
        main {
          padding-inline: 0;
        }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    addEventListener('hashchange', this.onHash);
    addEventListener(UNKNOWN_CALLER, this.onUnknownCaller);
    const timer = setInterval(() => this.requestUpdate(), TICK_MS);
    this.ends = [
      () => removeEventListener('hashchange', this.onHash),
      () => removeEventListener(UNKNOWN_CALLER, this.onUnknownCaller),
      () => clearInterval(timer),
      watchWake((isNewNetwork) => this.feed.wake(isNewNetwork)),
      () => this.feed.stop(),
      () => this.board.stop(),
    ];
    if (this.isKiosk) this.ends.push(reloadAtNight());
    this.feed.start();
    void this.onUnknownCaller();
    void this.open();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const end of this.ends) end();
  }

  protected override render() {
    const { isKiosk, board } = this;
    const status = this.status();
    return html`
      <header class="bar">
        <h1><img src="/favicon.svg" alt="" />${NAME}</h1>
        ${isKiosk ? nothing : html`<wattline-nav .current=${this.found?.route.pattern ?? ''}></wattline-nav>`}
        <div class="state">
          ${isKiosk ? nothing : [this.signOutButton(), this.pauseButton()]}
          <wattline-connection .status=${status}></wattline-connection>
        </div>
      </header>
      <main tabindex="-1">${this.view(status)}</main>
      ${isKiosk ? nothing : this.foot()}
      <wattline-toasts .toasts=${board.toasts} .announcement=${board.announcement} .board=${board} ?still=${isKiosk}>
      </wattline-toasts>
    `;
  }

  private view(status: Status) {
    const { feed, paused, isKiosk } = this;
    if (this.caller === null) return html`<wattline-sign-in></wattline-sign-in>`;
    if (this.viewError !== '') {
      return html`<h2>${this.viewError}</h2>
        <p><button type="button" @click=${() => location.reload()}>Load the page again</button></p>`;
    }
    if (!this.found) return nothing;
    const received = paused ?? feed.received;
    const isOld = paused !== null || status.isOld || feed.statsError !== null;
    const stale = received && isOld ? clockText(received.stats.asOf, feed.zone, Date.now()) : '';
    return this.found.route.template(this.found, { feed, received, stale, isKiosk });
  }

  private status(): Status {
    const { paused, feed } = this;
    const status = statusOf({ ...feed.facts, nowMs: Date.now() });
    if (!paused) return status;
    const text = `paused at ${clockText(paused.stats.asOf, feed.zone, Date.now())}`;
    return { tone: 'waiting', text, announcement: 'Paused.', isOld: true };
  }

  private pauseButton() {
    const { paused, feed } = this;
    const toggle = () => {
      this.paused = paused ? null : feed.received;
    };
    return html`<button type="button" ?disabled=${feed.received === null} @click=${toggle}>
      ${paused ? 'Live' : 'Pause'}
    </button>`;
  }

  private signOutButton() {
    if (this.caller?.kind !== 'session') return nothing;
    const leave = async () => {
      await signOut();
      location.reload();
    };
    return html`<button type="button" title=${`Signed in as ${this.caller.name}`} @click=${leave}>Sign out</button>`;
  }

  /** Asks who looks; whom the server does not know is asked to sign in, and nothing else is asked meanwhile. */
  private readonly onUnknownCaller = async (): Promise<void> => {
    if (this.caller === null) return;
    const caller = await callerNow();
    if (caller === undefined) return;
    if (caller === null) {
      this.feed.stop();
      await import('./wattline-sign-in');
    }
    this.caller = caller;
  };

  private foot() {
    return html`<footer class="foot">
      Live over GraphQL at <code>${this.socketUrl}</code> (graphql-transport-ws); queries by POST to
      <code>/graphql</code>, to be tried in the <a href="/graphiql">playground</a>. For a screen on the wall:
      <a href="/#/kiosk">kiosk</a>
    </footer>`;
  }

  private readonly onHash = async (): Promise<void> => {
    const before = this.found?.route;
    await this.open();
    await this.updateComplete;
    // Another filter of the same view leaves the focus where it is.
    if (this.found?.route === before) return;
    scrollTo(0, 0);
    this.main.focus({ preventScroll: true });
  };

  /** Shows what the address asks for. */
  private async open(): Promise<void> {
    const { hash } = location;
    const found = routeOf(ROUTES, hash);
    const viewError = found ? await loadError(found.route) : 'There is no such page.';
    if (hash !== location.hash) return;
    this.isKiosk = isKioskAt(location);
    this.found = found;
    this.viewError = viewError;
    document.title = found && found.route.pattern !== '/' ? `${found.route.title} · ${NAME}` : NAME;
    document.documentElement.classList.toggle('kiosk', this.isKiosk);
  }
}

/** Loads a view; a sentence if that fails, as with a page that is older than its server. */
async function loadError(route: Route): Promise<string> {
  try {
    await route.load();
    return '';
  } catch {
    return 'This view could not be loaded.';
  }
}
