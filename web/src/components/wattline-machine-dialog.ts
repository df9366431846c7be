// Registers, edits, retires and brings back a machine. Why a native dialog: the browser keeps the focus inside and the
// Escape key working.

import { LitElement, html, nothing } from 'lit';
import { customElement, query, state } from 'lit/decorators.js';

import { ask } from '../api/http';
import { CARRIERS, KINDS, UNITS } from '../api/machines';
import type { Machine } from '../api/machines';
import { kindText } from '../format/anomalies';
import { RegisterDocument, RetireDocument, UpdateDocument } from '../gql/graphql';
import { changeOf, fieldOf, formOf, registration } from '../machines/form';
import type { Field, MachineForm } from '../machines/form';
import { controls } from './controls';
import { dialogs } from './dialogs';
import { shared } from './shared';

type Purpose =
  | { readonly kind: 'register'; readonly siteId: string }
  | { readonly kind: 'edit' | 'retire' | 'restore'; readonly machine: Machine };

const RATED_HINT = 'Empty: not known. Readings above ten times this are refused.';
const WIDTH_HINT = 'Empty: not known. 1000000 for six digits.';
const UNIT_TEXTS = { KWH: 'kWh and kW', CUBIC_METRE: 'm³ and m³/h' };

@customElement('wattline-machine-dialog')
export class WattlineMachineDialog extends LitElement {
  @state() private purpose: Purpose | null = null;
  @state() private form: MachineForm = formOf(null);
  @state() private error: { readonly field: Field | null; readonly sentence: string } | null = null;
  @state() private isSending = false;
  @query('dialog') private dialog!: HTMLDialogElement;

  static override styles = [
    shared,
    controls,
    dialogs,
  ];

  async open(purpose: Purpose): Promise<void> {
    this.purpose = purpose;
    this.form = formOf('machine' in purpose ? purpose.machine : null);
    this.error = null;
    await this.updateComplete;
    this.dialog.showModal();
  }

  protected override render() {
    const { purpose } = this;
    return html`<dialog aria-labelledby="title">
      ${purpose === null ? nothing : this.isForm(purpose) ? this.fields(purpose) : this.question(purpose)}
    </dialog>`;
  }

  private isForm({ kind }: Purpose): boolean {
    return kind === 'register' || kind === 'edit';
  }

  private fields(purpose: Purpose) {
    const machine = 'machine' in purpose ? purpose.machine : null;
    const isVolume = this.form.unit === 'CUBIC_METRE';
    return html`<h2 id="title">${machine ? `Edit ${machine.name}` : 'Register a machine'}</h2>
      <form novalidate @submit=${this.submit}>
        <div class="fields">
          ${this.text('name', 'Name', 'text', 'As its readings call it.')}
          ${this.select('kind', 'Kind', KINDS, kindText)} ${this.select('carrier', 'Carrier', CARRIERS, kindText)}
          ${machine ? nothing : this.select('unit', 'Its meter measures', UNITS, (unit) => UNIT_TEXTS[unit as 'KWH'])}
          ${this.text('ratedPowerKw', isVolume ? 'Rated flow, m³/h' : 'Rated power, kW', 'number', RATED_HINT)}
          ${this.text('expectedIntervalSeconds', 'Seconds between readings', 'number', 'As it is meant to send them.')}
          ${this.text('registerWidthKwh', `Register begins again at, ${isVolume ? 'm³' : 'kWh'}`, 'number', WIDTH_HINT)}
        </div>
        ${this.error?.field === null ? html`<p class="mistake" role="alert">${this.error.sentence}</p>` : nothing}
        ${this.actions(machine ? 'Save' : 'Register')}
      </form>`;
  }

  private question(purpose: Purpose) {
    if (!('machine' in purpose)) return nothing;
    const isRetiring = purpose.kind === 'retire';
    const { name } = purpose.machine;
    return html`<h2 id="title">${isRetiring ? `Retire ${name}?` : `Put ${name} back into service?`}</h2>
      <form @submit=${this.submit}>
        <p>
          ${
            isRetiring
              ? 'From now on no readings are expected of it. Its readings stay, and it can be put back.'
              : 'Readings are expected of it again, also for the time since it was retired.'
          }
        </p>
        ${this.error ? html`<p class="mistake" role="alert">${this.error.sentence}</p>` : nothing}
        ${this.actions(isRetiring ? 'Retire' : 'Put back')}
      </form>`;
  }

  private actions(label: string) {
    return html`<div class="row actions">
      <button type="button" @click=${() => this.dialog.close()}>Cancel</button>
      <button type="submit" class="first" ?disabled=${this.isSending}>${label}</button>
    </div>`;
  }

  private text(field: Field, label: string, type: string, hint: string) {
    return html`<div>
      <label
        >${label}
        <input
          type=${type}
          step="any"
          .value=${this.form[field]}
          aria-invalid=${this.error?.field === field}
          aria-describedby="${field}-hint"
          @input=${(event: Event) => this.type(field, event)}
          autocomplete="off"
        />
      </label>
      ${this.hint(field, hint)}
    </div>`;
  }

  private select(field: Field, label: string, options: readonly string[], text: (option: string) => string) {
    return html`<div>
      <label
        >${label}
        <select
          aria-describedby="${field}-hint"
          aria-invalid=${this.error?.field === field}
          @change=${(event: Event) => this.type(field, event)}
        >
          ${options.map((option) => html`<option value=${option} ?selected=${this.form[field] === option}>${text(option)}</option>`)}
        </select>
      </label>
      ${this.hint(field, '')}
    </div>`;
  }

  private hint(field: Field, hint: string) {
    const mistake = this.error?.field === field ? this.error.sentence : null;
    return html`<p class="small ${mistake ? 'mistake' : 'soft'}" id="${field}-hint" aria-live="polite">
      ${mistake ?? hint}
    </p>`;
  }

  private type(field: Field, event: Event): void {
    const { value } = event.target as HTMLInputElement | HTMLSelectElement;
    this.form = { ...this.form, [field]: value };
    if (this.error?.field === field) this.error = null;
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    if (!this.purpose || this.isSending) return;
    this.isSending = true;
    try {
      await this.send(this.purpose);
      this.dialog.close();
      this.dispatchEvent(new CustomEvent('machine-saved', { bubbles: true, composed: true }));
    } catch (error) {
      const sentence = (error as Error).message;
      const field = fieldOf(sentence);
      // The unit stays once a machine is registered, so there is no field for it.
      this.error = { field: field === 'unit' && this.purpose.kind === 'edit' ? 'carrier' : field, sentence };
    } finally {
      this.isSending = false;
    }
  }

  private send(purpose: Purpose): Promise<unknown> {
    switch (purpose.kind) {
      case 'register':
        return ask(RegisterDocument, { input: registration(this.form, purpose.siteId) });
      case 'edit':
        return ask(UpdateDocument, { input: changeOf(purpose.machine, this.form) });
      case 'retire':
        return ask(RetireDocument, { input: { id: purpose.machine.id } });
      case 'restore':
        return ask(UpdateDocument, { input: { id: purpose.machine.id, retiredAt: null } });
    }
  }
}
