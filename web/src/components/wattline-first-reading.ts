// What an empty plant shows first: three ways to begin. Why commands and not a manual: two of them bring the first
// figure, and whoever runs them has seen how readings are sent.

import { LitElement, css, html } from 'lit';
import { customElement } from 'lit/decorators.js';

import { hashOf } from '../router';
import { DEMO_COMMAND, firstReadingCommands } from '../snippet';
import { shared } from './shared';
import './wattline-command';

@customElement('wattline-first-reading')
export class WattlineFirstReading extends LitElement {
  private readonly commands = firstReadingCommands(location.origin);

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

      .upload {
        justify-self: start;
        padding: 0.5rem 1rem;
        font-weight: 600;
        color: var(--accent-ink);
        background: var(--accent);
        border-radius: 0.375rem;
        text-decoration: none;
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
          <wattline-command .command=${DEMO_COMMAND}></wattline-command>
          <p class="soft">It has six days of history and a database of its own; this one stays empty.</p>
        </li>
      </ul>
    </section>`;
  }
}
