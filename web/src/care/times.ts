// Until when a machine is snoozed and when it is worked on, by the plant's clock. Why apart from the dialogs: what
// "tomorrow" means is the plant's matter, and a test can read it.

import { inputInstant, inputText, instantOf, wallOf, written } from '../site-time';

const HOUR_MS = 3_600_000;
/** When the early shift begins. */
const MORNING = { hour: 6, minute: 0, second: 0 };

export type SnoozeChoice = 'hour' | 'shift' | 'morning' | 'until';

export interface SnoozeForm {
  readonly choice: SnoozeChoice;
  /** As `<input type="datetime-local">` has it. */
  readonly until: string;
}

export function snoozeFormOf(nowMs: number, zone: string): SnoozeForm {
  return { choice: 'hour', until: inputText(instantAfter('shift', nowMs, zone), zone) };
}

function instantAfter(choice: Exclude<SnoozeChoice, 'until'>, nowMs: number, zone: string): number {
  const { year, month, day } = wallOf(nowMs, zone);
  switch (choice) {
    case 'hour':
      return nowMs + HOUR_MS;
    case 'shift':
      return nowMs + 8 * HOUR_MS;
    case 'morning':
      return instantOf({ year, month, day: day + 1, ...MORNING }, zone);
  }
}

/** Each with its text. */
export function snoozeOptions(nowMs: number, zone: string, locale?: string): [SnoozeChoice, string][] {
  const morning = written(instantAfter('morning', nowMs, zone), zone, { weekday: 'long', ...SHORT }, locale);
  return [
    ['hour', 'for 1 hour'],
    ['shift', 'for 8 hours'],
    ['morning', `until tomorrow morning: ${morning}`],
    ['until', 'until…'],
  ];
}

/** The instant; fails with a sentence while it is incomplete. */
export function snoozedUntil({ choice, until }: SnoozeForm, nowMs: number, zone: string): string {
  return choice === 'until' ? instantText(until, zone) : new Date(instantAfter(choice, nowMs, zone)).toISOString();
}

const SHORT = { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' } as const;

/** What a field of the plant's time means, for the server. */
export function instantText(text: string, zone: string): string {
  const atMs = inputInstant(text, zone);
  if (atMs === null) throw new Error('Give a date and a time.');
  return new Date(atMs).toISOString();
}

/** Whether the machine is worked on, too: alone, or with all of its site. */
export function isWorkAt(id: string, { machine }: { readonly machine: { readonly id: string } | null }): boolean {
  return machine === null || machine.id === id;
}

/** From when to when, in the reader's language; the day of the end only where it is another. */
export function spanText(from: string, to: string, zone: string, locale?: string): string {
  const [begin, end] = [wallOf(Date.parse(from), zone), wallOf(Date.parse(to), zone)];
  const isSameDay = begin.year === end.year && begin.month === end.month && begin.day === end.day;
  const until = isSameDay ? ({ hour: '2-digit', minute: '2-digit' } as const) : SHORT;
  return `${written(Date.parse(from), zone, SHORT, locale)} – ${written(Date.parse(to), zone, until, locale)}`;
}

/** From the next full hour on, for two hours. */
export function workSpan(nowMs: number, zone: string): { from: string; to: string } {
  const fromMs = Math.ceil(nowMs / HOUR_MS) * HOUR_MS;
  return { from: inputText(fromMs, zone), to: inputText(fromMs + 2 * HOUR_MS, zone) };
}
