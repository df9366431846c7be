// Snoozing and maintenance, by the clock of the plant.

import { describe, expect, test } from 'vitest';

import {
  instantText,
  isWorkAt,
  snoozeFormOf,
  snoozeOptions,
  snoozedUntil,
  spanText,
  workSpan,
} from '../src/care/times';

const BERLIN = 'Europe/Berlin';
const NOW_MS = Date.parse('2026-11-26T10:20:30Z');
/** The night in which the clocks are set back. */
const BEFORE_CHANGE_MS = Date.parse('2026-10-24T20:00:00Z');

describe('a machine is snoozed', () => {
  const until = (choice: 'hour' | 'shift' | 'morning', nowMs: number) =>
    snoozedUntil({ choice, until: '' }, nowMs, BERLIN);

  test('for hours', () => {
    expect(until('hour', NOW_MS)).toBe('2026-11-26T11:20:30.000Z');
    expect(until('shift', NOW_MS)).toBe('2026-11-26T18:20:30.000Z');
  });

  test('until six in the morning of the plant, however long that night is', () => {
    expect(until('morning', NOW_MS)).toBe('2026-11-27T05:00:00.000Z');
    expect(until('morning', BEFORE_CHANGE_MS)).toBe('2026-10-25T05:00:00.000Z');
    const [, , morning] = snoozeOptions(NOW_MS, BERLIN, 'en-GB');
    expect(morning).toEqual(['morning', expect.stringMatching(/^until tomorrow morning: Friday.* 27 Nov.* 06:00$/)]);
  });

  test('until an instant that is given on the clock of the plant', () => {
    const form = snoozeFormOf(NOW_MS, BERLIN);
    expect(form).toEqual({ choice: 'hour', until: '2026-11-26T19:20' });
    expect(snoozedUntil({ ...form, choice: 'until' }, NOW_MS, BERLIN)).toBe('2026-11-26T18:20:00.000Z');
    expect(() => snoozedUntil({ choice: 'until', until: '' }, NOW_MS, BERLIN)).toThrow('Give a date and a time.');
  });
});

describe('maintenance', () => {
  test('begins with the next hour', () => {
    expect(workSpan(NOW_MS, BERLIN)).toEqual({ from: '2026-11-26T12:00', to: '2026-11-26T14:00' });
  });

  test('is written on the clock of the plant, with the day of its end where that is another', () => {
    const text = (to: string) => spanText('2026-11-26T21:00:00Z', to, BERLIN, 'en-GB');
    expect(text('2026-11-26T22:30:00Z')).toBe('26 Nov, 22:00 – 23:30');
    expect(text('2026-11-27T05:00:00Z')).toBe('26 Nov, 22:00 – 27 Nov, 06:00');
  });

  test('is of one machine, or of all of them', () => {
    expect(isWorkAt('press', { machine: null })).toBe(true);
    expect(isWorkAt('press', { machine: { id: 'press' } })).toBe(true);
    expect(isWorkAt('press', { machine: { id: 'saw' } })).toBe(false);
  });

  test('is sent as an instant', () => {
    expect(instantText('2026-07-01T06:00', BERLIN)).toBe('2026-07-01T04:00:00.000Z');
  });
});
