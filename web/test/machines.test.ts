// States of machines, their order, and their form.

import { describe, expect, test } from 'vitest';

import type { LatestReading, Machine } from '../src/api/machines';
import { changeOf, fieldOf, formOf, registration } from '../src/machines/form';
import { nextOrder, sorted } from '../src/machines/list';
import { presentPower, stateOf, todaysAmount, todaysCost } from '../src/machines/state';

const NOW_MS = Date.parse('2026-11-26T10:00:00Z');

function reading(ageS: number, powerKw: number | null = 12): LatestReading {
  return {
    time: new Date(NOW_MS - ageS * 1000).toISOString(),
    powerKw,
    flowM3PerH: null,
    counterKwh: null,
    counterM3: null,
  };
}

function machine(change: Partial<Machine> = {}): Machine {
  return {
    ...({ id: 'm', name: 'press', kind: 'OTHER', carrier: 'ELECTRICITY', unit: 'KWH', ratedPowerKw: null } as const),
    ...{ registerWidthKwh: null, expectedIntervalSeconds: 10, retiredAt: null, latestReading: reading(5) },
    ...change,
  };
}

describe('the state', () => {
  test.each([
    [30, 'live'],
    [31, 'late'],
    [300, 'late'],
    [301, 'silent'],
    [-3, 'live'],
  ])('%d s after a reading every 10 s is %s', (ageS, state) => {
    expect(stateOf(machine({ latestReading: reading(ageS) }), NOW_MS)).toBe(state);
  });

  test('goes by the machine’s own interval', () => {
    expect(stateOf(machine({ latestReading: reading(2_000), expectedIntervalSeconds: 900 }), NOW_MS)).toBe('live');
  });

  test('without any reading is silent, and out of service is neither', () => {
    expect(stateOf(machine({ latestReading: null }), NOW_MS)).toBe('silent');
    expect(stateOf(machine({ retiredAt: '2026-11-26T09:00:00Z' }), NOW_MS)).toBe('retired');
    expect(stateOf(machine({ retiredAt: '2026-11-27T09:00:00Z' }), NOW_MS)).toBe('live');
  });
});

describe('what is not known', () => {
  test('has a reason and no number', () => {
    expect(presentPower(machine(), NOW_MS)).toEqual({ value: 12 });
    expect(presentPower(machine({ latestReading: reading(5, 0) }), NOW_MS)).toEqual({ value: 0 });
    expect(presentPower(machine({ latestReading: reading(60) }), NOW_MS)).toEqual({ reason: 'last reading 1 min ago' });
    expect(presentPower(machine({ latestReading: null }), NOW_MS)).toEqual({ reason: 'no reading yet' });
    expect(presentPower(machine({ latestReading: reading(5, null) }), NOW_MS)).toEqual({
      reason: 'not told by its readings',
    });
    expect(todaysAmount(machine(), undefined)).toEqual({ reason: 'not loaded yet' });
  });

  test('a cost is missing for want of readings or of a price', () => {
    const today = { energyKwh: null, volumeM3: null, cost: null, completenessPercent: null };
    expect(todaysCost(today)).toEqual({ reason: 'no readings today' });
    expect(todaysCost({ ...today, volumeM3: 3 })).toEqual({ reason: 'no price is set' });
  });
});

describe('the order', () => {
  const rows = [
    { machine: machine({ name: 'b', latestReading: null }), today: undefined },
    { machine: machine({ name: 'press-10', latestReading: reading(1, 5) }), today: undefined },
    { machine: machine({ name: 'press-9', latestReading: reading(1, 7) }), today: undefined },
  ];
  const names = (column: 'name' | 'power', isDescending: boolean) =>
    sorted(rows, { column, isDescending }, NOW_MS).map((row) => row.machine.name);

  test('counts in names, and puts what is not known last both ways', () => {
    expect(names('name', false)).toEqual(['b', 'press-9', 'press-10']);
    expect(names('power', true)).toEqual(['press-9', 'press-10', 'b']);
    expect(names('power', false)).toEqual(['press-10', 'press-9', 'b']);
  });

  test('begins with the greatest number and the first name, and turns round', () => {
    const byPower = nextOrder({ column: 'name', isDescending: false }, 'power');
    expect(byPower).toEqual({ column: 'power', isDescending: true });
    expect(nextOrder(byPower, 'power').isDescending).toBe(false);
    expect(nextOrder(byPower, 'name').isDescending).toBe(false);
  });
});

describe('the form', () => {
  test('sends what was changed only, and an emptied field as not known', () => {
    const before = machine({ ratedPowerKw: 75 });
    expect(changeOf(before, { ...formOf(before), ratedPowerKw: '', name: 'new' })).toEqual({
      id: 'm',
      name: 'new',
      ratedPowerKw: null,
    });
    expect(changeOf(before, formOf(before))).toEqual({ id: 'm' });
  });

  test('registers with the server’s interval where none is typed', () => {
    const input = registration(
      { ...formOf(null), name: 'x', ratedPowerKw: '7.5', expectedIntervalSeconds: '' },
      'site',
    );
    expect(input).toMatchObject({ siteId: 'site', name: 'x', ratedPowerKw: 7.5, registerWidthKwh: null });
    expect(input).not.toHaveProperty('expectedIntervalSeconds');
  });

  test.each([
    ['A name has 1 to 200 characters, none of them a control character, and no blanks around it.', 'name'],
    ['The site has a machine named press already.', 'name'],
    ['A rated power is above 0 kW, not -1.', 'ratedPowerKw'],
    ["A register's width is above 0 kWh, not 0.", 'registerWidthKwh'],
    ['An expected interval is 1 to 2678400 seconds, not 0.', 'expectedIntervalSeconds'],
    ['Only gas, compressed air and water are measured in m³.', 'unit'],
    ['The database is busy.', null],
  ])('%s', (sentence, field) => {
    expect(fieldOf(sentence)).toBe(field);
  });
});
