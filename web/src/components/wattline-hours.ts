// Hours of the week on the site's clock, as rules need them. Why rows of days and two times: shifts are the same on most
// days, and an end before its begin is a night shift.

import { LitElement, css, html } from 'lit';
import { customElement, property } from 'lit/decorators.js';

import { WEEKDAYS } from '../api/telling';
import type { Hours } from '../api/telling';
import { FIRST_HOURS } from '../telling/forms';
import { dayText } from '../telling/words';
import { controls } from './controls';
import { fieldStyles } from './fields';
import { shared } from './shared';

/** Fields of times know no end of the day but its begin, which as an end means the same. */
const MIDNIGHT = '00:00';
const END_OF_DAY = '24:00';

@customElement('wattline-hours')
export class WattlineHours extends LitElement {
  @property({ attribute: false }) hours: readonly Hours[] = [];
  @property() label = '';
  /** By whose clock. */
  @property() hint = '';

  static override styles = [
    shared,
    controls,
    fieldStyles,
    css`
      fieldset fieldset {
        margin-block: 0.375rem;
        padding: 0.5rem 0.75rem;
        border: 1px solid var(--line);
        border-radius: 0.375rem;
      }

      .checks {
        gap: 0 0.75rem;
        margin: 0;
      }

      .check,
      .time {
        font-size: 0.875rem;
      }

      .time input {
        min-height: 2rem;
      }
    `,
  ];

  protected override render() {
    return html`<fieldset>
      <legend>${this.label}</legend>
      ${this.hours.map((hours, index) => this.row(hours, index))}
      <p class="row">
        <button type="button" @click=${() => this.say([...this.hours, FIRST_HOURS])}>Add hours</button>
        <span class="small soft">${this.hint}</span>
      </p>
    </fieldset>`;
  }

  private row({ days, from, to }: Hours, index: number) {
    const change = (changed: Partial<Hours>) => this.say(this.hours.with(index, { ...this.hours[index]!, ...changed }));
    const toggle = (day: (typeof WEEKDAYS)[number]) =>
      change({ days: WEEKDAYS.filter((one) => (one === day ? !days.includes(one) : days.includes(one))) });
    const time = (label: string, value: string, input: (text: string) => void) => html`<label class="time"
      >${label}
      <input type="time" required .value=${value} @change=${({ target }: Event) => input((target as HTMLInputElement).value)}
    /></label>`;
    return html`<fieldset aria-label="Hours ${index + 1}">
      <div class="checks">
        ${WEEKDAYS.map(
          (day) =>
            html`<label class="check"
              ><input type="checkbox" .checked=${days.includes(day)} @change=${() => toggle(day)} />${dayText(day)}</label
            >`,
        )}
      </div>
      <div class="row">
        ${time('from', from, (text) => change({ from: text }))}
        ${time('to', to === END_OF_DAY ? MIDNIGHT : to, (text) => change({ to: text === MIDNIGHT ? END_OF_DAY : text }))}
        <button
          type="button"
          aria-label="Remove hours ${index + 1}"
          ?disabled=${this.hours.length === 1}
          @click=${() => this.say(this.hours.toSpliced(index, 1))}
        >
          Remove
        </button>
      </div>
    </fieldset>`;
  }

  private say(hours: readonly Hours[]): void {
    this.dispatchEvent(new CustomEvent<readonly Hours[]>('hours-change', { detail: hours }));
  }
}

/** The hours of a form. */
export function hoursField(field: { label: string; clock: string; hours: readonly Hours[]; input: (hours: Hours[]) => void }) {
  return html`<wattline-hours
    class="wide"
    label=${field.label}
    hint="${field.clock}. An end before its begin is on the next day."
    .hours=${field.hours}
    @hours-change=${(event: CustomEvent<Hours[]>) => field.input(event.detail)}
  ></wattline-hours>`;
}
