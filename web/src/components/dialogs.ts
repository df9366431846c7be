// How dialogs with forms look.

import { css } from 'lit';

export const dialogs = css`
  dialog {
    box-sizing: border-box;
    width: min(36rem, 100vw - 1.5rem);
    max-height: calc(100vh - 1.5rem);
    padding: 1.25rem;
    color: var(--ink);
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: var(--radius);
  }

  dialog::backdrop {
    background: rgb(0 0 0 / 45%);
  }

  h2 {
    font-size: 1.125rem;
    margin-block-end: 0.75rem;
    overflow-wrap: anywhere;
  }

  .fields {
    display: grid;
    grid-template-columns: repeat(auto-fit, minmax(min(100%, 14rem), 1fr));
    gap: 0.75rem 1rem;
  }

  label {
    display: block;
    font-size: 0.875rem;
    font-weight: 600;
  }

  input,
  select {
    width: 100%;
    margin-block-start: 0.25rem;
  }

  .mistake {
    margin-block-start: 0.5rem;
    color: var(--bad);
  }

  .actions {
    justify-content: flex-end;
    margin-block-start: 1.25rem;
  }
`;
