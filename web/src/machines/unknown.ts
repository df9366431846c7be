// The machines of a file that the plant does not know yet. Why with an interval: power is held for three of them, so a
// meter of quarters of an hour that is registered with the usual ten seconds would lose most of its energy.

import { fieldsOf } from './csv';
import type { Piece, RefusedRow } from './upload';

export interface UnknownMachine {
  readonly name: string;
  /** The usual time between two of its rows, s; null where that cannot be told. */
  readonly expectedIntervalSeconds: number | null;
}

const UNKNOWN = 'UNKNOWN_MACHINE';

/** Those among the refused rows, in the order of the file, with the interval that the file's first piece shows. */
export function unknownMachines({ header, records }: Piece, refused: readonly RefusedRow[]): UnknownMachine[] {
  const columns = fieldsOf(header).map((column) => column.trim().toLowerCase());
  const [nameAt, timeAt] = [columns.indexOf('machine'), columns.indexOf('time')];
  if (nameAt < 0) return [];
  const nameOf = (record: string) => fieldsOf(record)[nameAt]?.trim() ?? '';
  const names = new Set(refused.filter(({ code }) => code === UNKNOWN).map(({ record }) => nameOf(record)));
  const times = new Map<string, number[]>();
  for (const record of records) {
    const fields = fieldsOf(record);
    const name = fields[nameAt]?.trim() ?? '';
    const atMs = instantOf(fields[timeAt]?.trim() ?? '');
    if (names.has(name) && !Number.isNaN(atMs)) times.set(name, [...(times.get(name) ?? []), atMs]);
  }
  names.delete('');
  return [...names].map((name) => ({ name, expectedIntervalSeconds: intervalOf(times.get(name) ?? []) }));
}

/** Epoch seconds or milliseconds, or a date; without an offset as if it were of this clock, for only distances count. */
function instantOf(text: string): number {
  if (!/^\d+$/.test(text)) return Date.parse(text);
  return text.length > 11 ? Number(text) : Number(text) * 1000;
}

function intervalOf(times: readonly number[]): number | null {
  const sorted = times.toSorted((a, b) => a - b);
  const steps = sorted.slice(1).map((atMs, index) => atMs - sorted[index]!);
  const middle = steps.filter((step) => step > 0).sort((a, b) => a - b)[Math.floor(steps.length / 2)];
  return middle === undefined ? null : Math.max(1, Math.round(middle / 1000));
}
