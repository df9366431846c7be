// How numbers read. Why these cases: each is one that a naive formatter gets wrong in front of the customer.

import { describe, expect, test } from 'vitest';

import { kindText, lastingText, measureText, ruleText, statusText, whatText } from '../src/format/anomalies';
import { Numbers, unbroken, withUnit } from '../src/format/numbers';

const english = new Numbers('en-US');
const german = new Numbers('de-DE');

describe('percentages', () => {
  test.each([
    [99.98, '99.9'],
    [99.999999, '99.9'],
    [100, '100.0'],
    [64.1, '64.1'],
    [0, '0.0'],
  ])('%d reads %s: cut off, never rounded up', (percent, text) => {
    expect(english.percent(percent)).toBe(text);
  });
});

describe('quantities', () => {
  test.each([
    [0, '0'],
    [0.035, '0.035'],
    [0.000412, '0.000412'],
    [8.25, '8.25'],
    [12.5, '12.5'],
    [999.94, '999.9'],
    [1_284.3, '1,284'],
    [123_456.7, '123,457'],
    [1_234_567.8, '1.2M'],
    [999_999.9, '1,000,000'],
  ])('%d reads %s', (value, text) => {
    expect(english.quantity(value, value)).toBe(text);
  });

  test('a figure on its way keeps the decimals of where it goes', () => {
    expect(english.quantity(9.123, 12.5)).toBe('9.1');
  });

  test('energy keeps its decimal for longer', () => {
    expect(english.quantity(30_462.51, 30_462.51, 100_000)).toBe('30,462.5');
  });

  test('the reader’s own way of writing is used', () => {
    expect(german.quantity(30_462.5, 30_462.5, 100_000)).toBe('30.462,5');
  });
});

describe('counts', () => {
  test.each([
    [0, '0'],
    [34_474, '34,474'],
    [1_234_567, '1.2M'],
    [9_007_199_254_740_991, '9007.2T'],
  ])('%d reads %s', (count, text) => {
    expect(english.whole(count)).toBe(text);
  });

  test('are exact beyond 32 bits in the title', () => {
    expect(english.exact(9_007_199_254_740_991)).toBe('9,007,199,254,740,991');
  });
});

describe('money', () => {
  test.each([
    [0, 'USD', '$0.00'],
    [0.0042, 'USD', '$0.0042'],
    [365.5, 'USD', '$365.50'],
    [3_412, 'USD', '$3.4K'],
    [1_234_567.8, 'EUR', '€1.2M'],
    [123, 'JPY', '¥123'],
  ])('%d %s reads %s', (value, currency, text) => {
    expect(english.money(value, currency, value)).toBe(text);
  });

  test('a currency that the browser does not take is written out', () => {
    expect(english.money(12.5, 'not one', 12.5)).toBe('12.5 not one');
  });
});

test('masses', () => {
  expect(english.mass(812.4, 812.4)).toBe('812.4');
  expect(english.mass(5_065.97, 5_065.97)).toBe('5,066');
  expect(english.mass(14_100, 14_100)).toBe('14.1K');
});

test('the exact value has every digit', () => {
  expect(english.exact(12_345.678901234)).toBe('12,345.678901234');
  expect(english.exact(0.1)).toBe('0.1');
});

test('no end of a line parts a number from its unit', () => {
  expect(withUnit('41.2', 'kW')).toBe('41.2\u00a0kW');
  expect(unbroken('Press 3 draws 41.2 kW, usually 20 to 24 kW; see 7')).toBe(
    'Press 3\u00a0draws 41.2\u00a0kW, usually 20\u00a0to 24\u00a0kW; see 7',
  );
  expect(whatText({ message: '41.2 kW', kind: 'SPIKE' })).toBe('41.2\u00a0kW');
});

test('anomalies in words', () => {
  expect(kindText('LEFT_RUNNING')).toBe('Left running');
  expect(measureText({ value: 99, expected: null, expectedLow: null, expectedHigh: null }, english)).toBe('value 99.0');
  expect(measureText({ value: 0, expected: 168.2, expectedLow: null, expectedHigh: null }, english)).toBe('value 0, expected 168.2');
  const band = { value: 41, expected: 21, expectedLow: 18, expectedHigh: 24 };
  expect(measureText(band, english)).toBe('value 41.0, usual 18.0 to 24.0');
  expect(measureText({ value: null, expected: null, expectedLow: null, expectedHigh: null }, english)).toBe('');
});

test('what a rule found names it, and says so where it is no more', () => {
  expect(ruleText({ source: 'RULE', rule: { name: 'hot' } })).toBe('Rule: hot');
  expect(ruleText({ source: 'RULE', rule: null })).toBe('Rule that is no more');
  expect(ruleText({ source: 'DETECTOR', rule: null })).toBe('');
});

test('an anomaly says how long it has lasted, or did', () => {
  const startedAt = '2026-11-24T08:00:00Z';
  const lasting = (endedAt: string | null) => lastingText({ startedAt, endedAt }, Date.parse('2026-11-24T10:13:00Z'));
  expect(lasting(null)).toBe('going on for 2\u00a0h 13\u00a0min');
  expect(lasting('2026-11-24T08:00:40Z')).toBe('lasted 40\u00a0s');
  expect(lasting(startedAt)).toBe('');
});

test('who closed one as none says so, until it is opened again', () => {
  type Kind = 'DISMISSED' | 'REOPENED' | 'RESOLVED' | 'COMMENTED' | 'ENDED';
  const text = (status: 'ACKNOWLEDGED' | 'RESOLVED', ...kinds: Kind[]) =>
    statusText({ status, endedAt: null, history: kinds.map((kind) => ({ kind, at: '', by: null, note: null })) });
  expect(text('RESOLVED', 'DISMISSED', 'COMMENTED', 'ENDED')).toBe('Resolved: no anomaly');
  expect(text('RESOLVED', 'DISMISSED', 'REOPENED', 'RESOLVED')).toBe('Resolved');
  expect(text('ACKNOWLEDGED', 'DISMISSED', 'REOPENED')).toBe('Acknowledged');
  expect(statusText({ status: 'RESOLVED', endedAt: null })).toBe('Resolved');
  expect(statusText({ status: 'ACKNOWLEDGED', endedAt: '2026-11-24T08:00:40Z' })).toBe('Acknowledged · over');
});
