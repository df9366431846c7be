// How lists of rules and the like look: a heading with a button, and rows that say in words what they are.

import { css, html, nothing } from 'lit';
import type { TemplateResult } from 'lit';

export const ruleList = css`
  .head {
    margin-block-end: 0.25rem;
  }

  h3 {
    font-size: 1rem;
  }

  ul {
    list-style: none;
  }

  li {
    display: flex;
    flex-wrap: wrap;
    gap: 0.375rem 1rem;
    align-items: start;
    justify-content: space-between;
    padding-block: 0.625rem;
    border-block-start: 1px solid var(--line);
  }

  .about {
    flex: 1 1 18rem;
    min-width: 0;
    overflow-wrap: anywhere;
  }

  h4 {
    margin: 0;
    font-size: 0.9375rem;
    font-weight: 650;
  }

  .chip {
    margin-inline-start: 0.375rem;
    padding: 0.0625rem 0.5rem;
    font-size: 0.8125rem;
    font-weight: 400;
    color: var(--ink-soft);
    border: 1px solid var(--line);
    border-radius: 1rem;
  }

  li button {
    min-height: 1.875rem;
    padding: 0.125rem 0.625rem;
    font-weight: 500;
  }
`;

interface RuleRow {
  readonly name: string;
  readonly isEnabled: boolean;
  readonly text: unknown;
  readonly edit: () => unknown;
  readonly remove: () => unknown;
  /** What else can be done. */
  readonly deeds?: TemplateResult;
}

export function ruleRow({ name, isEnabled, text, edit, remove, deeds }: RuleRow) {
  return html`<li>
    <div class="about">
      <h4>${name} ${isEnabled ? nothing : html`<span class="chip">Off</span>`}</h4>
      <p class="small soft">${text}</p>
    </div>
    <div class="row">
      ${deeds ?? nothing}
      <button type="button" aria-label="Edit ${name}" @click=${edit}>Edit</button>
      <button type="button" aria-label="Remove ${name}" @click=${remove}>Remove</button>
    </div>
  </li>`;
}
