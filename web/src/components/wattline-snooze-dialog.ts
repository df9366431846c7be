// For how long nobody is told of a machine's anomalies.

import { html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';

import { ask } from '../api/http';
import { snoozeFormOf, snoozeOptions, snoozedUntil } from '../care/times';
import type { SnoozeForm } from '../care/times';
import { SnoozeDocument } from '../gql/graphql';
import { radioField, textField } from './fields';
import { FormDialog } from './form-dialog';

interface Subject {
  readonly id: string;
  readonly name: string;
  /** The site's. */
  readonly zone: string;
}

@customElement('wattline-snooze-dialog')
export class WattlineSnoozeDialog extends FormDialog<Subject, SnoozeForm> {
  protected formOf({ zone }: Subject) {
    return snoozeFormOf(Date.now(), zone);
  }

  protected heading({ name }: Subject) {
    return `Snooze ${name}`;
  }

  protected deed() {
    return 'Snooze';
  }

  protected fields({ choice, until }: SnoozeForm, { zone }: Subject) {
    return html`<div class="fields">
      <p class="small wide">Its anomalies are kept all the same, but nobody is told of them.</p>
      ${radioField({
        name: 'choice',
        label: 'Tell nobody',
        value: choice,
        options: snoozeOptions(Date.now(), zone),
        input: (chosen) => this.change({ choice: chosen }),
      })}
      ${
        choice === 'until'
          ? textField({
              name: 'until',
              label: 'Until',
              type: 'datetime-local',
              value: until,
              hint: `Clock of the plant: ${zone}`,
              input: (text) => this.change({ until: text }),
            })
          : nothing
      }
    </div>`;
  }

  protected async send(form: SnoozeForm, { id, zone }: Subject) {
    await ask(SnoozeDocument, { input: { id, until: snoozedUntil(form, Date.now(), zone) } });
  }
}
