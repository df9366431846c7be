// The fields of forms, one function for each kind. Why functions: a form reads as the list of its fields, and labels,
// hints and what belongs to them are put together once.

import { css, html, nothing } from 'lit';

export const fieldStyles = css`
  fieldset {
    grid-column: 1 / -1;
    min-width: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }

  legend {
    padding: 0;
    font-size: 0.875rem;
    font-weight: 600;
  }

  .check {
    display: flex;
    align-items: center;
    gap: 0.5rem;
    padding-block: 0.1875rem;
    font-weight: 400;
    overflow-wrap: anywhere;
  }

  .check input {
    margin: 0;
  }

  input[type='radio'] {
    flex: none;
    width: 1.125rem;
    min-height: 1.125rem;
    accent-color: var(--accent);
  }

  .checks {
    display: flex;
    flex-wrap: wrap;
    gap: 0 1.25rem;
    margin-block-start: 0.25rem;
  }

  .wide {
    grid-column: 1 / -1;
  }
`;

interface Field {
  /** Unique in its form. */
  readonly name: string;
  readonly label: string;
  readonly hint?: string;
}

interface TextField extends Field {
  readonly value: string;
  readonly type?: 'text' | 'number' | 'email' | 'url' | 'datetime-local' | 'time';
  readonly isWide?: boolean;
  readonly input: (text: string) => void;
}

export function textField({ name, label, hint, value, type = 'text', isWide = false, input }: TextField) {
  return html`<div class=${isWide ? 'wide' : ''}>
    <label
      >${label}
      <input
        name=${name}
        type=${type}
        step=${type === 'number' ? 'any' : nothing}
        autocomplete="off"
        .value=${value}
        aria-describedby=${hint ? `${name}-hint` : nothing}
        @input=${({ target }: Event) => input((target as HTMLInputElement).value)}
      />
    </label>
    ${hintText(name, hint)}
  </div>`;
}

interface SelectField<Option extends string> extends Field {
  readonly value: Option;
  /** Each with its text. */
  readonly options: readonly (readonly [Option, string])[];
  readonly input: (option: Option) => void;
}

export function selectField<Option extends string>({ name, label, hint, value, options, input }: SelectField<Option>) {
  return html`<div>
    <label
      >${label}
      <select
        name=${name}
        aria-describedby=${hint ? `${name}-hint` : nothing}
        @change=${({ target }: Event) => input((target as HTMLSelectElement).value as Option)}
      >
        ${options.map(([option, text]) => html`<option value=${option} ?selected=${option === value}>${text}</option>`)}
      </select>
    </label>
    ${hintText(name, hint)}
  </div>`;
}

interface CheckField extends Field {
  readonly isChecked: boolean;
  readonly input: (isChecked: boolean) => void;
}

export function checkField({ name, label, hint, isChecked, input }: CheckField) {
  return html`<div class="wide">
    <label class="check"
      ><input
        name=${name}
        type="checkbox"
        .checked=${isChecked}
        aria-describedby=${hint ? `${name}-hint` : nothing}
        @change=${({ target }: Event) => input((target as HTMLInputElement).checked)}
      />${label}</label
    >
    ${hintText(name, hint)}
  </div>`;
}

interface ChecksField extends Field {
  readonly chosen: readonly string[];
  readonly options: readonly (readonly [string, string])[];
  readonly input: (chosen: string[]) => void;
}

/** Any number of several. */
export function checksField({ name, label, hint, chosen, options, input }: ChecksField) {
  const toggle = (option: string, isChosen: boolean) =>
    input(options.map(([one]) => one).filter((one) => (one === option ? isChosen : chosen.includes(one))));
  return html`<fieldset aria-describedby=${hint ? `${name}-hint` : nothing}>
    <legend>${label}</legend>
    <div class="checks">
      ${options.map(
        ([option, text]) =>
          html`<label class="check"
            ><input
              type="checkbox"
              .checked=${chosen.includes(option)}
              @change=${({ target }: Event) => toggle(option, (target as HTMLInputElement).checked)}
            />${text}</label
          >`,
      )}
    </div>
    ${hintText(name, hint)}
  </fieldset>`;
}

interface RadioField<Option extends string> extends SelectField<Option> {}

/** One of a few that are read at once. */
export function radioField<Option extends string>({ name, label, hint, value, options, input }: RadioField<Option>) {
  return html`<fieldset>
    <legend>${label}</legend>
    ${options.map(
      ([option, text]) =>
        html`<label class="check"
          ><input type="radio" name=${name} .checked=${option === value} @change=${() => input(option)} />${text}</label
        >`,
    )}
    ${hintText(name, hint)}
  </fieldset>`;
}

function hintText(name: string, hint: string | undefined) {
  return hint ? html`<p class="small soft" id="${name}-hint">${hint}</p>` : nothing;
}
