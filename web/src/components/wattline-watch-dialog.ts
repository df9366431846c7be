// Adds or changes a rule for machines: what breaks it is an anomaly, whatever the detector says.

import { html, nothing } from 'lit';
import { customElement } from 'lit/decorators.js';

import { ask } from '../api/http';
import { KINDS } from '../api/machines';
import type { RuleMachine, WatchRule } from '../api/telling';
import type { Site } from '../api/trends';
import { kindText } from '../format/anomalies';
import { SaveWatchRuleDocument } from '../gql/graphql';
import { choicesFor, watchForm, watchInput } from '../telling/forms';
import type { WatchForm } from '../telling/forms';
import { WATCH_KIND_TEXTS, durationText, limitUnit } from '../telling/words';
import { checkField, selectField, textField } from './fields';
import { FormDialog } from './form-dialog';
import { hoursField } from './wattline-hours';
import { machinesField } from './wattline-machine-picker';

interface Subject {
  /** Null for a new one. */
  readonly rule: WatchRule | null;
  readonly site: Site;
  readonly machines: readonly RuleMachine[];
}

const WATCH_KINDS = ['THRESHOLD', 'OFF_HOURS', 'NO_DATA'] as const;

@customElement('wattline-watch-dialog')
export class WattlineWatchDialog extends FormDialog<Subject, WatchForm> {
  protected formOf({ rule }: Subject) {
    return watchForm(rule);
  }

  protected heading({ rule }: Subject) {
    return rule ? `Edit ${rule.name}` : 'Add a rule for machines';
  }

  protected deed({ rule }: Subject) {
    return rule ? 'Save' : 'Add';
  }

  protected fields(form: WatchForm, subject: Subject) {
    return html`<div class="fields">
      ${textField({ name: 'name', label: 'Name', value: form.name, input: (name) => this.change({ name }) })}
      ${selectField({
        name: 'kind',
        label: 'Watch for',
        value: form.kind,
        options: WATCH_KINDS.map((kind) => [kind, WATCH_KIND_TEXTS[kind]]),
        input: (kind) => this.change({ kind }),
      })}
      ${selectField({
        name: 'where',
        label: 'At',
        value: form.where,
        options: [
          ['all', 'all machines of the site'],
          ['machines', 'these machines'],
          ...KINDS.map((kind) => [kind, `machines of the kind ${kindText(kind).toLowerCase()}`] as const),
        ],
        input: (where) => this.change({ where }),
      })}
      ${selectField({
        name: 'severity',
        label: 'That is',
        value: form.severity,
        options: [
          ['WARNING', 'a warning'],
          ['CRITICAL', 'critical'],
        ],
        input: (severity) => this.change({ severity }),
      })}
      ${form.where === 'machines' ? this.machines(form, subject) : nothing} ${this.limits(form, subject)}
      ${textField({
        ...{ name: 'for', label: 'For, seconds', type: 'number', value: form.forSeconds },
        hint: `${durationText(Math.max(0, Math.round(Number(form.forSeconds) || 0)))} without a break`,
        input: (forSeconds) => this.change({ forSeconds }),
      })}
      ${form.kind === 'OFF_HOURS' ? this.hours(form, subject) : nothing}
      ${checkField({ name: 'enabled', label: 'In force', isChecked: form.isEnabled, input: (isEnabled) => this.change({ isEnabled }) })}
    </div>`;
  }

  private limits(form: WatchForm, { machines, rule }: Subject) {
    if (form.kind === 'NO_DATA') return nothing;
    const isChosen = form.where === 'machines' && form.machineIds.length > 0;
    const choices = choicesFor(machines, rule?.machines ?? null);
    const unit = limitUnit(isChosen ? choices.filter(({ id }) => form.machineIds.includes(id)) : machines);
    const limit = (name: 'aboveKw' | 'belowKw' | 'hysteresisKw', label: string, hint: string) =>
      textField({
        ...{ name, label: `${label}, ${unit}`, type: 'number', value: form[name], hint },
        input: (text) => this.change({ [name]: text }),
      });
    const isBoth = form.kind === 'THRESHOLD';
    return [
      limit('aboveKw', 'Above', isBoth ? 'Empty: no upper limit.' : 'What may run when nothing is produced.'),
      isBoth ? limit('belowKw', 'Below', 'Empty: no lower limit.') : nothing,
      limit('hysteresisKw', 'Over once it is back by', 'So that it does not come and go at the limit.'),
    ];
  }

  private machines({ machineIds }: WatchForm, { rule, machines }: Subject) {
    return machinesField({
      ...{ machines, known: rule?.machines ?? null, chosen: machineIds },
      input: (chosen) => this.change({ machineIds: chosen }),
    });
  }

  private hours({ productionHours }: WatchForm, { site }: Subject) {
    return hoursField({
      ...{ label: 'Production hours', clock: `Clock of the plant: ${site.timeZone}`, hours: productionHours },
      input: (changed) => this.change({ productionHours: changed }),
    });
  }

  protected send(form: WatchForm, { rule, site }: Subject) {
    return ask(SaveWatchRuleDocument, { input: watchInput(form, rule?.id ?? null, site.id) });
  }
}
