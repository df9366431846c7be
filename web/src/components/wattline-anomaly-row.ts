// One anomaly with all that is known of it, and what people do about it. Why a name is asked for: "who" belongs to
// "seen" and "resolved", and there are no accounts; the browser remembers it.

import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';

import { DEEDS, DEED_TEXTS, NOTE_LENGTH, done, saidIn } from '../anomaly-deeds';
import type { Deed } from '../anomaly-deeds';
import { sentenceOf } from '../api/http';
import { zoneOf } from '../api/operations';
import type { AnomalyChange, StoriedAnomaly } from '../api/operations';
import {
  QUIET_REASONS,
  QUIET_TEXT,
  changeText,
  kindText,
  lastingText,
  measureText,
  ruleText,
  statusText,
  whatText,
} from '../format/anomalies';
import { Numbers } from '../format/numbers';
import { clockText } from '../site-time';
import { storeName, storedName } from '../stored-name';
import { severities, severityText, shared } from './shared';

/** How long it goes on is written anew. */
const AGES_EVERY_MS = 10_000;
const numbers = new Numbers();

@customElement('wattline-anomaly-row')
export class WattlineAnomalyRow extends LitElement {
  @property({ attribute: false }) anomaly!: StoriedAnomaly;
  /** Whether the machine is said, where the list is not of one machine. */
  @property({ attribute: false }) isNamed = true;
  /** What somebody is about to do. */
  @state() private deed: Deed | null = null;
  @state() private isSending = false;
  @state() private error = '';
  private timer: ReturnType<typeof setInterval> | undefined;

  static override styles = [
    shared,
    severities,
    css`
      :host {
        container-type: inline-size;
      }

      article {
        display: grid;
        grid-template-columns: 7rem 1fr auto;
        gap: 0.25rem 1rem;
        padding: 0.75rem 1.125rem 0.75rem var(--row-start, 1.125rem);
      }

      .facts {
        min-width: 0;
        overflow-wrap: anywhere;
      }

      h3 {
        font-size: 1rem;
        font-weight: 600;
      }

      .chip {
        display: inline-block;
        margin-inline-start: 0.375rem;
        padding: 0.0625rem 0.5rem;
        font-size: 0.8125rem;
        font-weight: 400;
        color: var(--ink-soft);
        border: 1px solid var(--line);
        border-radius: 1rem;
      }

      .soft {
        font-size: 0.875rem;
        font-variant-numeric: tabular-nums;
        color: var(--ink-soft);
      }

      details ol {
        margin: 0.25rem 0 0;
        padding-inline-start: 1.25rem;
      }

      .deeds {
        display: flex;
        flex-wrap: wrap;
        gap: 0.5rem;
        align-items: start;
      }

      form {
        display: grid;
        gap: 0.5rem;
        grid-column: 2 / -1;
        max-width: 40rem;
      }

      label {
        display: grid;
        gap: 0.125rem;
        font-size: 0.875rem;
        color: var(--ink-soft);
      }

      input,
      textarea {
        font: inherit;
        box-sizing: border-box;
        width: 100%;
        padding: 0.375rem 0.5rem;
        color: var(--ink);
        background: var(--sunken);
        border: 1px solid var(--line);
        border-radius: 0.375rem;
      }

      .error {
        color: var(--bad);
      }

      @container (max-width: 40rem) {
        article {
          grid-template-columns: 1fr;
        }

        form {
          grid-column: 1;
        }
      }

      @media (pointer: coarse) {
        button {
          min-height: 2.75rem;
        }
      }

      /* On a phone they stand two by two. */
      @container (max-width: 28rem) {
        .deeds {
          display: grid;
          grid-template-columns: 1fr 1fr;
        }

        .deeds button:last-child:nth-child(odd) {
          grid-column: 1 / -1;
        }
      }
    `,
  ];

  override connectedCallback(): void {
    super.connectedCallback();
    this.timer = setInterval(() => this.requestUpdate(), AGES_EVERY_MS);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearInterval(this.timer);
  }

  protected override render() {
    const { anomaly } = this;
    const isCritical = anomaly.severity === 'CRITICAL';
    const kind = kindText(anomaly.kind);
    return html`<article tabindex="-1" class=${isCritical ? 'critical' : 'warning'}>
      ${severityText(anomaly.severity)}
      <div class="facts">
        <h3>
          ${this.isNamed ? html`${anomaly.machine.name} ${chip(kind)}` : kind}
          ${anomaly.status === 'OPEN' ? chip('Open') : nothing}
          ${anomaly.isQuiet ? chip(QUIET_TEXT, QUIET_REASONS) : nothing} ${chip(ruleText(anomaly))}
        </h3>
        ${anomaly.message ? html`<p class="what">${whatText(anomaly)}</p>` : nothing}
        <p class="soft">${this.times()}</p>
        ${anomaly.status === 'OPEN' ? nothing : html`<p class="soft status">${this.status()}</p>`}
        <details class="soft">
          <summary>What became of it</summary>
          ${storyOf(anomaly.history, zoneOf(anomaly))}
        </details>
      </div>
      ${this.deed === null ? this.deeds() : this.form(this.deed)}
    </article>`;
  }

  private times() {
    const { startedAt, endedAt } = this.anomaly;
    const time = (at: string) => timeOf(at, zoneOf(this.anomaly));
    const over = endedAt === null ? nothing : html` · over ${time(endedAt)}`;
    const rest = [lastingText(this.anomaly, Date.now()), measureText(this.anomaly, numbers)].filter(Boolean);
    return html`began ${time(startedAt)}${over}${rest.map((text) => ` · ${text}`)}`;
  }

  private status() {
    const { statusBy, statusAt, statusNote } = this.anomaly;
    const parts = [statusText(this.anomaly)];
    if (statusBy) parts.push(`by ${statusBy}`);
    if (statusAt !== null) parts.push(clockText(statusAt, zoneOf(this.anomaly), Date.now()));
    if (statusNote) parts.push(`“${statusNote}”`);
    return parts.join(' · ');
  }

  private deeds() {
    const { status, machine } = this.anomaly;
    const button = (deed: Deed) => html`<button
      type="button"
      aria-label="${DEED_TEXTS[deed]}: ${machine.name}"
      @click=${() => this.begin(deed)}
    >
      ${DEED_TEXTS[deed]}
    </button>`;
    return html`<div class="deeds">${DEEDS[status].map(button)}</div>`;
  }

  private form(deed: Deed) {
    const leave = ({ key }: KeyboardEvent) => (key === 'Escape' ? this.end() : undefined);
    return html`<form @submit=${this.send} @keydown=${leave}>
      <label>Your name <input name="by" autocomplete="name" .value=${storedName()} /></label>
      <label>
        Note
        <textarea name="note" rows="2" maxlength=${NOTE_LENGTH} ?required=${deed === 'comment'}></textarea>
      </label>
      ${this.error ? html`<p class="error" role="alert">${this.error}</p>` : nothing}
      <div class="deeds">
        <button type="submit" ?disabled=${this.isSending}>${DEED_TEXTS[deed]}</button>
        <button type="button" @click=${() => this.end()}>Cancel</button>
      </div>
    </form>`;
  }

  private async begin(deed: Deed): Promise<void> {
    this.deed = deed;
    await this.updateComplete;
    this.renderRoot.querySelector('textarea')?.focus();
  }

  private async end(): Promise<void> {
    this.deed = null;
    this.error = '';
    await this.updateComplete;
    this.renderRoot.querySelector('article')?.focus();
  }

  private readonly send = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const said = saidIn(event.target as HTMLFormElement);
    storeName(said.by ?? '');
    this.isSending = true;
    try {
      const changed = await done(this.deed ?? 'acknowledge', this.anomaly.id, said);
      void this.end();
      this.dispatchEvent(new CustomEvent('anomaly-changed', { detail: changed }));
    } catch (error) {
      this.error = sentenceOf(error);
    } finally {
      this.isSending = false;
    }
  };
}

function chip(text: string, title?: string) {
  return text ? html`<span class="chip" title=${title ?? nothing}>${text}</span>` : nothing;
}

function timeOf(at: string, zone: string) {
  return html`<time datetime=${at} title=${at}>${clockText(at, zone, Date.now())}</time>`;
}

function storyOf(story: readonly AnomalyChange[], zone: string) {
  if (story.length === 0) return html`<p>Nothing yet.</p>`;
  const item = (change: AnomalyChange) => html`<li>${timeOf(change.at, zone)} ${changeText(change)}</li>`;
  return html`<ol>${story.map(item)}</ol>`;
}
