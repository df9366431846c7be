// The plant's power today over that of yesterday. Why on the first page: whether a figure is much or little is seen by
// what it was before; all else about it stands in the trends.

import { LitElement, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';

import { ask } from '../api/http';
import { defaultSite } from '../api/trends';
import type { Site } from '../api/trends';
import { SitesDocument } from '../gql/graphql';
import { loadChoices } from '../machines/loader';
import { ELECTRICITY } from '../trends/address';
import { intervalOf } from '../trends/wholes';
import { Polling } from './polling';
import type { Keep } from './polling';
import { shared } from './shared';
import './wattline-trend';

const AGAIN_AFTER_MS = 30_000;

@customElement('wattline-today')
export class WattlineToday extends LitElement {
  @property({ type: Boolean }) isLive = false;
  @state() private site: Site | null = null;
  @state() private intervalSeconds = 60;

  static override styles = shared;

  constructor() {
    super();
    // Why it failed says the status line.
    new Polling(
      this,
      (keep) => this.bring(keep),
      () => AGAIN_AFTER_MS,
    );
  }

  protected override render() {
    const { site, intervalSeconds, isLive } = this;
    if (!site) return nothing;
    return html`<wattline-trend bare .site=${site} .intervalSeconds=${intervalSeconds} .isLive=${isLive}></wattline-trend>`;
  }

  private async bring(keep: Keep): Promise<void> {
    if (this.site) return;
    const site = defaultSite((await ask(SitesDocument, {})).sites);
    if (!site) return;
    const intervalSeconds = intervalOf(await loadChoices(ask, site.id), ELECTRICITY);
    keep(() => ([this.site, this.intervalSeconds] = [site, intervalSeconds]));
  }
}
