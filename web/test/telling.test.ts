// Rules as sentences and as forms.

import { describe, expect, test } from 'vitest';

import type { Hours, NotificationRule, WatchRule } from '../src/api/telling';
import { Numbers } from '../src/format/numbers';
import { choicesFor, notificationForm, notificationInput, watchForm, watchInput } from '../src/telling/forms';
import { durationText, hoursText, limitUnit, notificationText, watchText } from '../src/telling/words';

const numbers = new Numbers('en-US');
const PRESS = { id: 'm1', name: 'press', unit: 'KWH' } as const;
const GAS = { id: 'm2', name: 'gas', unit: 'CUBIC_METRE' } as const;
const SHIFT: Hours = { days: ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'SATURDAY'], from: '06:00', to: '22:00' };

const NOTIFICATION: NotificationRule = {
  ...{ id: 'n', name: 'night', site: null, machines: null, severity: 'WARNING', kinds: null, hours: null },
  contactPoints: [{ id: 'c', name: 'Ada' }],
  ...{ graceSeconds: 30, gatherSeconds: 60, digestSeconds: 300, tellsRecovery: true, isEnabled: true },
};
const WATCH: WatchRule = {
  ...{ id: 'w', name: 'high', kind: 'THRESHOLD', severity: 'WARNING', machines: null, machineKind: null },
  ...{ aboveKw: 50, belowKw: null, hysteresisKw: 2.5, forSeconds: 90, productionHours: null, isEnabled: true },
};

test.each([
  [0, '0 s'],
  [30, '30 s'],
  [90, '1 min 30 s'],
  [3600, '1 h'],
  [90_000, '25 h'],
])('%i s are %s', (seconds, text) => expect(durationText(seconds)).toBe(text));

test('hours name runs of days', () => {
  expect(hoursText([SHIFT, { days: ['SATURDAY', 'SUNDAY'], from: '22:00', to: '06:00' }], 'en-US')).toBe(
    'Mon–Wed, Sat 06:00–22:00, Sat, Sun 22:00–06:00',
  );
});

describe('a notification says', () => {
  test('who is told of what, and how soon', () => {
    expect(notificationText(NOTIFICATION)).toBe(
      'Tells Ada of warnings and what is critical at all sites, and when it is over. Once it has lasted 30 s, then 1 min for more of them; at most one message in 5 min.',
    );
  });

  test('where, of which kinds, and when', () => {
    const rule = { ...NOTIFICATION, machines: [PRESS], severity: 'CRITICAL', kinds: ['NO_DATA'], hours: [SHIFT], tellsRecovery: false } as const;
    const text = notificationText({ ...rule, machines: [PRESS], kinds: ['NO_DATA'], hours: [SHIFT], graceSeconds: 0, gatherSeconds: 0, digestSeconds: 0 }, 'en-US');
    expect(text).toBe('Tells Ada of what is critical, if it is no data at press, Mon–Wed, Sat 06:00–22:00. At once.');
  });
});

describe('a rule for machines says', () => {
  const text = (change: Partial<WatchRule>, machines: { readonly unit: 'KWH' | 'CUBIC_METRE' }[] = [PRESS]) =>
    watchText({ ...WATCH, ...change }, machines, numbers, 'en-US');

  test('its limits in the unit of its machines', () => {
    expect(text({})).toBe('all machines: above 50\u00a0kW for 1 min 30 s; over once it is back by 2.5\u00a0kW');
    expect(text({ machines: [GAS], belowKw: 5, hysteresisKw: 0, forSeconds: 0 })).toBe(
      'gas: above 50\u00a0m³/h or below 5\u00a0m³/h',
    );
    expect(text({ hysteresisKw: 0 }, [PRESS, GAS])).toMatch(/above 50\u00a0kW or m³\/h/);
    expect(limitUnit([])).toBe('kW');
  });

  test('its hours, and its kind of machines', () => {
    const off = { kind: 'OFF_HOURS', machineKind: 'COMPRESSOR', productionHours: [SHIFT], hysteresisKw: 0 } as const;
    expect(text({ ...off, productionHours: [SHIFT] })).toBe(
      'machines of the kind compressor: above 50\u00a0kW for 1 min 30 s outside Mon–Wed, Sat 06:00–22:00',
    );
    expect(text({ kind: 'NO_DATA', aboveKw: null })).toBe('all machines: no readings for 1 min 30 s');
  });
});

describe('a form', () => {
  test('gives back the rule that it was made of', () => {
    const { id, site: _, machines, contactPoints, ...facts } = NOTIFICATION;
    expect(notificationInput(notificationForm(NOTIFICATION), id)).toEqual({
      ...{ ...facts, id, siteId: null, machineIds: machines, contactPointIds: contactPoints.map((one) => one.id) },
    });
    const { machines: none, ...watched } = WATCH;
    expect(watchInput(watchForm(WATCH), 'w', 's')).toEqual({ ...watched, siteId: 's', machineIds: none });
  });

  test('leaves out what is not of its kind', () => {
    const input = watchInput({ ...watchForm(WATCH), kind: 'NO_DATA', belowKw: '3' }, null, 's');
    expect(input).toMatchObject({ aboveKw: null, belowKw: null, hysteresisKw: 0, productionHours: null });
  });

  test('misses what is needed', () => {
    expect(() => watchInput({ ...watchForm(WATCH), where: 'machines' }, null, 's')).toThrow('Choose at least one machine.');
    expect(() => watchInput({ ...watchForm(WATCH), forSeconds: '' }, null, 's')).toThrow('Give a number: for how long.');
  });

  test('keeps machines that a rule names at another site', () => {
    expect(choicesFor([PRESS], [GAS, PRESS]).map(({ name }) => name)).toEqual(['press', 'gas']);
  });
});
