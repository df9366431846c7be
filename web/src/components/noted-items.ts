// Anomalies as the items of a list. Why beside `wattline-anomalies`: that list is of the first page, and marks what is
// new.

import { css, html, nothing } from 'lit';
import type { TemplateResult } from 'lit';

import type { TrendAnomaly } from '../api/trends';
import { whatText } from '../format/anomalies';
import { clockText } from '../site-time';
import { icon } from './icons';

export const notedItems = css`
  ol {
    list-style: none;
  }

  li {
    padding-block: 0.25rem;
    overflow-wrap: anywhere;
  }

  h3 {
    font-size: 1rem;
    margin-block-end: 0.25rem;
  }

  .icon {
    width: 1rem;
    height: 1rem;
    vertical-align: -0.125rem;
    color: var(--warn);
  }

  .critical .icon {
    color: var(--bad);
  }
`;

/** `isNamed`: whether the machine is said, where the list is not of one machine. */
export function anomalyItem(anomaly: TrendAnomaly, zone: string, isNamed: boolean): TemplateResult {
  const { severity, startedAt, machine } = anomaly;
  const isCritical = severity === 'CRITICAL';
  return html`<li class=${isCritical ? 'critical' : 'warning'}>
    ${icon(isCritical ? 'critical' : 'warning')}
    <span class="spoken">${isCritical ? 'Critical' : 'Warning'}</span>
    <time class="soft" datetime=${startedAt}>${clockText(startedAt, zone, Date.now())}</time>
    ${isNamed ? html`<strong>${machine.name}</strong>` : nothing} ${whatText(anomaly)}
  </li>`;
}
