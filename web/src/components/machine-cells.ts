// Figures and states of machines as the views write them. Why a dash with its reason: a number that is not known must
// neither look like zero nor leave people guessing.

import { css, html } from 'lit';
import type { TemplateResult } from 'lit';

import type { Machine } from '../api/machines';
import { STATE_TEXTS, stateOf } from '../machines/state';
import type { Known } from '../machines/state';

export const machineCells = css`
  .state {
    display: inline-flex;
    align-items: center;
    gap: 0.4375rem;
    white-space: nowrap;
  }

  .dot {
    flex: none;
    box-sizing: border-box;
    width: 0.625rem;
    height: 0.625rem;
    border-radius: 50%;
    background: var(--ok);
  }

  .late .dot {
    border-radius: 0.125rem;
    background: var(--warn);
  }

  .silent .dot {
    background: none;
    border: 0.1875rem solid var(--bad);
  }

  .retired .dot {
    height: 0.1875rem;
    border-radius: 0;
    background: var(--ink-soft);
  }

  .reason {
    color: var(--ink-soft);
    font-size: 0.8125rem;
    white-space: normal;
  }
`;

/** A value, or a dash and why. */
export function knownText(known: Known, text: (value: number) => string): TemplateResult {
  if ('value' in known) return html`${text(known.value)}`;
  return html`<span class="soft">—</span> <span class="reason">${known.reason}</span>`;
}

/** A dot and a word: the states differ in shape too. */
export function stateText(machine: Machine, nowMs: number): TemplateResult {
  const state = stateOf(machine, nowMs);
  return html`<span class="state ${state}"><span class="dot"></span>${STATE_TEXTS[state]}</span>`;
}
