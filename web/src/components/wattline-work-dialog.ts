// Announces that a machine or the whole site is worked on.

import { html } from 'lit';
import { customElement } from 'lit/decorators.js';

import { ask } from '../api/http';
import type { MachineChoice, Site } from '../api/trends';
import { instantText, workSpan } from '../care/times';
import { ScheduleDocument } from '../gql/graphql';
import { selectField, textField } from './fields';
import { FormDialog } from './form-dialog';

interface Subject {
  readonly site: Site;
  readonly machine: Pick<MachineChoice, 'id' | 'name'>;
}

interface Form {
  readonly where: 'machine' | 'site';
  readonly from: string;
  readonly to: string;
  readonly note: string;
}

@customElement('wattline-work-dialog')
export class WattlineWorkDialog extends FormDialog<Subject, Form> {
  protected formOf({ site }: Subject): Form {
    return { where: 'machine', ...workSpan(Date.now(), site.timeZone), note: '' };
  }

  protected heading() {
    return 'Announce maintenance';
  }

  protected deed() {
    return 'Announce';
  }

  protected fields({ where, from, to, note }: Form, { site, machine }: Subject) {
    const hint = `Clock of the plant: ${site.timeZone}`;
    return html`<div class="fields">
      <p class="small wide">Nobody is told of anomalies that begin meanwhile.</p>
      ${selectField({
        name: 'where',
        label: 'What is worked on',
        value: where,
        options: [
          ['machine', machine.name],
          ['site', `The whole site ${site.name}`],
        ],
        input: (chosen) => this.change({ where: chosen }),
      })}
      ${textField({ name: 'note', label: 'What is done', value: note, input: (text) => this.change({ note: text }) })}
      ${textField({ name: 'from', label: 'From', type: 'datetime-local', value: from, hint, input: (text) => this.change({ from: text }) })}
      ${textField({ name: 'to', label: 'To', type: 'datetime-local', value: to, input: (text) => this.change({ to: text }) })}
    </div>`;
  }

  protected async send({ where, from, to, note }: Form, { site, machine }: Subject) {
    const place = where === 'machine' ? { machineId: machine.id } : { siteId: site.id };
    const span = { from: instantText(from, site.timeZone), to: instantText(to, site.timeZone) };
    await ask(ScheduleDocument, { input: { ...place, ...span, note: note.trim() || null } });
  }
}
