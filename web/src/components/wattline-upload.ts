// Readings from a file: looked at first, sent then. Why the server looks: what it would refuse and why is its own
// judgement, given by the same code that stores.

import { LitElement, html, nothing } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';

import { ask, sentenceOf } from '../api/http';
import type { Site } from '../api/trends';
import { Numbers } from '../format/numbers';
import { RegisterDocument } from '../gql/graphql';
import { fieldsOf } from '../machines/csv';
import { reasonsOf, refusedCsv } from '../machines/refused';
import { unknownMachines } from '../machines/unknown';
import type { UnknownMachine } from '../machines/unknown';
import { NOTHING_SENT, piecesOf, sendPiece, withAnswer } from '../machines/upload';
import type { Piece, UploadTotals } from '../machines/upload';
import { controls } from './controls';
import { shared } from './shared';
import { uploadStyles } from './upload-styles';

/** How many rows the server is asked about before anything is stored. */
const PREVIEW_ROWS = 1_000;
const SHOWN_ROWS = 5;
const SHOWN_REFUSED = 1_000;
const SHOWN_NAMES = 8;
const numbers = new Numbers();

type Step = 'choose' | 'looking' | 'preview' | 'sending' | 'done';

@customElement('wattline-upload')
export class WattlineUpload extends LitElement {
  @property({ attribute: false }) site!: Site;
  @state() private step: Step = 'choose';
  @state() private file: File | null = null;
  @state() private first: Piece | null = null;
  @state() private totals: UploadTotals = NOTHING_SENT;
  @state() private error: string | null = null;
  @state() private isOver = false;
  @query('input[type=file]') private input!: HTMLInputElement;
  private abort = new AbortController();

  static override styles = [shared, controls, uploadStyles];

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.abort.abort();
  }

  protected override render() {
    const { file } = this;
    return html`<section aria-labelledby="title">
      <h3 id="title">Upload readings${file ? html`: <span class="name">${file.name}</span>` : nothing}</h3>
      ${this.step === 'choose' ? this.choose() : nothing}
      ${this.step === 'looking' ? html`<p class="soft" role="status">The server looks at the first rows…</p>` : nothing}
      ${this.step === 'preview' ? this.preview() : nothing} ${this.step === 'sending' ? this.progress() : nothing}
      ${this.error === null ? nothing : html`<p class="error" role="alert">${this.error}</p>`}
      ${this.step === 'preview' || this.step === 'sending' || this.step === 'done' ? this.outcome() : nothing}
      ${
        this.step === 'done'
          ? html`<p class="row"><button type="button" @click=${this.reset}>Upload another file</button></p>`
          : nothing
      }
    </section>`;
  }

  private choose() {
    const drag = (isOver: boolean) => (event: DragEvent) => {
      event.preventDefault();
      this.isOver = isOver;
    };
    return html`<div
        class="drop ${this.isOver ? 'over' : ''}"
        @dragover=${drag(true)}
        @dragleave=${drag(false)}
        @drop=${this.onDrop}
      >
        <label class="row"
          >CSV file <input type="file" accept=".csv,text/csv,text/plain" @change=${this.onChoice}
        /></label>
        <span class="soft">or drop it here</span>
      </div>
      <p class="small soft">
        Header: <code>machine,time,power_kw,energy_kwh,counter_kwh</code>, in any order; one of the values is enough.
        Times without an offset are those of the plant’s clock (${this.site.timeZone}).
      </p>`;
  }

  private preview() {
    const { first } = this;
    if (!first) return nothing;
    return html`<div class="scroll">
        <table>
          <thead>
            <tr>
              ${fieldsOf(first.header).map((name) => html`<th scope="col">${name}</th>`)}
            </tr>
          </thead>
          <tbody>
            ${first.records.slice(0, SHOWN_ROWS).map(
              (record) =>
                html`<tr>
                  ${fieldsOf(record).map((field) => html`<td>${field}</td>`)}
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
      <p class="row">
        <button type="button" class="first" @click=${this.send}>Send the whole file</button>
        <button type="button" @click=${this.reset}>Choose another</button>
        <span class="small soft">Nothing is stored yet.</span>
      </p>`;
  }

  private progress() {
    const size = this.file?.size ?? 0;
    const percent = size > 0 ? (100 * this.totals.bytes) / size : 0;
    return html`<div class="row">
      <progress max="100" .value=${percent} aria-label="Sent"></progress>
      <span>${numbers.percent(percent)} %</span>
      <button type="button" @click=${this.stop}>Stop</button>
    </div>`;
  }

  private outcome() {
    const { totals, step } = this;
    if (totals.rows === 0) return nothing;
    const isPreview = step === 'preview';
    const lead = isPreview
      ? `Of the first ${numbers.whole(totals.rows)} rows the server would take`
      : `Of ${numbers.whole(totals.rows)} rows sent`;
    const { accepted, duplicates, corrected, refusedCount } = totals;
    const figures = [
      ['new', accepted],
      ['known already', duplicates],
      ['corrections', corrected],
      ['refused', refusedCount],
    ] as const;
    const counts = figures.map(
      ([label, count], index) => html`${index > 0 ? ', ' : nothing}<strong>${numbers.whole(count)}</strong> ${label}`,
    );
    return html`<p role=${step === 'sending' ? 'none' : 'status'}>${lead}: ${counts}.</p>
      ${refusedCount > 0 ? this.refused(totals) : nothing}`;
  }

  private refused({ refused, refusedCount }: UploadTotals) {
    const shown = refused.slice(0, SHOWN_REFUSED);
    const unknown = this.first && this.step !== 'sending' ? unknownMachines(this.first, refused) : [];
    return html`${unknown.length > 0 ? this.unknown(unknown) : nothing}
      <p class="row">
        <span>${reasonsOf(refused).map(({ code, count }) => html`<code>${code}</code> ${numbers.whole(count)} `)}</span>
        <button type="button" @click=${this.download}>Download refused rows</button>
      </p>
      <div class="scroll limited" tabindex="0" role="region" aria-label="Refused rows">
        <table>
          <thead>
            <tr>
              <th scope="col" class="number">Row</th>
              <th scope="col">Reason</th>
              <th scope="col">As sent</th>
            </tr>
          </thead>
          <tbody>
            ${shown.map(
              ({ row, message, record }) =>
                html`<tr>
                  <td class="number">${numbers.whole(row)}</td>
                  <td>${message}</td>
                  <td class="sent">${record}</td>
                </tr>`,
            )}
          </tbody>
        </table>
      </div>
      ${
        refusedCount > shown.length
          ? html`<p class="small soft">
              The first ${numbers.whole(shown.length)} of ${numbers.whole(refusedCount)} are shown.
            </p>`
          : nothing
      }`;
  }

  private unknown(machines: UnknownMachine[]) {
    const texts = machines.slice(0, SHOWN_NAMES).map(({ name, expectedIntervalSeconds: seconds }) =>
      seconds === null ? name : `${name} (a reading every ${numbers.whole(seconds)} s)`,
    );
    const more = machines.length > SHOWN_NAMES ? ` and ${machines.length - SHOWN_NAMES} more` : '';
    const label = machines.length === 1 ? 'Register this machine' : `Register these ${machines.length} machines`;
    return html`<p class="row">
      <span>Not registered yet: ${texts.join(', ')}${more}.</span>
      <button type="button" class="first" @click=${() => this.register(machines)}>${label}</button>
    </p>`;
  }

  /** And looks at the file again; rows that are sent twice do no harm. */
  private async register(machines: readonly UnknownMachine[]): Promise<void> {
    const { file, site } = this;
    if (!file) return;
    try {
      for (const { name, expectedIntervalSeconds: seconds } of machines) {
        const interval = seconds === null ? {} : { expectedIntervalSeconds: seconds };
        await ask(RegisterDocument, { input: { siteId: site.id, name, ...interval } });
      }
      this.dispatchEvent(new CustomEvent('upload-done'));
      await this.look(file);
    } catch (error) {
      this.error = sentenceOf(error);
    }
  }

  private onChoice(): void {
    const file = this.input.files?.[0];
    if (file) void this.look(file);
  }

  private onDrop(event: DragEvent): void {
    event.preventDefault();
    this.isOver = false;
    const file = event.dataTransfer?.files[0];
    if (file) void this.look(file);
  }

  private async look(file: File): Promise<void> {
    this.reset();
    const { signal } = this.abort;
    [this.file, this.step] = [file, 'looking'];
    try {
      const piece = (await piecesOf(file, PREVIEW_ROWS).next()).value as Piece | undefined;
      if (!piece) throw new Error('There are no rows in this file, or nothing but a header.');
      this.first = piece;
      const answer = await sendPiece(piece, this.destination(true), signal);
      this.totals = withAnswer(NOTHING_SENT, piece, answer);
    } catch (error) {
      if (signal.aborted) return;
      this.error = (error as Error).message;
    }
    this.step = this.first ? 'preview' : 'choose';
  }

  private async send(): Promise<void> {
    if (!this.file) return;
    const { signal } = this.abort;
    [this.step, this.error, this.totals] = ['sending', null, NOTHING_SENT];
    try {
      for await (const piece of piecesOf(this.file)) {
        const answer = await sendPiece(piece, this.destination(false), signal);
        this.totals = withAnswer(this.totals, piece, answer);
      }
    } catch (error) {
      const sentence = signal.aborted ? 'Stopped.' : (error as Error).message;
      const rows = numbers.whole(this.totals.rows);
      this.error = `${sentence} The first ${rows} rows are dealt with; to send the file again does no harm.`;
    }
    this.step = 'done';
    this.dispatchEvent(new CustomEvent('upload-done'));
  }

  private destination(isDryRun: boolean) {
    return { siteName: this.site.name, zone: this.site.timeZone, isDryRun };
  }

  private stop(): void {
    this.abort.abort();
  }

  private reset(): void {
    this.abort.abort();
    this.abort = new AbortController();
    [this.step, this.file, this.first, this.totals, this.error] = ['choose', null, null, NOTHING_SENT, null];
  }

  private download(): void {
    const url = URL.createObjectURL(
      new Blob([refusedCsv(this.first?.header ?? '', this.totals.refused)], { type: 'text/csv' }),
    );
    const link = Object.assign(document.createElement('a'), { href: url, download: 'refused.csv' });
    link.click();
    setTimeout(() => URL.revokeObjectURL(url), 60_000);
  }
}
