// Adds or changes a rule about who is told of what, and how soon.

import { html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';

import { ask } from '../api/http';
import { ANOMALY_KINDS } from '../api/telling';
import type { ContactPoint, NotificationRule, RuleMachine } from '../api/telling';
import type { Site } from '../api/trends';
import { kindText } from '../format/anomalies';
import { SaveNotificationRuleDocument } from '../gql/graphql';
import { notificationForm, notificationInput } from '../telling/forms';
import type { NotificationForm } from '../telling/forms';
import { durationText } from '../telling/words';
import { checkField, checksField, selectField, textField } from './fields';
import { FormDialog } from './form-dialog';
import { hoursField } from './wattline-hours';
import { machinesField } from './wattline-machine-picker';

interface Subject {
  /** Null for a new one. */
  readonly rule: NotificationRule | null;
  readonly sites: readonly Site[];
  readonly machines: readonly RuleMachine[];
  readonly contactPoints: readonly ContactPoint[];
}

@customElement('wattline-notification-dialog')
export class WattlineNotificationDialog extends FormDialog<Subject, NotificationForm> {
  protected formOf({ rule }: Subject) {
    return notificationForm(rule);
  }

  protected heading({ rule }: Subject) {
    return rule ? `Edit ${rule.name}` : 'Add a notification';
  }

  protected deed({ rule }: Subject) {
    return rule ? 'Save' : 'Add';
  }

  protected fields(form: NotificationForm, subject: Subject) {
    const { sites, contactPoints } = subject;
    return html`<div class="fields">
      ${textField({ name: 'name', label: 'Name', value: form.name, input: (name) => this.change({ name }) })}
      ${selectField({
        name: 'severity',
        label: 'Told are',
        value: form.severity,
        options: [
          ['WARNING', 'warnings and what is critical'],
          ['CRITICAL', 'only what is critical'],
        ],
        input: (severity) => this.change({ severity }),
      })}
      ${checksField({
        name: 'contacts',
        label: 'Who is told',
        options: contactPoints.map(({ id, name }) => [id, name]),
        chosen: form.contactPointIds,
        hint: contactPoints.length === 0 ? 'Add a contact point first.' : '',
        input: (contactPointIds) => this.change({ contactPointIds }),
      })}
      ${selectField({
        name: 'where',
        label: 'Of anomalies at',
        value: form.where,
        options: [['all', 'all sites'], ...sites.map(({ id, name }) => [id, `the site ${name}`] as const), ['machines', 'these machines']],
        input: (where) => this.change({ where }),
      })}
      ${form.where === 'machines' ? this.machines(form, subject) : nothing}
      ${checksField({
        name: 'kinds',
        label: 'Of these kinds',
        options: kindsWith(form.kinds).map((kind) => [kind, kindText(kind)]),
        chosen: form.kinds,
        hint: form.kinds.length === 0 ? 'None chosen: of all kinds.' : '',
        input: (kinds) => this.change({ kinds }),
      })}
      ${checkField({ name: 'always', label: 'At any hour', isChecked: form.isAlways, input: (isAlways) => this.change({ isAlways }) })}
      ${form.isAlways ? nothing : this.hours(form)} ${this.pace(form)}
      ${checkField({ name: 'recovery', label: 'Tell when it is over, too', isChecked: form.tellsRecovery, input: (tellsRecovery) => this.change({ tellsRecovery }) })}
      ${checkField({ name: 'enabled', label: 'In force', isChecked: form.isEnabled, input: (isEnabled) => this.change({ isEnabled }) })}
    </div>`;
  }

  private machines({ machineIds }: NotificationForm, { rule, machines }: Subject) {
    return machinesField({
      ...{ machines, known: rule?.machines ?? null, chosen: machineIds },
      input: (chosen) => this.change({ machineIds: chosen }),
    });
  }

  private hours({ hours }: NotificationForm) {
    return hoursField({
      ...{ label: 'Only of what is found in these hours', clock: 'Clock of the site', hours },
      input: (changed) => this.change({ hours: changed }),
    });
  }

  private pace({ graceSeconds, gatherSeconds, digestSeconds }: NotificationForm) {
    const seconds = (
      name: 'graceSeconds' | 'gatherSeconds' | 'digestSeconds',
      label: string,
      value: string,
      hint: (duration: string) => string,
    ) =>
      textField({
        ...{ name, label, value, type: 'number' },
        hint: hint(durationText(Math.max(0, Math.round(Number(value) || 0)))),
        input: (text) => this.change({ [name]: text }),
      });
    return [
      seconds('graceSeconds', 'Lasts at least, seconds', graceSeconds, (d) => `What is over within ${d} is not told.`),
      seconds('gatherSeconds', 'Wait for more, seconds', gatherSeconds, (d) => `What comes within ${d} stands in one message.`),
      seconds('digestSeconds', 'Between two messages, seconds', digestSeconds, (d) => `At most one message in ${d}.`),
    ];
  }

  protected send(form: NotificationForm, { rule }: Subject) {
    return ask(SaveNotificationRuleDocument, { input: notificationInput(form, rule?.id ?? null) });
  }
}

/** Wattline's own kinds, and those of other systems that a rule has already. */
function kindsWith(kinds: readonly string[]): string[] {
  return [...new Set([...ANOMALY_KINDS, ...kinds])];
}
