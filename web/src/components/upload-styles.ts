// How the upload of a file looks.

import { css } from 'lit';

export const uploadStyles = css`
  section {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 0.625rem;
  }

  h3 {
    font-size: 1rem;
  }

  .name,
  .sent,
  code {
    font-family: var(--mono);
    font-size: 0.875em;
    overflow-wrap: anywhere;
  }

  .drop {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 0.75rem;
    padding: 1.25rem 1rem;
    background: var(--sunken);
    border: 2px dashed var(--line);
    border-radius: var(--radius);
  }

  .over {
    border-color: var(--accent);
  }

  input[type='file'] {
    border: 0;
    background: none;
    max-width: 100%;
  }

  progress {
    flex: 1 1 12rem;
    height: 0.75rem;
    accent-color: var(--accent);
  }

  .limited {
    max-height: 20rem;
    overflow-y: auto;
  }

  table {
    font-size: 0.875rem;
  }
`;
