// What stands below a chart: whether what is usual is shown, the files of its series, and the anomalies that are marked.
// Why apart: the trend itself is about what is asked and when.

import { html, nothing } from 'lit';

import type { MachineChoice, Site } from '../api/trends';
import { isUsualKnown } from '../trends/content';
import type { TrendView } from '../trends/content';
import { exportPath } from '../trends/loader';
import type { Trend } from '../trends/loader';
import { anomalyItem } from './noted-items';

const SHOWN_ANOMALIES = 10;

/** Names the band behind the line, and takes it away. */
export function usualLegend(view: TrendView, toggle: () => void) {
  if (view.quantity.name !== 'power' || view.trend.request.machineIds.length !== 1) return nothing;
  if (!isUsualKnown(view)) return html`<p class="small soft">What is usual at these hours is not known yet.</p>`;
  return html`<label class="small" title="Between these lie about 96 % of its healthy readings at such an hour">
    <input type="checkbox" .checked=${view.hasUsual} @change=${toggle} /><span class="band" aria-hidden="true"></span>usual
  </label>`;
}

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
