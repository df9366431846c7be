// Styles that several elements share. Why as a sheet and not a class of page.css: shadows keep the page's rules out.

import { css } from 'lit';

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
