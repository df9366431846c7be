// How the table of machines looks, and how it becomes cards where there is no room for columns.

import { css } from 'lit';

export const machinesTable = css`
  .head,
  .error,
  wattline-upload {
    margin-block-end: 0.75rem;
  }

  h2 {
    font-size: 1.0625rem;
  }

  .panel.scroll {
    padding: 0.25rem 0.375rem;
  }

  .sort {
    min-height: 0;
    padding: 0.125rem 0.25rem;
    margin-inline: -0.25rem;
    font-size: inherit;
    color: inherit;
    background: none;
    border-color: transparent;
  }

  .machines tbody tr:last-child > * {
    border-block-end: 0;
  }

  tbody th a {
    display: inline-block;
    min-width: 6rem;
  }

  .actions {
    white-space: nowrap;
    text-align: end;
  }

  .actions button {
    min-height: 1.875rem;
    padding: 0.125rem 0.625rem;
    font-weight: 500;
  }

  .foot {
    margin-block-start: 0.625rem;
  }

  @media (max-width: 60rem) {
    .panel.scroll {
      padding: 0;
      background: none;
      border: 0;
      box-shadow: none;
    }

    .machines,
    .machines tbody {
      display: grid;
      gap: 0.75rem;
    }

    .machines tbody {
      grid-template-columns: repeat(auto-fill, minmax(min(100%, 20rem), 1fr));
    }

    .machines thead tr {
      display: flex;
      flex-wrap: wrap;
      gap: 0.25rem 0.5rem;
    }

    .machines thead th {
      padding: 0;
      border: 0;
    }

    .sort {
      min-height: 1.75rem;
      margin: 0;
      padding-inline: 0.5rem;
      background: var(--surface);
      border-color: var(--line);
    }

    .machines tbody tr {
      display: grid;
      grid-template-columns: 1fr 1fr;
      gap: 0.5rem 0.75rem;
      padding: 0.875rem 1rem;
      background: var(--surface);
      border: 1px solid var(--line);
      border-radius: var(--radius);
      box-shadow: var(--shadow);
    }

    .machines tbody tr > * {
      padding: 0;
      border: 0;
      text-align: start;
      white-space: normal;
    }

    .machines .state-cell {
      justify-self: end;
    }

    .machines .actions {
      grid-column: 1 / -1;
    }

    .machines td[data-label]::before {
      content: attr(data-label);
      display: block;
      font-size: 0.8125rem;
      color: var(--ink-soft);
    }
  }
`;
