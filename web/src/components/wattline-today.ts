// The plant's power today over that of yesterday. Why on the first page: whether a figure is much or little is seen by
// what it was before; all else about it stands in the trends.

import { LitElement, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';

import { ask } from '../api/http';
import type { Site } from '../api/trends';
import { SitesDocument } from '../gql/graphql';
import { loadChoices } from '../machines/loader';
import { ELECTRICITY } from '../trends/address';
import { intervalOf } from '../trends/wholes';
import { shared } from './shared';
import './wattline-trend';

const AGAIN_AFTER_MS = 30_000;

@customElement('wattline-today')
export class WattlineToday extends LitElement {
  @property({ type: Boolean }) isLive = false;
  @state() private site: Site | null = null;
  @state() private intervalSeconds = 60;
  private timer: ReturnType<typeof setTimeout> | undefined;

  static override styles = shared;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
  }

  protected override render() {
    const { site, intervalSeconds, isLive } = this;
    if (!site) return nothing;
    return html`<wattline-trend bare .site=${site} .intervalSeconds=${intervalSeconds} .isLive=${isLive}></wattline-trend>`;
  }

  private async load(): Promise<void> {
    try {
      const { sites } = await ask(SitesDocument, {});
      const site = sites.find(({ name }) => name === 'default') ?? sites[0];
      if (!site) return;
      this.intervalSeconds = intervalOf(await loadChoices(ask, site.id), ELECTRICITY);
      this.site = site;
    } catch {
      // The status line says that the server does not answer.
      if (this.isConnected) this.timer = setTimeout(() => void this.load(), AGAIN_AFTER_MS);
    }
  }
}
