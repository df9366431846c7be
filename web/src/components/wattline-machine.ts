// One machine: what it is, what it says now, its trend, and what its meter and the detector noted. Why all on one page:
// whoever looks for the reason of an anomaly wants to see them side by side.

import { LitElement, css, html, nothing } from 'lit';
import type { PropertyValues } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';

import { ask } from '../api/http';
import type { MachineDetails, MeterEvent, Today } from '../api/machines';
import type { StoriedAnomaly } from '../api/operations';
import type { MachineChoice, Site } from '../api/trends';
import { kindText } from '../format/anomalies';
import { Numbers, withUnit } from '../format/numbers';
import { ageText } from '../format/ages';
import { OneMachineDocument, SnoozeDocument } from '../gql/graphql';
import { loadToday } from '../machines/loader';
import {
  amountUnit,
  powerUnit,
  presentPower,
  stateOf,
  todaysAmount,
  todaysCompleteness,
  todaysCost,
} from '../machines/state';
import { hashOf } from '../router';
import { clockText } from '../site-time';
import { wayBackTo } from '../trends/address';
import { controls } from './controls';
import { anomaliesOfMachine, machineAnomalies, withGoingOn } from './machine-anomalies';
import { knownText, machineCells, stateText } from './machine-cells';
import { notedItems } from './noted-items';
import { Polling } from './polling';
import type { Keep } from './polling';
import { shared } from './shared';
import './wattline-maintenance';
import './wattline-machine-dialog';
import type { WattlineMachineDialog } from './wattline-machine-dialog';
import './wattline-snooze-dialog';
import type { WattlineSnoozeDialog } from './wattline-snooze-dialog';
import './wattline-trend';

const REFRESH_EVERY_MS = 5_000;
const numbers = new Numbers();
const EVENT_TEXTS: Record<MeterEvent['kind'], string> = {
  ROLLOVER: 'Register began again at zero; the energy is counted',
  RESET: 'Register was set back; the fall is no consumption',
  GLITCH: 'Register left its level and came back',
  REPLACED: 'Another meter; the change is no consumption',
};

@customElement('wattline-machine')
export class WattlineMachine extends LitElement {
  @property({ attribute: 'machine-id' }) machineId = '';
  /** How the trend is shown, as it stands in the address. */
  @property({ attribute: false }) query = new URLSearchParams();
  @state() private machine: MachineDetails | null = null;
  @state() private today: Today | undefined;
  @state() private anomalies: readonly StoriedAnomaly[] = [];
  @query('wattline-machine-dialog') private dialog!: WattlineMachineDialog;
  @query('wattline-snooze-dialog') private snoozeDialog!: WattlineSnoozeDialog;
  /** The same objects as long as nothing changed, so that the trend is not asked for anew. */
  private site: Site | null = null;
  private choices: readonly MachineChoice[] = [];
  private readonly polling = new Polling(
    this,
    (keep) => this.bring(keep),
    () => REFRESH_EVERY_MS,
  );

  static override styles = [
    shared,
    controls,
    machineCells,
    notedItems,
    machineAnomalies,
    css`
      .head,
      .error,
      .silent,
      dl {
        margin-block-end: 0.75rem;
      }

      h2 {
        font-size: 1.25rem;
        overflow-wrap: anywhere;
      }

      dl {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 11rem), 1fr));
        gap: 0.75rem 1rem;
        margin-block-start: 0;
      }

      @media (max-width: 44rem) {
        dl {
          grid-template-columns: 1fr 1fr;
        }
      }

      dt {
        font-size: 0.8125rem;
        color: var(--ink-soft);
      }

      dd {
        margin: 0;
        font-weight: 600;
        font-variant-numeric: tabular-nums;
        overflow-wrap: anywhere;
      }

      .snoozed {
        padding: 0.125rem 0.625rem;
        font-size: 0.875rem;
        color: var(--warn);
        background: var(--warn-ground);
        border: 1px solid var(--warn-line);
        border-radius: 1rem;
      }

      .reason {
        font-weight: 400;
      }

      .at {
        display: block;
      }

      .lists {
        display: grid;
        grid-template-columns: repeat(auto-fit, minmax(min(100%, 24rem), 1fr));
        gap: 0.75rem;
        align-items: start;
        margin-block-start: 0.75rem;
      }
    `,
  ];

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (!changed.has('machineId')) return;
    this.machine = null;
    this.today = undefined;
    this.polling.again();
  }

  protected override render() {
    const { machine, site, polling } = this;
    const { error, again } = polling;
    return html`<section aria-labelledby="title" @machine-saved=${again} @saved=${again}>
      <p class="small"><a href="#/machines">‹ All machines</a></p>
      ${error === null ? nothing : html`<p class="error" role="alert">${error}</p>`}
      ${machine && site ? this.details(machine, site) : error === null ? html`<p class="panel soft">Loading…</p>` : nothing}
      <wattline-machine-dialog></wattline-machine-dialog>
      <wattline-snooze-dialog></wattline-snooze-dialog>
    </section>`;
  }

  private details(machine: MachineDetails, site: Site) {
    const isRetired = machine.retiredAt !== null;
    return html`<div class="row between head">
        <div class="row">
          <h2 id="title">${machine.name}</h2>
          ${stateText(machine, this.polling.nowMs)}
        </div>
        <div class="row">
          ${this.snooze(machine, site)}
          <button type="button" @click=${() => this.dialog.open({ kind: 'edit', machine })}>Edit</button>
          <button type="button" @click=${() => this.dialog.open({ kind: isRetired ? 'restore' : 'retire', machine })}>
            ${isRetired ? 'Put back into service' : 'Retire'}
          </button>
        </div>
      </div>
      <dl class="panel">${this.facts(machine, site)}</dl>
      ${this.silence(machine, site)}
      <wattline-trend
        .site=${site}
        .query=${this.query}
        .isListed=${false}
        .machines=${this.choices}
        .intervalSeconds=${machine.expectedIntervalSeconds}
      ></wattline-trend>
      <div class="lists">
        ${anomaliesOfMachine(this.anomalies, this.machineId, this.polling.again)}
        <wattline-maintenance .site=${site} .machine=${machine}></wattline-maintenance>
        ${this.events(machine, site)}
      </div>`;
  }

  private snooze({ id, name, snoozedUntil }: MachineDetails, site: Site) {
    const zone = site.timeZone;
    const { nowMs } = this.polling;
    if (snoozedUntil === null || Date.parse(snoozedUntil) <= nowMs) {
      return html`<button type="button" @click=${() => this.snoozeDialog.open({ id, name, zone })}>Snooze</button>`;
    }
    return html`<span class="snoozed">Snoozed until ${clockText(snoozedUntil, zone, nowMs)}</span>
      <button type="button" @click=${this.wake}>Wake</button>`;
  }

  private readonly wake = (): void => {
    ask(SnoozeDocument, { input: { id: this.machineId, until: null } }).then(this.polling.again, this.polling.fail);
  };

  private facts(machine: MachineDetails, site: Site) {
    const { nowMs } = this.polling;
    const amount = amountUnit(machine);
    const quantity = (unit: string) => (value: number) => withUnit(numbers.quantity(value, value), unit);
    const percent = (value: number) => withUnit(numbers.percent(value), '%');
    const known = (value: number | null, reason: string) => (value === null ? { reason } : { value });
    const { latestReading: latest, retiredAt } = machine;
    const register = machine.unit === 'CUBIC_METRE' ? latest?.counterM3 : latest?.counterKwh;
    const facts = [
      ['Power now', knownText(presentPower(machine, nowMs), quantity(powerUnit(machine)))],
      ['Today', knownText(todaysAmount(machine, this.today), quantity(amount))],
      ['Cost today', knownText(todaysCost(this.today), (value) => numbers.money(value, site.currency, value))],
      ['Readings received today', knownText(todaysCompleteness(this.today), percent)],
      ['Last reading', latest ? this.seen(latest.time, site) : 'never'],
      ['Register', knownText(known(register ?? null, 'sends none'), (value) => withUnit(numbers.exact(value), amount))],
      ['Kind', kindText(machine.kind)],
      ['Carrier', `${kindText(machine.carrier)}, in ${amount}`],
      ['Rated', knownText(known(machine.ratedPowerKw, 'not given'), quantity(powerUnit(machine)))],
      ['A reading every', withUnit(numbers.whole(machine.expectedIntervalSeconds), 's')],
      [
        'Register begins again at',
        knownText(known(machine.registerWidthKwh, 'not given'), (value) => withUnit(numbers.exact(value), amount)),
      ],
      ...(retiredAt === null ? [] : [['Retired', clockText(retiredAt, site.timeZone, nowMs)]]),
    ];
    return facts.map(
      ([label, value]) =>
        html`<div>
          <dt>${label}</dt>
          <dd>${value}</dd>
        </div>`,
    );
  }

  private seen(time: string, site: Site) {
    const { nowMs } = this.polling;
    return html`${ageText(nowMs - Date.parse(time))} <span class="reason at">${clockText(time, site.timeZone, nowMs)}</span>`;
  }

  /** Says so where the machine fell silent before what is shown, and leads to its last day. */
  private silence(machine: MachineDetails, { timeZone }: Site) {
    const { latestReading } = machine;
    if (latestReading === null) return html`<p class="panel silent">It has sent no readings yet.</p>`;
    const { nowMs } = this.polling;
    if (['live', 'late'].includes(stateOf(machine, nowMs))) return nothing;
    const way = wayBackTo(Date.parse(latestReading.time), this.query, nowMs, timeZone);
    if (way === null) return nothing;
    return html`<p class="panel silent">
      No readings in this time: the last one was ${clockText(latestReading.time, timeZone, nowMs)}.
      <a href=${this.address(way)}>Show that day</a>
    </p>`;
  }

  private address(parts: Record<string, string>): string {
    return hashOf(`/machines/${encodeURIComponent(this.machineId)}`, { ...Object.fromEntries(this.query), ...parts });
  }

  private events(machine: MachineDetails, site: Site) {
    const unit = amountUnit(machine);
    const events = machine.meterEvents.nodes.toReversed();
    const { latestReading } = machine;
    const hasRegister = (latestReading?.counterKwh ?? latestReading?.counterM3 ?? null) !== null;
    if (!hasRegister && events.length === 0) return nothing;
    return html`<section class="panel" aria-labelledby="events">
      <h3 id="events">Meter events</h3>
      ${events.length === 0 ? html`<p class="soft">The register has done nothing but count.</p>` : nothing}
      <ol>
        ${events.map(
          ({ time, kind, beforeKwh, afterKwh }) =>
            html`<li>
              <time class="soft" datetime=${time}>${clockText(time, site.timeZone, Date.now())}</time>
              ${EVENT_TEXTS[kind]}
              <span class="small soft">(${numbers.exact(beforeKwh)} → ${withUnit(numbers.exact(afterKwh), unit)})</span>
            </li>`,
        )}
      </ol>
    </section>`;
  }

  private async bring(keep: Keep): Promise<void> {
    const { machine, anomalies, goingOn } = await ask(OneMachineDocument, { id: this.machineId });
    const site = machine?.site;
    if (!site) throw new Error('There is no such machine.');
    if (!keep(() => this.take(machine, site, withGoingOn(anomalies.nodes, goingOn.nodes)))) return;
    const today = await loadToday(ask, [machine], site.timeZone, Date.now());
    keep(() => (this.today = today.get(machine.id)));
  }

  private take(machine: MachineDetails, site: Site, anomalies: readonly StoriedAnomaly[]): void {
    const { id, name, carrier, unit, expectedIntervalSeconds, retiredAt } = machine;
    const choices = [{ id, name, carrier, unit, expectedIntervalSeconds, retiredAt }];
    if (JSON.stringify(choices) !== JSON.stringify(this.choices)) this.choices = choices;
    if (JSON.stringify(site) !== JSON.stringify(this.site)) this.site = site;
    this.machine = machine;
    this.anomalies = anomalies;
  }
}
