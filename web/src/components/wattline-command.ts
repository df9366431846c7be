// A command to be copied. Why three ways: over plain HTTP on a plant's network browsers have no clipboard API, some
// still copy what is selected, and whoever has neither finds it selected.

import { LitElement, css, html } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';

import type { Command } from '../snippet';
import { shared } from './shared';

@customElement('wattline-command')
export class WattlineCommand extends LitElement {
  @property({ attribute: false }) command!: Command;
  @state() private outcome = '';
  @query('code') private code!: HTMLElement;

  static override styles = [
    shared,
    css`
      .head {
        display: flex;
        flex-wrap: wrap;
        align-items: center;
        gap: 0.25rem 0.75rem;
        margin-block-end: 0.375rem;
      }

      h4 {
        flex: 1;
        margin: 0;
        font-size: 0.9375rem;
        font-weight: 600;
      }

      .outcome {
        font-size: 0.875rem;
        color: var(--ink-soft);
      }

      pre {
        margin: 0;
        padding: 0.75rem 0.875rem;
        font-family: var(--mono);
        font-size: 0.8125rem;
        line-height: 1.55;
        white-space: pre-wrap;
        overflow-wrap: anywhere;
        background: var(--sunken);
        border: 1px solid var(--line);
        border-radius: 0.375rem;
      }
    `,
  ];

  protected override render() {
    const { label, text } = this.command;
    return html`<div class="head">
        <h4>${label}</h4>
        <span class="outcome" role="status">${this.outcome}</span>
        <button type="button" @click=${this.copy} aria-label="Copy: ${label}">Copy</button>
      </div>
      <pre><code>${text}</code></pre>`;
  }

  private async copy(): Promise<void> {
    if (await copiedByApi(this.command.text)) {
      this.outcome = 'Copied';
      return;
    }
    getSelection()?.selectAllChildren(this.code);
    this.outcome = copiedBySelection() ? 'Copied' : 'Selected: copy it with your keyboard';
  }
}

async function copiedByApi(text: string): Promise<boolean> {
  try {
    // Missing outside secure contexts, whatever the types say.
    const clipboard: Clipboard | undefined = navigator.clipboard;
    await clipboard?.writeText(text);
    return clipboard !== undefined;
  } catch {
    return false;
  }
}

function copiedBySelection(): boolean {
  try {
    return document.execCommand('copy');
  } catch {
    return false;
  }
}
