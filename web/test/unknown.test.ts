// Machines of a file that are to be registered.

import { expect, test } from 'vitest';

import { unknownMachines } from '../src/machines/unknown';

const refusedOf = (records: string[], code = 'UNKNOWN_MACHINE') =>
  records.map((record, index) => ({ row: index + 1, code, message: '', record }));
const pieceOf = (header: string, records: string[]) => ({ header, records, before: 0, bytes: 0 });

test('are found once each, with the usual time between their rows', () => {
  const quarter = (minute: number, name = '"press, old"') => `2026-01-01T00:${minute}:00,5,${name}`;
  const records = [quarter(15), '2026-01-01T00:15:00,5,mill', quarter(30), quarter(45), quarter(58)];
  expect(unknownMachines(pieceOf('time,power_kw,Machine', records), refusedOf(records))).toEqual([
    { name: 'press, old', expectedIntervalSeconds: 900 },
    { name: 'mill', expectedIntervalSeconds: null },
  ]);
});

test('times may be counted since 1970, in seconds or milliseconds', () => {
  const records = ['a,1767225600', 'a,1767225660', 'b,1767225600000', 'b,1767225601000'];
  expect(unknownMachines(pieceOf('machine,time', records), refusedOf(records))).toEqual([
    { name: 'a', expectedIntervalSeconds: 60 },
    { name: 'b', expectedIntervalSeconds: 1 },
  ]);
});

test('are none where rows are refused for other reasons, or nothing says whose they are', () => {
  const records = ['a,2026-01-01T00:00:00Z'];
  expect(unknownMachines(pieceOf('machine,time', records), refusedOf(records, 'TOO_OLD'))).toEqual([]);
  expect(unknownMachines(pieceOf('meter,time', records), refusedOf(records))).toEqual([]);
});
