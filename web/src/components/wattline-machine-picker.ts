// Machines to choose any number of. Why with a filter: a plant has hundreds, and a rule is about three of them.

import { LitElement, css, html, nothing } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';

import type { RuleMachine } from '../api/telling';
import { matches } from '../machines/list';
import { choicesFor } from '../telling/forms';
import { controls } from './controls';
import { fieldStyles } from './fields';
import { shared } from './shared';

/** More names than this are narrowed down by typing. */
const FILTER_FROM = 12;

@customElement('wattline-machine-picker')
export class WattlineMachinePicker extends LitElement {
  @property({ attribute: false }) machines: readonly RuleMachine[] = [];
  @property({ attribute: false }) chosen: readonly string[] = [];
  @state() private filter = '';

  static override styles = [
    shared,
    controls,
    fieldStyles,
    css`
      ul {
        display: grid;
        grid-template-columns: repeat(auto-fill, minmax(min(100%, 12rem), 1fr));
        gap: 0 1rem;
        max-height: 11rem;
        margin-block-start: 0.25rem;
        overflow-y: auto;
        list-style: none;
      }
    `,
  ];

  protected override render() {
    const { machines, chosen, filter } = this;
    const shown = machines.filter(({ id, name }) => chosen.includes(id) || matches(name, filter));
    return html`<fieldset>
      <legend>Machines</legend>
      ${
        machines.length >= FILTER_FROM
          ? html`<label
              ><span class="spoken">Filter by name</span>
              <input type="search" placeholder="Filter by name" .value=${filter} @input=${this.onFilter} />
            </label>`
          : nothing
      }
      <ul>
        ${shown.map(
          ({ id, name }) =>
            html`<li>
              <label class="check"
                ><input type="checkbox" .checked=${chosen.includes(id)} @change=${() => this.toggle(id)} />${name}</label
              >
            </li>`,
        )}
      </ul>
      ${machines.length === 0 ? html`<p class="small soft">There are no machines yet.</p>` : nothing}
    </fieldset>`;
  }

  private onFilter(event: Event): void {
    this.filter = (event.target as HTMLInputElement).value;
  }

  private toggle(id: string): void {
    const { chosen } = this;
    const detail = chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id];
    this.dispatchEvent(new CustomEvent<readonly string[]>('machines-change', { detail }));
  }
}

/** The machines of a form; those that its rule has already can be chosen too, wherever they are. */
export function machinesField(field: {
  machines: readonly RuleMachine[];
  /** Of what is edited; null for all, or for a new one. */
  known: readonly RuleMachine[] | null;
  chosen: readonly string[];
  input: (chosen: string[]) => void;
}) {
  return html`<wattline-machine-picker
    class="wide"
    .machines=${choicesFor(field.machines, field.known)}
    .chosen=${field.chosen}
    @machines-change=${(event: CustomEvent<string[]>) => field.input(event.detail)}
  ></wattline-machine-picker>`;
}
