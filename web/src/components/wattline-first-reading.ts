// What an empty plant shows first. Why commands and not a manual: two of them bring the first figure, and whoever runs
// them has seen how readings are sent.

import { LitElement, css, html } from 'lit';
import { customElement } from 'lit/decorators.js';

import { firstReadingCommands } from '../snippet';
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

      ol {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 28rem), 1fr));
        gap: 1rem var(--gap);
        list-style: none;
      }

      li {
        min-width: 0;
      }
    `,
  ];

  protected override render() {
    return html`<section aria-labelledby="title">
      <h2 id="title">Send your first reading</h2>
      <p class="lead">This plant has no readings yet. Run these two in a terminal; the figures below follow at once.</p>
      <ol>
        ${this.commands.map(
          (command) => html`<li><wattline-command .command=${command}></wattline-command></li>`,
        )}
      </ol>
    </section>`;
  }
}
