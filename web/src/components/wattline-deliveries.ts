// The latest messages and how far they got. Why with the last error: a mail server that refuses is found here, not in a
// log.

import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';

import { ask } from '../api/http';
import type { Delivery } from '../api/telling';
import { Numbers } from '../format/numbers';
import { RetryDeliveryDocument } from '../gql/graphql';
import { clockText } from '../site-time';
import { DELIVERY_TEXTS } from '../telling/words';
import { controls } from './controls';
import { failureText } from './form-dialog';
import { ruleList } from './rule-list';
import { shared } from './shared';

const numbers = new Numbers();

@customElement('wattline-deliveries')
export class WattlineDeliveries extends LitElement {
  /** Oldest first. */
  @property({ attribute: false }) deliveries: readonly Delivery[] = [];
  /** The site's. */
  @property({ attribute: false }) zone = 'UTC';
  @state() private failure: unknown = null;

  static override styles = [
    shared,
    controls,
    ruleList,
    css`
      .mistake,
      .failed {
        color: var(--bad);
      }

      .delivered {
        color: var(--ok);
      }

      .pending {
        color: var(--warn);
      }

      .delivered,
      .failed,
      .pending {
        font-weight: 600;
      }

      summary {
        cursor: pointer;
      }

      pre {
        margin: 0.375rem 0 0;
        font-family: var(--mono);
        font-size: 0.8125rem;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
      }
    `,
  ];

  protected override render() {
    const { deliveries } = this;
    return html`<section class="panel" aria-labelledby="messages">
      <h3 id="messages" class="head">Latest messages</h3>
      ${failureText(this.failure)}
      ${deliveries.length === 0 ? html`<p class="soft">None so far.</p>` : nothing}
      <ul>
        ${deliveries.toReversed().map((one) => this.row(one))}
      </ul>
    </section>`;
  }

  private row(delivery: Delivery) {
    const { id, subject, text, status, contactPoint, alerts, createdAt, lastError } = delivery;
    const { zone } = this;
    return html`<li>
      <div class="about">
        <h4>${subject}</h4>
        <p class="small soft">
          <span class=${status.toLowerCase()}>${DELIVERY_TEXTS[status]}</span> · to
          ${contactPoint?.name ?? 'a contact point that is no more'} · ${numbers.whole(alerts)}
          alert${alerts === 1 ? '' : 's'} · written
          <time datetime=${createdAt}>${clockText(createdAt, zone, Date.now())}</time> · ${this.attempts(delivery)}
        </p>
        ${lastError === null || status === 'DELIVERED' ? nothing : html`<p class="small mistake">${lastError}</p>`}
        <details class="small">
          <summary>Its text</summary>
          <pre>${text}</pre>
        </details>
      </div>
      ${
        status === 'FAILED'
          ? html`<button type="button" aria-label="Try again: ${subject}" @click=${() => this.retry(id)}>Try again</button>`
          : nothing
      }
    </li>`;
  }

  private attempts({ attempts, nextAttemptAt, deliveredAt }: Delivery) {
    const tried = `${numbers.whole(attempts)} attempt${attempts === 1 ? '' : 's'}`;
    const time = (at: string) => clockText(at, this.zone, Date.now());
    if (deliveredAt !== null) return `${tried}, taken ${time(deliveredAt)}`;
    return nextAttemptAt === null ? tried : `${tried}, next ${time(nextAttemptAt)}`;
  }

  private async retry(id: string): Promise<void> {
    try {
      await ask(RetryDeliveryDocument, { input: { id } });
      this.failure = null;
      this.dispatchEvent(new CustomEvent('saved', { bubbles: true, composed: true }));
    } catch (error) {
      this.failure = error;
    }
  }
}
