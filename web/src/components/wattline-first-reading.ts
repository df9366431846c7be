// What an empty plant shows first: three ways to begin. Why commands and not a manual: two of them bring the first
// figure, and whoever runs them has seen how readings are sent. Who wants to look around first starts a simulated plant.

import { LitElement, css, html, nothing } from 'lit';
import { customElement, state } from 'lit/decorators.js';

import { ask, sentenceOf } from '../api/http';
import { StartDemoDocument } from '../gql/graphql';
import { hashOf } from '../router';
import { DEMO_COMMAND, firstReadingCommands } from '../snippet';
import { shared } from './shared';
import './wattline-command';

/** Enough for the detector to know what is usual. */
const DEMO_DAYS = 6;

@customElement('wattline-first-reading')
export class WattlineFirstReading extends LitElement {
  private readonly commands = firstReadingCommands(location.origin);
  @state() private demo: 'offered' | 'starting' | 'started' = 'offered';
  @state() private error = '';

  static override styles = [
    shared,
    css`
      section {
        margin-block-end: var(--gap);
        padding: 1.125rem 1.25rem 1.25rem;
        background: var(--surface);
        border: 1px solid var(--accent);
        border-radius: var(--radius);
        box-shadow: var(--shadow);
      }

      h2 {
        font-size: 1.25rem;
        line-height: 1.3;
      }

      .lead {
        margin-block: 0.25rem 1rem;
        color: var(--ink-soft);
      }

      :host {
        container-type: inline-size;
      }

      .ways {
        display: grid;
        grid-template-columns: minmax(0, 1fr);
        gap: 1.25rem calc(2 * var(--gap));
        list-style: none;
      }

      @container (min-width: 60rem) {
        .ways {
          grid-template-columns: minmax(0, 2fr) minmax(0, 1fr) minmax(0, 1fr);
        }
      }

      .ways > li {
        display: grid;
        gap: 0.75rem;
        align-content: start;
        min-width: 0;
      }

      h3 {
        font-size: 1.0625rem;
        font-weight: 650;
      }

      .soft {
        color: var(--ink-soft);
      }

      code {
        font-family: var(--mono);
        font-size: 0.875em;
        overflow-wrap: anywhere;
      }

      .upload,
      .begin {
        justify-self: start;
        padding: 0.5rem 1rem;
        font-size: inherit;
        font-weight: 600;
        color: var(--accent-ink);
        background: var(--accent);
        border-color: var(--accent);
        border-radius: 0.375rem;
        text-decoration: none;
      }

      .begin:disabled {
        color: var(--ink-soft);
        background: var(--sunken);
        border-color: var(--line);
      }

      [role='status']:empty {
        display: none;
      }

      .mistake {
        color: var(--bad);
      }

      @media print {
        section {
          display: none;
        }
      }
    `,
  ];

  protected override render() {
    return html`<section aria-labelledby="title">
      <h2 id="title">Welcome. Three ways to begin</h2>
      <p class="lead">This plant has no readings yet. The figures below come alive with the first one, by themselves.</p>
      <ul class="ways">
        <li>
          <h3>Send a reading</h3>
          ${this.commands.map((command) => html`<wattline-command .command=${command}></wattline-command>`)}
        </li>
        <li>
          <h3>Upload a CSV file</h3>
          <p class="soft">
            With the header <code>machine,<wbr />time,<wbr />power_kw,<wbr />energy_kwh,<wbr />counter_kwh</code>, in any order; one of the values is
            enough. Its machines are registered on the way.
          </p>
          <a class="upload" href=${hashOf('/machines', { upload: 'yes' })}>Upload a file</a>
        </li>
        <li>
          <h3>Look at demo data</h3>
          <p class="soft">A simulated plant of eight machines, with six days of history, in this database.</p>
          <button type="button" class="begin" ?disabled=${this.demo !== 'offered'} @click=${this.startDemo}>
            Start a simulated plant
          </button>
          <p role="status">${this.demo === 'started' ? 'It is on its way: its history comes first.' : nothing}</p>
          ${this.error ? html`<p class="mistake" role="alert">${this.error}</p>` : nothing}
          <wattline-command .command=${DEMO_COMMAND}></wattline-command>
          <p class="soft">Then it has a database of its own, and this one stays empty.</p>
        </li>
      </ul>
    </section>`;
  }

  /** The page comes alive by itself, with the first readings. */
  private readonly startDemo = async (): Promise<void> => {
    this.demo = 'starting';
    this.error = '';
    try {
      await ask(StartDemoDocument, { input: { historyDays: DEMO_DAYS } });
      this.demo = 'started';
    } catch (error) {
      this.demo = 'offered';
      this.error = sentenceOf(error);
    }
  };
}
