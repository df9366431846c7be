// Asks before something is taken away.

import { html } from 'lit';
import { customElement } from 'lit/decorators.js';

import { FormDialog } from './form-dialog';

export interface Question {
  readonly heading: string;
  /** What follows from it. */
  readonly text: string;
  readonly deed: string;
  readonly send: () => Promise<unknown>;
}

@customElement('wattline-confirm')
export class WattlineConfirm extends FormDialog<Question, object> {
  protected formOf() {
    return {};
  }

  protected heading({ heading }: Question) {
    return heading;
  }

  protected fields(_: object, { text }: Question) {
    return html`<p>${text}</p>`;
  }

  protected deed({ deed }: Question) {
    return deed;
  }

  protected send(_: object, { send }: Question) {
    return send();
  }
}
