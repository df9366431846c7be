// What stands below a chart: the files of its series, and the anomalies that are marked in it.

import { html, nothing } from 'lit';

import type { MachineChoice, Site } from '../api/trends';
import { exportPath } from '../trends/loader';
import type { Trend } from '../trends/loader';
import { anomalyItem } from './noted-items';

const SHOWN_ANOMALIES = 10;

/** One for each machine, or one for the whole site. */
export function downloads(trend: Trend, site: Site, machines: readonly MachineChoice[], wholeName: string) {
  const files = machines.length === 0 ? [null] : machines.map(({ name }) => name);
  return html`Download as CSV:
  ${files.map(
    (name, index) =>
      html`${index > 0 ? ', ' : nothing}<a href=${exportPath(trend.request, site.name, name)} download
          >${name ?? wholeName.toLowerCase()}</a
        >`,
  )}.`;
}

/** `isNamed`: whether the machine is said, where the list is not of one machine. */
export function markedAnomalies({ anomalies }: Trend, zone: string, isNamed: boolean) {
  const newest = anomalies.toReversed().slice(0, SHOWN_ANOMALIES);
  if (newest.length === 0) return nothing;
  const rest = anomalies.length - newest.length;
  return html`<section class="panel" aria-labelledby="anomalies">
    <h3 id="anomalies">Anomalies marked in the chart</h3>
    <ol>
      ${newest.map((anomaly) => anomalyItem(anomaly, zone, isNamed))}
    </ol>
    ${rest > 0 ? html`<p class="small soft">and ${rest} more</p>` : nothing}
  </section>`;
}
