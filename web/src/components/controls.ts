// Fields that the trends and the machines share, and styles of fields, tables and panels. Why beside `shared`: the first
// page has neither field nor table.

import { css, html, nothing } from 'lit';

import type { Site } from '../api/trends';

/** To choose a site, where there are several. */
export function siteSelect(sites: readonly Site[], chosen: Site, choose: (id: string) => void) {
  if (sites.length < 2) return nothing;
  return html`<label
    >Site
    <select @change=${({ target }: Event) => choose((target as HTMLSelectElement).value)}>
      ${sites.map(({ id, name }) => html`<option value=${id} ?selected=${id === chosen.id}>${name}</option>`)}
    </select></label
  >`;
}

export const controls = css`
  .panel {
    padding: 1rem 1.125rem;
    background: var(--surface);
    border: 1px solid var(--line);
    border-radius: var(--radius);
    box-shadow: var(--shadow);
  }

  .row {
    display: flex;
    flex-wrap: wrap;
    align-items: center;
    gap: 0.5rem 0.75rem;
  }

  .between {
    justify-content: space-between;
  }

  .soft {
    color: var(--ink-soft);
  }

  .small {
    font-size: 0.875rem;
  }

  .error {
    padding: 0.5rem 0.875rem;
    background: var(--warn-ground);
    border: 1px solid var(--warn-line);
    border-radius: var(--radius);
  }

  button,
  input,
  select {
    box-sizing: border-box;
    min-height: 2.25rem;
  }

  button[aria-pressed='true'],
  button.first {
    color: var(--accent-ink);
    background: var(--accent);
    border-color: var(--accent);
  }

  button:disabled {
    color: var(--ink-soft);
    background: var(--sunken);
    cursor: default;
  }

  input:not([type='checkbox']),
  select {
    font: inherit;
    font-size: 0.9375rem;
    font-weight: 400;
    max-width: 100%;
    padding: 0.25rem 0.5rem;
    color: var(--ink);
    background: var(--surface);
    border: 1px solid var(--ink-soft);
    border-radius: 0.375rem;
  }

  input[type='checkbox'] {
    flex: none;
    width: 1.125rem;
    height: 1.125rem;
    min-height: 0;
    margin: 0;
    accent-color: var(--accent);
  }

  a {
    color: var(--accent);
  }

  .group {
    display: inline-flex;
    flex-wrap: wrap;
  }

  .group button {
    border-radius: 0;
    margin-inline-start: -1px;
  }

  .group button:first-child {
    border-start-start-radius: 0.375rem;
    border-end-start-radius: 0.375rem;
    margin-inline-start: 0;
  }

  .group button:last-child {
    border-start-end-radius: 0.375rem;
    border-end-end-radius: 0.375rem;
  }

  @media (max-width: 44rem) {
    .group button {
      padding-inline: 0.5rem;
    }
  }

  .scroll {
    position: relative;
    overflow-x: auto;
  }

  table {
    width: 100%;
    border-collapse: collapse;
    font-variant-numeric: tabular-nums;
  }

  th,
  td {
    padding: 0.4375rem 0.75rem;
    text-align: start;
    border-block-end: 1px solid var(--line);
  }

  thead th {
    font-size: 0.8125rem;
    font-weight: 600;
    color: var(--ink-soft);
    white-space: nowrap;
  }

  .number {
    text-align: end;
    white-space: nowrap;
  }

  tbody th {
    font-weight: 600;
    overflow-wrap: anywhere;
  }
`;
