// When a machine or its whole site is worked on, and nobody is told. Why on the page of a machine: whoever stands
// before it with a spanner has that page open.

import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';

import { ask } from '../api/http';
import type { MachineChoice, Site } from '../api/trends';
import { isWorkAt, spanText } from '../care/times';
import { CancelWorkDocument, MaintenanceOfDocument } from '../gql/graphql';
import type { MaintenanceFactsFragment } from '../gql/graphql';
import { controls } from './controls';
import { Polling } from './polling';
import type { Keep } from './polling';
import { shared } from './shared';
import './wattline-confirm';
import type { WattlineConfirm } from './wattline-confirm';
import './wattline-work-dialog';
import type { WattlineWorkDialog } from './wattline-work-dialog';

const REFRESH_EVERY_MS = 30_000;

@customElement('wattline-maintenance')
export class WattlineMaintenance extends LitElement {
  @property({ attribute: false }) site!: Site;
  /** What can be announced here beside work on the whole site. */
  @property({ attribute: false }) machine!: Pick<MachineChoice, 'id' | 'name'>;
  @state() private windows: MaintenanceFactsFragment[] | null = null;
  @query('wattline-work-dialog') private dialog!: WattlineWorkDialog;
  @query('wattline-confirm') private confirmation!: WattlineConfirm;
  private readonly polling = new Polling(
    this,
    (keep) => this.bring(keep),
    () => REFRESH_EVERY_MS,
  );

  static override styles = [
    shared,
    controls,
    css`
      h3 {
        font-size: 1rem;
      }

      ul {
        margin-block-start: 0.25rem;
        list-style: none;
      }

      li {
        padding-block: 0.25rem;
        overflow-wrap: anywhere;
      }
    `,
  ];

  protected override render() {
    const { site, machine, windows, polling } = this;
    return html`<section class="panel" aria-labelledby="work" @saved=${polling.again}>
      <div class="row between">
        <h3 id="work">Maintenance</h3>
        <button type="button" @click=${() => this.dialog.open({ site, machine })}>Announce</button>
      </div>
      ${polling.error === null ? nothing : html`<p class="error" role="alert">${polling.error}</p>`}
      ${windows?.length === 0 ? html`<p class="soft">Nothing is announced for this machine.</p>` : nothing}
      <ul>
        ${(windows ?? []).map((one) => this.row(one))}
      </ul>
      <wattline-work-dialog></wattline-work-dialog>
      <wattline-confirm></wattline-confirm>
    </section>`;
  }

  private row({ id, from, to, note, machine }: MaintenanceFactsFragment) {
    const span = spanText(from, to, this.site.timeZone);
    const isNow = Date.parse(from) <= this.polling.nowMs;
    const where = machine?.name ?? 'Whole site';
    const cancel = () =>
      this.confirmation.open({
        heading: 'Cancel this maintenance?',
        text: `${where}, ${span}. Anomalies that begin then are told again.`,
        deed: 'Cancel the maintenance',
        send: () => ask(CancelWorkDocument, { input: { id } }),
      });
    return html`<li class="row between">
      <span
        ><strong>${where}</strong> ${note ?? nothing} <span class="small soft">${span}${isNow ? ', going on' : ''}</span></span
      >
      <button type="button" aria-label="Cancel: ${where}, ${span}" @click=${cancel}>Cancel</button>
    </li>`;
  }

  private async bring(keep: Keep): Promise<void> {
    const { maintenance } = await ask(MaintenanceOfDocument, { siteId: this.site.id });
    keep(() => (this.windows = maintenance.filter((one) => isWorkAt(this.machine.id, one))));
  }
}
