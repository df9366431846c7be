// The places that messages go to: tried out, changed, removed. Why a test here: whether a message arrives is to be known
// before the night in which it matters.

import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';

import { ask } from '../api/http';
import type { ContactPoint } from '../api/telling';
import { RemoveContactPointDocument, TestContactPointDocument } from '../gql/graphql';
import type { SaveContactPointMutation } from '../gql/graphql';
import { CHANNEL_TEXTS } from '../telling/words';
import { controls } from './controls';
import { failureText } from './form-dialog';
import { ruleList, ruleRow } from './rule-list';
import { shared } from './shared';
import './wattline-command';
import './wattline-confirm';
import type { WattlineConfirm } from './wattline-confirm';
import './wattline-contact-dialog';
import type { WattlineContactDialog } from './wattline-contact-dialog';

/** The other side has 20 s to take a message. */
const TEST_TIMEOUT_MS = 30_000;

/** How a trial went; null while it goes on. */
type Trial = { readonly failure: unknown } | null;

@customElement('wattline-contact-points')
export class WattlineContactPoints extends LitElement {
  @property({ attribute: false }) contactPoints: readonly ContactPoint[] = [];
  @state() private trials: ReadonlyMap<string, Trial> = new Map();
  /** What a new webhook signs with, until somebody has taken it. */
  @state() private told: SaveContactPointMutation['saveContactPoint'] | null = null;
  @query('wattline-contact-dialog') private dialog!: WattlineContactDialog;
  @query('wattline-confirm') private confirmation!: WattlineConfirm;

  static override styles = [
    shared,
    controls,
    ruleList,
    css`
      .secret {
        margin-block: 0.5rem;
        padding: 0.75rem;
        border: 1px solid var(--accent);
        border-radius: var(--radius);
      }

      .mistake {
        color: var(--bad);
      }

      .good {
        color: var(--ok);
      }
    `,
  ];

  protected override render() {
    const { contactPoints } = this;
    return html`<section class="panel" aria-labelledby="contacts">
      <div class="row between head">
        <h3 id="contacts">Contact points</h3>
        <button type="button" @click=${() => this.dialog.open({ contactPoint: null })}>Add a contact point</button>
      </div>
      ${this.secret()}
      ${contactPoints.length === 0 ? html`<p class="soft">None yet: nobody is told of anything.</p>` : nothing}
      <ul>
        ${contactPoints.map((one) => this.row(one))}
      </ul>
      <wattline-contact-dialog @saved=${this.onSaved}></wattline-contact-dialog>
      <wattline-confirm></wattline-confirm>
    </section>`;
  }

  private row(contactPoint: ContactPoint) {
    const { id, name, channel, address, isEnabled } = contactPoint;
    const isTrying = this.trials.get(id) === null;
    return ruleRow({
      ...{ name, isEnabled },
      text: html`${CHANNEL_TEXTS[channel]} to ${address} <span role="status">${this.trial(id)}</span>`,
      deeds: html`<button type="button" aria-label="Test ${name}" ?disabled=${isTrying} @click=${() => this.test(id)}>
        Test
      </button>`,
      edit: () => this.dialog.open({ contactPoint }),
      remove: () =>
        this.confirmation.open({
          heading: `Remove ${name}?`,
          text: 'What was to be sent there is not, and rules no longer tell it.',
          deed: 'Remove the contact point',
          send: () => ask(RemoveContactPointDocument, { input: { id } }),
        }),
    });
  }

  private trial(id: string) {
    const trial = this.trials.get(id);
    if (trial === undefined) return nothing;
    if (trial === null) return html`· sending a test message…`;
    return trial.failure === null ? html`<span class="good">· a test message has arrived</span>` : failureText(trial.failure);
  }

  private secret() {
    const { told } = this;
    if (!told?.secret) return nothing;
    const command = { label: `Secret of ${told.contactPoint.name}, shown this once`, text: told.secret };
    return html`<div class="secret">
      <wattline-command .command=${command}></wattline-command>
      <p class="row between small soft">
        Its requests are signed with it; the receiver checks them by it.
        <button type="button" @click=${() => (this.told = null)}>I have it</button>
      </p>
    </div>`;
  }

  private onSaved({ detail }: CustomEvent<SaveContactPointMutation['saveContactPoint']>): void {
    if (detail.secret) this.told = detail;
  }

  private async test(id: string): Promise<void> {
    const say = (trial: Trial) => (this.trials = new Map([...this.trials, [id, trial]]));
    say(null);
    try {
      await ask(TestContactPointDocument, { input: { id } }, TEST_TIMEOUT_MS);
      say({ failure: null });
    } catch (failure) {
      say({ failure });
    }
  }
}
