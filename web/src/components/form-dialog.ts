// What all dialogs with a form have in common: they open, send, close, and say what went wrong. Why a native dialog: the
// browser keeps the focus inside and the Escape key working. Why the server judges: its sentences are the same through
// every door.

import { LitElement, html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { query, state } from 'lit/decorators.js';

import { ServerError, sentenceOf } from '../api/http';
import { controls } from './controls';
import { dialogs } from './dialogs';
import { fieldStyles } from './fields';
import { shared } from './shared';

/** `saved` is fired once the server has taken it. */
export abstract class FormDialog<Subject, Form> extends LitElement {
  /** What the form is about; null while it is closed. */
  @state() protected subject: Subject | null = null;
  @state() protected form!: Form;
  @state() private failure: unknown = null;
  @state() private isSending = false;
  @query('dialog') private dialog!: HTMLDialogElement;

  static override styles = [shared, controls, dialogs, fieldStyles];

  protected abstract formOf(subject: Subject): Form;
  protected abstract heading(subject: Subject): string;
  protected abstract fields(form: Form, subject: Subject): TemplateResult;
  /** What the button that sends it says. */
  protected abstract deed(subject: Subject): string;
  protected abstract send(form: Form, subject: Subject): Promise<unknown>;

  async open(subject: Subject): Promise<void> {
    this.form = this.formOf(subject);
    this.subject = subject;
    this.failure = null;
    await this.updateComplete;
    this.dialog.showModal();
  }

  protected change(change: Partial<Form>): void {
    this.form = { ...this.form, ...change };
  }

  protected override render() {
    const { subject, form } = this;
    return html`<dialog aria-labelledby="title" @close=${this.onClose}>
      ${
        subject === null
          ? nothing
          : html`<h2 id="title">${this.heading(subject)}</h2>
              <form novalidate @submit=${this.submit}>
                ${this.fields(form, subject)} ${failureText(this.failure)}
                <div class="row actions">
                  <button type="button" @click=${() => this.dialog.close()}>Cancel</button>
                  <button type="submit" class="first" ?disabled=${this.isSending}>${this.deed(subject)}</button>
                </div>
              </form>`
      }
    </dialog>`;
  }

  private onClose(): void {
    this.subject = null;
  }

  private async submit(event: Event): Promise<void> {
    event.preventDefault();
    const { subject, form } = this;
    if (subject === null || this.isSending) return;
    this.isSending = true;
    this.failure = null;
    try {
      const detail = await this.send(form, subject);
      this.dialog.close();
      this.dispatchEvent(new CustomEvent('saved', { bubbles: true, composed: true, detail }));
    } catch (error) {
      this.failure = error;
    } finally {
      this.isSending = false;
    }
  }
}

/** A sentence, and the server's code for whoever asks about it. */
export function failureText(failure: unknown) {
  if (failure === null) return nothing;
  const code = failure instanceof ServerError ? failure.code : '';
  return html`<p class="mistake" role="alert">
    ${sentenceOf(failure)} ${code ? html`<code class="small soft">${code}</code>` : nothing}
  </p>`;
}
