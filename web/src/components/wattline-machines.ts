// The machines of the plant: what each draws now, what it used today, and whether it speaks. Why a table that becomes
// cards: figures are compared down a column, and a phone has no room for columns.

import { LitElement, html, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';

import { ask } from '../api/http';
import type { Machine, Today } from '../api/machines';
import { SITES_QUERY } from '../api/trends';
import type { Site, SitesData } from '../api/trends';
import { kindText } from '../format/anomalies';
import { Numbers } from '../format/numbers';
import { ageText } from '../format/times';
import { nextOrder, sorted } from '../machines/list';
import type { Column, Order, Row } from '../machines/list';
import { findMachines, loadPage, loadToday } from '../machines/loader';
import type { MachinePage, PagePlace } from '../machines/loader';
import { amountUnit, powerUnit, presentPower, todaysAmount, todaysCompleteness, todaysCost } from '../machines/state';
import { controls } from './controls';
import { knownText, machineCells, stateText } from './machine-cells';
import { machinesTable } from './machines-table';
import { shared } from './shared';
import './wattline-machine-dialog';
import type { WattlineMachineDialog } from './wattline-machine-dialog';
import './wattline-upload';

const REFRESH_EVERY_MS = 10_000;
const FILTER_AFTER_MS = 250;
const numbers = new Numbers();

const COLUMNS: readonly { column: Column; label: string; isNumber?: boolean }[] = [
  { column: 'name', label: 'Machine' },
  { column: 'state', label: 'State' },
  { column: 'power', label: 'Power now', isNumber: true },
  { column: 'energy', label: 'Today', isNumber: true },
  { column: 'cost', label: 'Cost today', isNumber: true },
  { column: 'completeness', label: 'Readings received', isNumber: true },
  { column: 'seen', label: 'Last seen' },
  { column: 'carrier', label: 'Carrier' },
];

@customElement('wattline-machines')
export class WattlineMachines extends LitElement {
  @state() private sites: Site[] = [];
  @state() private site: Site | null = null;
  @state() private page: MachinePage | null = null;
  @state() private today: Map<string, Today> = new Map();
  @state() private place: PagePlace = { after: null };
  @state() private order: Order = { column: 'name', isDescending: false };
  @state() private filter = '';
  @state() private error: string | null = null;
  @state() private isUploading = false;
  @query('wattline-machine-dialog') private dialog!: WattlineMachineDialog;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private run = 0;
  private loadedAtMs = 0;

  static override styles = [shared, controls, machineCells, machinesTable];

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.timer);
    this.run += 1;
  }

  protected override render() {
    const { site, page, error } = this;
    return html`<section aria-labelledby="title" @machine-saved=${this.load}>
      <div class="row between head">
        <h2 id="title">Machines</h2>
        ${site ? this.tools(site) : nothing}
      </div>
      ${error === null ? nothing : html`<p class="error" role="alert">${error}</p>`}
      ${
        site && this.isUploading
          ? html`<wattline-upload class="panel" .site=${site} @upload-done=${this.load}></wattline-upload>`
          : nothing
      }
      ${site && page ? this.table(site, page) : error === null ? html`<p class="panel soft">Loading…</p>` : nothing}
      <wattline-machine-dialog></wattline-machine-dialog>
    </section>`;
  }

  private tools(site: Site) {
    return html`<div class="row">
      ${
        this.sites.length > 1
          ? html`<label
              >Site
              <select @change=${this.onSite}>
                ${this.sites.map(({ id, name }) => html`<option value=${id} ?selected=${id === site.id}>${name}</option>`)}
              </select></label
            >`
          : nothing
      }
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

  private table(site: Site, page: MachinePage) {
    // A machine that speaks every second is not late because this table is asked for every ten.
    const nowMs = this.error === null ? this.loadedAtMs : Date.now();
    const rows = sorted(
      page.machines.map((machine) => ({ machine, today: this.today.get(machine.id) })),
      this.order,
      nowMs,
    );
    if (rows.length === 0) {
      return html`<p class="panel soft">
        ${this.filter ? 'No machine has such a name.' : 'There are no machines yet. Register one, and its readings are accepted.'}
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
              rows,
              ({ machine }) => machine.id,
              (row) => this.row(row, site, nowMs),
            )}
          </tbody>
        </table>
      </div>
      ${this.pages(page)}`;
  }

  private heading({ column, label, isNumber }: (typeof COLUMNS)[number]) {
    const isSorted = this.order.column === column;
    const sort = !isSorted ? 'none' : this.order.isDescending ? 'descending' : 'ascending';
    return html`<th scope="col" class=${isNumber ? 'number' : ''} aria-sort=${sort}>
      <button type="button" class="sort" @click=${() => (this.order = nextOrder(this.order, column))}>
        ${label}<span aria-hidden="true">${!isSorted ? '' : this.order.isDescending ? ' ▾' : ' ▴'}</span>
      </button>
    </th>`;
  }

  private row({ machine, today }: Row, site: Site, nowMs: number) {
    const quantity = (unit: string) => (value: number) => `${numbers.quantity(value, value)} ${unit}`;
    const { latestReading, retiredAt } = machine;
    const isRetired = retiredAt !== null;
    return html`<tr>
      <th scope="row"><a href="#/machines/${encodeURIComponent(machine.id)}">${machine.name}</a></th>
      <td data-label="State">${stateText(machine, nowMs)}</td>
      <td class="number" data-label="Power now">
        ${knownText(presentPower(machine, nowMs), quantity(powerUnit(machine)))}
      </td>
      <td class="number" data-label="Today">
        ${knownText(todaysAmount(machine, today), quantity(amountUnit(machine)))}
      </td>
      <td class="number" data-label="Cost today">
        ${knownText(todaysCost(today), (value) => numbers.money(value, site.currency, value))}
      </td>
      <td class="number" data-label="Readings received">
        ${knownText(todaysCompleteness(today), (value) => `${numbers.percent(value)} %`)}
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

  private pages({ pageInfo, machines, totalCount }: MachinePage) {
    const isAll = machines.length === totalCount;
    const count = isAll
      ? `${numbers.whole(totalCount)} machines`
      : `${machines.length} of ${numbers.whole(totalCount)} machines; sorted within this page`;
    return html`<p class="row foot">
      ${
        pageInfo?.hasPreviousPage && pageInfo.startCursor !== null
          ? html`<button type="button" @click=${() => this.turn({ before: pageInfo.startCursor! })}>
              ‹ Page before
            </button>`
          : nothing
      }
      ${pageInfo?.hasNextPage ? html`<button type="button" @click=${() => this.turn({ after: pageInfo.endCursor })}>Next page ›</button>` : nothing}
      <span class="small soft" role="status">${count}</span>
    </p>`;
  }

  private turn(place: PagePlace): void {
    this.place = place;
    void this.load();
  }

  private onFilter(event: Event): void {
    this.filter = (event.target as HTMLInputElement).value;
    this.schedule(FILTER_AFTER_MS);
  }

  private onSite(event: Event): void {
    const { value } = event.target as HTMLSelectElement;
    this.site = this.sites.find(({ id }) => id === value) ?? this.site;
    this.turn({ after: null });
  }

  private schedule(afterMs = REFRESH_EVERY_MS): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => (document.hidden ? this.schedule() : void this.load()), afterMs);
  }

  private readonly load = async (): Promise<void> => {
    this.run += 1;
    const { run } = this;
    clearTimeout(this.timer);
    try {
      const site = this.site ?? (await this.firstSite());
      const filter = this.filter.trim();
      const page = await (filter === ''
        ? loadPage(ask, site, this.place)
        : findMachines(ask, site, filter));
      if (run !== this.run) return;
      [this.site, this.page, this.loadedAtMs] = [site, page, Date.now()];
      const today = await this.todayOf(page.machines, site);
      if (run !== this.run) return;
      [this.today, this.error] = [today, null];
    } catch (error) {
      if (run !== this.run) return;
      this.error = (error as Error).message;
    }
    if (this.isConnected) this.schedule();
  };

  private todayOf(machines: Machine[], site: Site): Promise<Map<string, Today>> {
    return loadToday(ask, machines, site.timeZone, Date.now());
  }

  private async firstSite(): Promise<Site> {
    this.sites = (await ask<SitesData>(SITES_QUERY)).sites;
    const site = this.sites.find(({ name }) => name === 'default') ?? this.sites[0];
    if (!site) throw new Error('There is no site.');
    return site;
  }
}
