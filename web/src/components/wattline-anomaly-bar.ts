// Several anomalies seen or resolved at once: who, why, and two buttons. Why one after the other: each is told by
// itself, and where one is refused the others are not.

import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';

import { DEED_TEXTS, NOTE_LENGTH, doneOfAll, mayBe, saidIn } from '../anomaly-deeds';
import type { BulkDeed, Failure } from '../anomaly-deeds';
import type { StoriedAnomaly } from '../api/operations';
import { storeName, storedName } from '../stored-name';
import { controls } from './controls';
import { shared } from './shared';

const DONE_TEXTS = { acknowledge: 'acknowledged', resolve: 'resolved' } as const;

@customElement('wattline-anomaly-bar')
export class WattlineAnomalyBar extends LitElement {
  /** Those that stand on the page and are not resolved. */
  @property({ attribute: false }) choosable: readonly StoriedAnomaly[] = [];
  /** Ids. */
  @property({ attribute: false }) chosen: ReadonlySet<string> = new Set();
  @state() private isSending = false;
  /** What was done; empty until something is. */
  @state() private result = '';
  @state() private failures: readonly Failure[] = [];

  static override styles = [
    shared,
    controls,
    css`
      :host {
        margin-block-end: 0.75rem;
      }

      label {
        display: inline-flex;
        align-items: center;
        gap: 0.5rem;
        min-height: 2.25rem;
        font-size: 0.875rem;
        color: var(--ink-soft);
      }

      .error {
        margin-block-start: 0.5rem;
        list-style: none;
      }

      @media (pointer: coarse) {
        label,
        button {
          min-height: 2.75rem;
        }
      }

      @media print {
        :host {
          display: none;
        }
      }
    `,
  ];

  protected override willUpdate(): void {
    const failed = new Set(this.failures.map(({ anomaly }) => anomaly.id));
    if (this.isSending || [...this.chosen].every((id) => failed.has(id))) return;
    // Somebody begins anew.
    this.result = '';
    this.failures = [];
  }

  protected override render() {
    const { choosable, result, failures } = this;
    const chosen = choosable.filter(({ id }) => this.chosen.has(id));
    return html`${choosable.length > 1 || chosen.length > 0 ? this.form(chosen) : nothing}
      ${result ? html`<p class="soft result" tabindex="-1">${result}</p>` : nothing}
      ${failures.length > 0
        ? html`<ul class="error" role="alert">
            ${failures.map(({ anomaly, sentence }) => html`<li>${anomaly.machine.name}: ${sentence}</li>`)}
          </ul>`
        : nothing}`;
  }

  private form(chosen: readonly StoriedAnomaly[]) {
    const { choosable } = this;
    const isAll = chosen.length === choosable.length;
    const chooseAll = () => this.choose(isAll ? [] : choosable);
    const button = (deed: BulkDeed) => {
      const count = chosen.filter((anomaly) => mayBe(anomaly, deed)).length;
      const isOff = count === 0 || this.isSending;
      return html`<button type="submit" value=${deed} ?disabled=${isOff}>${DEED_TEXTS[deed]} ${count}</button>`;
    };
    return html`<form class="row" @submit=${(event: SubmitEvent) => this.send(event, chosen)}>
      <label>
        <input
          type="checkbox"
          .checked=${isAll}
          .indeterminate=${chosen.length > 0 && !isAll}
          @change=${chooseAll}
        />All on this page
      </label>
      ${chosen.length === 0
        ? nothing
        : html`<label>Your name <input name="by" autocomplete="name" .value=${storedName()} /></label>
            <label>Note <input name="note" maxlength=${NOTE_LENGTH} /></label>
            ${button('acknowledge')} ${button('resolve')}`}
    </form>`;
  }

  private choose(anomalies: readonly StoriedAnomaly[]): void {
    this.chosen = new Set(anomalies.map(({ id }) => id));
    this.dispatchEvent(new CustomEvent('choose', { detail: this.chosen }));
  }

  private async send(event: SubmitEvent, chosen: readonly StoriedAnomaly[]): Promise<void> {
    event.preventDefault();
    const deed: BulkDeed = (event.submitter as HTMLButtonElement).value === 'resolve' ? 'resolve' : 'acknowledge';
    const meant = chosen.filter((anomaly) => mayBe(anomaly, deed));
    const said = saidIn(event.target as HTMLFormElement);
    storeName(said.by ?? '');
    this.isSending = true;
    this.failures = await doneOfAll(deed, meant, said, (changed) =>
      this.dispatchEvent(new CustomEvent('anomaly-changed', { detail: changed })),
    );
    this.isSending = false;
    this.result = `${meant.length - this.failures.length} ${DONE_TEXTS[deed]}`;
    this.choose(this.failures.map(({ anomaly }) => anomaly));
    await this.updateComplete;
    // What was pressed is gone: whoever hears the page hears what came of it.
    this.renderRoot.querySelector<HTMLElement>('.result')?.focus();
  }
}
