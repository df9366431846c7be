// The latest anomalies on the page of a machine, to be dealt with there. Why the rows of the list of all: what they
// say, and what can be done, is the same.

import { css, html, nothing } from 'lit';
import { repeat } from 'lit/directives/repeat.js';

import type { StoriedAnomaly } from '../api/operations';
import { hashOf } from '../router';
import './wattline-anomaly-row';

export const machineAnomalies = css`
  /* Rows that have an edge of their own. */
  .anomalies {
    grid-column: 1 / -1;
    padding-inline: 0;
  }

  .anomalies > :not(ol) {
    padding-inline: 1.125rem;
  }

  .anomalies li + li {
    border-block-start: 1px solid var(--line);
  }
`;

/** Those that go on after the others, so that they are the first to be read. */
export function withGoingOn(latest: readonly StoriedAnomaly[], goingOn: readonly StoriedAnomaly[]): StoriedAnomaly[] {
  const ids = new Set(goingOn.map(({ id }) => id));
  return [...latest.filter(({ id }) => !ids.has(id)), ...goingOn];
}

/** Oldest first, as they are brought; `changed` is called when somebody has done something. */
export function anomaliesOfMachine(anomalies: readonly StoriedAnomaly[], machineId: string, changed: () => void) {
  return html`<section class="panel anomalies" aria-labelledby="anomalies">
    <div class="row between">
      <h3 id="anomalies">Latest anomalies</h3>
      <a class="small" href=${hashOf('/anomalies', { machine: machineId })}>All anomalies of this machine</a>
    </div>
    ${anomalies.length === 0 ? html`<p class="soft">None so far.</p>` : nothing}
    <ol>
      ${repeat(
        anomalies.toReversed(),
        ({ id }) => id,
        (anomaly) => html`<li>
          <wattline-anomaly-row
            .anomaly=${anomaly}
            .isNamed=${false}
            @anomaly-changed=${changed}
          ></wattline-anomaly-row>
        </li>`,
      )}
    </ol>
  </section>`;
}
