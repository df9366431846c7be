// The machines of the plant: what each draws now, what it used today, and whether it speaks. Why a table that becomes
// cards: figures are compared down a column, and a phone has no room for columns.

import { LitElement, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';

import { ask } from '../api/http';
import type { Machine, Today } from '../api/machines';
import { defaultSite } from '../api/trends';
import type { Site } from '../api/trends';
import { kindText } from '../format/anomalies';
import { Numbers, withUnit } from '../format/numbers';
import { ageText } from '../format/ages';
import { SitesDocument } from '../gql/graphql';
import { COLUMNS, PAGE_ROWS, isOfToday, matches, nextOrder, pageOf, scaleFor, scalesOf, sorted } from '../machines/list';
import type { Column, Order, Row, Scales } from '../machines/list';
import { loadMachines, loadToday } from '../machines/loader';
import type { MachineList } from '../machines/loader';
import { amountUnit, powerUnit, presentPower, todaysAmount, todaysCompleteness, todaysCost } from '../machines/state';
import { controls, siteSelect } from './controls';
import { knownText, machineCells, stateText } from './machine-cells';
import { machinesTable } from './machines-table';
import { Polling } from './polling';
import type { Keep } from './polling';
import { shared } from './shared';
import './wattline-machine-dialog';
import type { WattlineMachineDialog } from './wattline-machine-dialog';
import './wattline-upload';

const REFRESH_EVERY_MS = 10_000;
/** More machines than this are asked about less often. */
const OFTEN_MACHINES = 200;
const numbers = new Numbers();

@customElement('wattline-machines')
export class WattlineMachines extends LitElement {
  @state() private sites: Site[] = [];
  @state() private site: Site | null = null;
  @state() private list: MachineList | null = null;
  @state() private today: Map<string, Today> = new Map();
  /** The page of the table, from 0. */
  @state() private page = 0;
  @state() private order: Order = { column: 'name', isDescending: false };
  @state() private filter = '';
  /** Whether a file can be chosen. */
  @property({ type: Boolean }) isUploading = false;
  @query('wattline-machine-dialog') private dialog!: WattlineMachineDialog;
  private readonly polling = new Polling(
    this,
    (keep) => this.bring(keep),
    () => REFRESH_EVERY_MS * Math.max(1, Math.ceil((this.list?.machines.length ?? 0) / OFTEN_MACHINES)),
  );

  static override styles = [shared, controls, machineCells, machinesTable];

  protected override render() {
    const { site, list, polling } = this;
    const { error, again } = polling;
    return html`<section aria-labelledby="title" @machine-saved=${again}>
      <div class="row between head">
        <h2 id="title">Machines</h2>
        ${site ? this.tools(site) : nothing}
      </div>
      ${error === null ? nothing : html`<p class="error" role="alert">${error}</p>`}
      ${
        site && this.isUploading
          ? html`<wattline-upload class="panel" .site=${site} @upload-done=${again}></wattline-upload>`
          : nothing
      }
      ${site && list ? this.table(site, list) : error === null ? html`<p class="panel soft">Loading…</p>` : nothing}
      <wattline-machine-dialog></wattline-machine-dialog>
    </section>`;
  }

  private tools(site: Site) {
    return html`<div class="row">
      ${siteSelect(this.sites, site, this.onSite)}
      <label
        ><span class="spoken">Filter by name</span>
        <input type="search" placeholder="Filter by name" .value=${this.filter} @input=${this.onFilter} />
      </label>
      <button type="button" aria-expanded=${this.isUploading} @click=${() => (this.isUploading = !this.isUploading)}>
        Upload readings
      </button>
      <button type="button" class="first" @click=${() => this.dialog.open({ kind: 'register', siteId: site.id })}>
        Register a machine
      </button>
    </div>`;
  }

  /** All that match, in their order. */
  private rows(machines: MachineList['machines'], nowMs: number): Row[] {
    const found = machines.filter(({ name }) => matches(name, this.filter));
    return sorted(
      found.map((machine) => ({ machine, today: this.today.get(machine.id) })),
      this.order,
      nowMs,
    );
  }

  private table(site: Site, list: MachineList) {
    const { nowMs } = this.polling;
    const rows = this.rows(list.machines, nowMs);
    const scales = scalesOf(rows, nowMs);
    if (rows.length === 0) {
      return html`<p class="panel soft">
        ${this.filter ? 'No machine has such a name.' : 'There are no machines yet. Register one, and its readings are accepted; or upload a file with readings.'}
      </p>`;
    }
    return html`<div class="panel scroll">
        <table class="machines">
          <thead>
            <tr>
              ${COLUMNS.map((column) => this.heading(column))}
              <th scope="col"><span class="spoken">Actions</span></th>
            </tr>
          </thead>
          <tbody>
            ${repeat(
              pageOf(rows, this.page),
              ({ machine }) => machine.id,
              (row) => this.row(row, site, nowMs, scales),
            )}
          </tbody>
        </table>
      </div>
      ${this.pages(rows.length, list)}`;
  }

  private heading({ column, label, isNumber }: (typeof COLUMNS)[number]) {
    const isSorted = this.order.column === column;
    const sort = !isSorted ? 'none' : this.order.isDescending ? 'descending' : 'ascending';
    return html`<th scope="col" class=${isNumber ? 'number' : ''} aria-sort=${sort}>
      <button type="button" class="sort" @click=${() => this.sort(column)}>
        ${label}<span aria-hidden="true">${!isSorted ? '' : this.order.isDescending ? ' ▾' : ' ▴'}</span>
      </button>
    </th>`;
  }

  private row({ machine, today }: Row, site: Site, nowMs: number, scales: Scales) {
    const quantity = (unit: string, scale: number) => (value: number) =>
      withUnit(numbers.quantity(value, scaleFor(value, scale)), unit);
    const { latestReading, retiredAt } = machine;
    const isRetired = retiredAt !== null;
    return html`<tr>
      <th scope="row"><a href="#/machines/${encodeURIComponent(machine.id)}">${machine.name}</a></th>
      <td class="state-cell">${stateText(machine, nowMs)}</td>
      <td class="number" data-label="Power now">
        ${knownText(presentPower(machine, nowMs), quantity(powerUnit(machine), scales.power))}
      </td>
      <td class="number" data-label="Today">
        ${knownText(todaysAmount(machine, today), quantity(amountUnit(machine), scales.energy))}
      </td>
      <td class="number" data-label="Cost today">
        ${knownText(todaysCost(today), (value) => numbers.money(value, site.currency, scaleFor(value, scales.cost)))}
      </td>
      <td class="number" data-label="Readings received">
        ${knownText(todaysCompleteness(today), (value) => withUnit(numbers.percent(value), '%'))}
      </td>
      <td data-label="Last seen">
        ${
          latestReading
            ? html`<time datetime=${latestReading.time} title=${latestReading.time}
                >${ageText(nowMs - Date.parse(latestReading.time))}</time
              >`
            : html`<span class="soft">never</span>`
        }
      </td>
      <td data-label="Carrier">${kindText(machine.carrier)} <span class="small soft">${amountUnit(machine)}</span></td>
      <td class="actions">
        <button
          type="button"
          aria-label="Edit ${machine.name}"
          @click=${() => this.dialog.open({ kind: 'edit', machine })}
        >
          Edit
        </button>
        <button
          type="button"
          aria-label="${isRetired ? 'Put back' : 'Retire'} ${machine.name}"
          @click=${() => this.dialog.open({ kind: isRetired ? 'restore' : 'retire', machine })}
        >
          ${isRetired ? 'Put back' : 'Retire'}
        </button>
      </td>
    </tr>`;
  }

  private pages(found: number, { machines, totalCount }: MachineList) {
    const last = Math.max(0, Math.ceil(found / PAGE_ROWS) - 1);
    const page = Math.min(this.page, last);
    const turn = (to: number) => () => this.turn(to);
    const first = page * PAGE_ROWS + 1;
    const shown = last === 0 ? '' : `${numbers.whole(first)}–${numbers.whole(Math.min(found, first + PAGE_ROWS - 1))} of `;
    const listed = numbers.whole(machines.length);
    const rest =
      machines.length < totalCount
        ? `; listed and sorted are the ${listed} registered first of ${numbers.whole(totalCount)}`
        : '';
    return html`<p class="row foot">
      ${
        last === 0
          ? nothing
          : html`<button type="button" ?disabled=${page === 0} @click=${turn(page - 1)}>‹ Page before</button>
              <button type="button" ?disabled=${page === last} @click=${turn(page + 1)}>Next page ›</button>`
      }
      <span class="small soft" role="status">${shown}${numbers.whole(found)} machine${found === 1 ? '' : 's'}${rest}</span>
    </p>`;
  }

  private turn(page: number): void {
    this.page = page;
    this.loadDay(({ id }) => !this.today.has(id)).catch(this.polling.fail);
  }

  private sort(column: Column): void {
    this.order = nextOrder(this.order, column);
    this.turn(0);
  }

  private onFilter(event: Event): void {
    this.filter = (event.target as HTMLInputElement).value;
    this.turn(0);
  }

  private readonly onSite = (chosen: string): void => {
    this.site = this.sites.find(({ id }) => id === chosen) ?? this.site;
    this.page = 0;
    this.polling.again();
  };

  private async bring(keep: Keep): Promise<void> {
    const site = this.site ?? (await this.firstSite());
    const list = await loadMachines(ask, site);
    if (keep(() => ([this.site, this.list] = [site, list]))) await this.loadDay(() => true);
  }

  /** The day's figures of the page, or of all machines where they decide about the order. */
  private async loadDay(isAsked: (machine: Machine) => boolean): Promise<void> {
    const { site, list } = this;
    if (!site || !list) return;
    const rows = this.rows(list.machines, this.polling.nowMs);
    const asked = isOfToday(this.order.column) ? rows : pageOf(rows, this.page);
    const machines = asked.map(({ machine }) => machine).filter(isAsked);
    const today = await loadToday(ask, machines, site.timeZone, Date.now());
    this.today = new Map([...this.today, ...today]);
  }

  private async firstSite(): Promise<Site> {
    this.sites = (await ask(SitesDocument, {})).sites;
    const site = defaultSite(this.sites);
    if (!site) throw new Error('There is no site.');
    return site;
  }
}
