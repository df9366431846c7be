// Styles that several elements share. Why as a sheet and not a class of page.css: shadows keep the page's rules out.

import { css, html } from 'lit';
import type { TemplateResult } from 'lit';

import { icon } from './icons';

export const shared = css`
  :host {
    display: block;
  }

  :host([hidden]) {
    display: none;
  }

  h2,
  h3,
  p,
  ol,
  ul {
    margin: 0;
    padding: 0;
  }

  /* Read out, not shown. */
  .spoken {
    position: absolute;
    width: 1px;
    height: 1px;
    margin: -1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }

  button {
    font: inherit;
    font-size: 0.875rem;
    font-weight: 600;
    padding: 0.375rem 0.75rem;
    color: var(--ink);
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: 0.375rem;
    cursor: pointer;
  }

  button:hover {
    border-color: var(--ink-soft);
  }

  button:disabled {
    color: var(--ink-soft);
    cursor: default;
  }

  @media print {
    button {
      display: none;
    }
  }

  :focus-visible {
    outline: 3px solid var(--focus);
    outline-offset: 2px;
  }
`;

/** The heading of a view, and what went wrong below it. */
export const pageHead = css`
  h2 {
    font-size: 1.25rem;
  }

  .title,
  .error {
    margin-block-end: 0.75rem;
  }
`;

/** Lists of anomalies and what stands in their place: nothing yet, or what went wrong. */
export const anomalyLists = css`
  ol,
  .none,
  .error {
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: var(--radius);
    box-shadow: var(--shadow);
    list-style: none;
  }

  li + li {
    border-block-start: 1px solid var(--line);
  }

  .none,
  .error {
    padding: 0.75rem 1.125rem;
    color: var(--ink-soft);
  }

  .error {
    margin-block-end: 0.5rem;
    color: var(--ink);
    background: var(--warn-ground);
    border-color: var(--warn-line);
  }
`;

/** How bad an anomaly is: by a word, a shape and a colour. */
export const severities = css`
  .severity {
    display: inline-flex;
    gap: 0.375rem;
    align-items: center;
    align-self: start;
    font-size: 0.875rem;
    font-weight: 600;
    color: var(--warn);
  }

  .critical .severity {
    color: var(--bad);
  }

  .severity .icon {
    flex: none;
    width: 1.125rem;
    height: 1.125rem;
  }
`;

export function severityText(severity: 'WARNING' | 'CRITICAL'): TemplateResult {
  const isCritical = severity === 'CRITICAL';
  return html`<span class="severity">${icon(isCritical ? 'critical' : 'warning')}${isCritical ? 'Critical' : 'Warning'}</span>`;
}
