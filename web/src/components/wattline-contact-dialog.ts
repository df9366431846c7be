// Adds or changes a place that messages go to.

import { html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';

import { ask } from '../api/http';
import type { ContactPoint } from '../api/telling';
import { SaveContactPointDocument } from '../gql/graphql';
import { CHANNEL_TEXTS } from '../telling/words';
import { checkField, selectField, textField } from './fields';
import { FormDialog } from './form-dialog';

interface Subject {
  /** Null for a new one. */
  readonly contactPoint: ContactPoint | null;
}

type Form = Omit<ContactPoint, 'id'> & { readonly newSecret: boolean };

const ADDRESSES = {
  EMAIL: { label: 'E-mail address', type: 'email', hint: 'Several persons are several contact points.' },
  WEBHOOK: { label: 'URL', type: 'url', hint: 'It gets POST requests, signed as Standard Webhooks asks.' },
} as const;

@customElement('wattline-contact-dialog')
export class WattlineContactDialog extends FormDialog<Subject, Form> {
  protected formOf({ contactPoint }: Subject): Form {
    const { name = '', channel = 'EMAIL', address = '', isEnabled = true } = contactPoint ?? {};
    return { name, channel, address, isEnabled, newSecret: false };
  }

  protected heading({ contactPoint }: Subject) {
    return contactPoint ? `Edit ${contactPoint.name}` : 'Add a contact point';
  }

  protected deed({ contactPoint }: Subject) {
    return contactPoint ? 'Save' : 'Add';
  }

  protected fields({ name, channel, address, isEnabled, newSecret }: Form, { contactPoint }: Subject) {
    const { label, type, hint } = ADDRESSES[channel];
    return html`<div class="fields">
      ${textField({ name: 'name', label: 'Name', value: name, input: (text) => this.change({ name: text }) })}
      ${selectField({
        name: 'channel',
        label: 'Channel',
        value: channel,
        options: [
          ['EMAIL', CHANNEL_TEXTS.EMAIL],
          ['WEBHOOK', CHANNEL_TEXTS.WEBHOOK],
        ],
        input: (chosen) => this.change({ channel: chosen }),
      })}
      ${textField({ name: 'address', label, type, value: address, hint, isWide: true, input: (text) => this.change({ address: text }) })}
      ${
        contactPoint?.channel === 'WEBHOOK' && channel === 'WEBHOOK'
          ? checkField({
              name: 'secret',
              label: 'Replace its secret',
              hint: 'From then on requests are signed with the new one only.',
              isChecked: newSecret,
              input: (isChecked) => this.change({ newSecret: isChecked }),
            })
          : nothing
      }
      ${checkField({ name: 'enabled', label: 'Send messages there', isChecked: isEnabled, input: (isChecked) => this.change({ isEnabled: isChecked }) })}
    </div>`;
  }

  /** Its secret is told this once. */
  protected async send(form: Form, { contactPoint }: Subject) {
    const input = { id: contactPoint?.id ?? null, ...form };
    return (await ask(SaveContactPointDocument, { input })).saveContactPoint;
  }
}
