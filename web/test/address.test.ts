// Trends in the address: what is written comes back, and what nobody understands is as at first.

import { describe, expect, test } from 'vitest';

import { ELECTRICITY, partsOf, shownOf, wayBackTo } from '../src/trends/address';
import type { Shown } from '../src/trends/address';
import { rangeOf, stepped } from '../src/trends/ranges';
import type { RangeChoice } from '../src/trends/ranges';
import { wholeName, wholeOf, wholesOf } from '../src/trends/wholes';
import { hashOf, splitHash } from '../src/router';

const BERLIN = 'Europe/Berlin';
const at = (instant: string) => Date.parse(instant);
const NOW_MS = at('2026-11-26T10:20:30Z');
const AT_FIRST: Shown = {
  ...{ choice: { kind: 'day', atMs: null }, quantity: 'power', isCompared: true, hasUsual: true, isTable: false },
};

describe('what is shown', () => {
  test('says nothing in the address as long as it is as at first', () => {
    expect(hashOf('/trends', partsOf(AT_FIRST))).toBe('#/trends');
  });

  test.each<Partial<Shown>>([
    { choice: { kind: 'day', atMs: at('2026-10-24T22:00:00Z') } },
    { choice: { kind: 'hour', atMs: null }, quantity: 'cost' },
    { choice: { kind: 'hour', atMs: at('2026-11-26T08:21:00Z') } },
    { choice: { kind: 'custom', fromMs: at('2026-11-25T23:00:00Z'), toMs: at('2026-11-26T01:02:03Z') } },
    { isCompared: false, isTable: true, quantity: 'energy' },
    { hasUsual: false },
  ])('comes back: %o', (change) => {
    const shown = { ...AT_FIRST, ...change };
    expect(shownOf(splitHash(hashOf('/trends', partsOf(shown))).query)).toEqual(shown);
  });

  test.each(['range=decade&show=heat&compare=maybe', 'range=custom&from=2026-01-02T00:00Z&to=2026-01-01T00:00Z&view=x'])(
    'is as at first where the address makes no sense: %s',
    (text) => {
      const { quantity, isCompared, isTable, choice } = shownOf(new URLSearchParams(text));
      expect({ quantity, isCompared, isTable, kind: choice.kind }).toEqual({
        ...{ quantity: 'power', isCompared: true, isTable: false, kind: 'day' },
      });
    },
  );
});

describe('steps', () => {
  const step = (choice: RangeChoice, back: number) => {
    const range = rangeOf(choice, NOW_MS, BERLIN);
    return range.kind === 'custom' ? null : stepped({ ...range, kind: range.kind }, back, NOW_MS, BERLIN);
  };

  test('go back by the calendar, and forth to the present period, which goes on with the time', () => {
    const yesterday = step({ kind: 'day', atMs: null }, 1);
    expect(yesterday).toEqual({ kind: 'day', atMs: at('2026-11-24T23:00:00Z') });
    expect(step(yesterday!, -1)).toEqual({ kind: 'day', atMs: null });
    expect(step({ kind: 'hour', atMs: null }, 1)).toEqual({ kind: 'hour', atMs: at('2026-11-26T08:21:00Z') });
  });

  test('show a day of 25 hours whole', () => {
    const { fromMs, toMs } = rangeOf({ kind: 'day', atMs: at('2026-10-25T10:00:00Z') }, NOW_MS, BERLIN);
    expect((toMs - fromMs) / 3_600_000).toBe(25);
  });
});

describe('the way to the day of the last reading', () => {
  const way = (lastAt: string, query = '') => wayBackTo(at(lastAt), new URLSearchParams(query), NOW_MS, BERLIN);

  test('keeps all else that the address says', () => {
    const parts = way('2026-11-20T13:03:00Z', 'show=energy&range=week');
    expect(parts).toMatchObject({ range: 'day', from: '2026-11-19T23:00Z', to: '', show: 'energy' });
  });

  test('leads to the day that a reading at midnight ends', () => {
    expect(way('2026-11-25T23:00:00Z')).toMatchObject({ range: 'day', from: '2026-11-24T23:00Z' });
  });

  test('is not shown where what is shown holds it, or is before it', () => {
    expect(way('2026-11-25T23:00:01Z')).toBeNull();
    expect(way('2026-11-23T08:00:00Z', 'range=week')).toBeNull();
    expect(way('2026-11-20T13:03:00Z', 'range=day&from=2026-11-18T23:00Z')).toBeNull();
  });
});

describe('the whole site', () => {
  const wholes = wholesOf([
    { carrier: 'GAS', unit: 'CUBIC_METRE' },
    { carrier: 'ELECTRICITY', unit: 'KWH' },
    { carrier: 'GAS', unit: 'KWH' },
    { carrier: 'STEAM', unit: 'KWH' },
  ]);

  test('is its electricity, or any other carrier that it has, each in its own unit', () => {
    expect(wholes.map((whole) => wholeName(whole, wholes))).toEqual([
      ...['Whole site', 'All gas, in m³', 'All gas, in kWh', 'All steam'],
    ]);
    expect(wholesOf([])).toEqual([ELECTRICITY]);
  });

  test('is found by the address', () => {
    expect(wholeOf(wholes, 'GAS_M3')).toEqual({ carrier: 'GAS', unit: 'CUBIC_METRE' });
    expect(wholeOf(wholes, 'WATER')).toEqual(ELECTRICITY);
    expect(wholeOf(wholes, null)).toEqual(ELECTRICITY);
  });
});
