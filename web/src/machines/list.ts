// The machines of one page of the table, filtered and sorted. Why what is not known comes last both ways: whoever sorts
// by power looks for the greatest or the least, not for meters without one.

import type { Machine, Today } from '../api/machines';
import { presentPower, stateOf, todaysAmount, todaysCompleteness, todaysCost } from './state';
import type { Known, MachineState } from './state';

export interface Row {
  readonly machine: Machine;
  readonly today: Today | undefined;
}

export type Column = 'name' | 'power' | 'energy' | 'cost' | 'completeness' | 'state' | 'seen' | 'carrier';

export interface Order {
  readonly column: Column;
  readonly isDescending: boolean;
}

const STATE_ORDER: readonly MachineState[] = ['live', 'late', 'silent', 'retired'];
const names = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

/** Pressing the column that is sorted by turns it round; numbers begin with the greatest. */
export function nextOrder(order: Order, column: Column): Order {
  if (order.column === column) return { column, isDescending: !order.isDescending };
  return { column, isDescending: !['name', 'state', 'carrier'].includes(column) };
}

export function sorted(rows: readonly Row[], { column, isDescending }: Order, nowMs: number): Row[] {
  const sign = isDescending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [first, second] = [keyOf(a, column, nowMs), keyOf(b, column, nowMs)];
    const byName = names.compare(a.machine.name, b.machine.name);
    if (first === null || second === null) {
      return first === second ? byName : first === null ? 1 : -1;
    }
    const difference = typeof first === 'string' ? names.compare(first, second as string) : first - (second as number);
    return sign * difference || byName;
  });
}

function keyOf({ machine, today }: Row, column: Column, nowMs: number): number | string | null {
  const value = (known: Known) => ('value' in known ? known.value : null);
  switch (column) {
    case 'name':
      return machine.name;
    case 'carrier':
      return machine.carrier;
    case 'power':
      return value(presentPower(machine, nowMs));
    case 'energy':
      return value(todaysAmount(machine, today));
    case 'cost':
      return value(todaysCost(today));
    case 'completeness':
      return value(todaysCompleteness(today));
    case 'state':
      return STATE_ORDER.indexOf(stateOf(machine, nowMs));
    case 'seen':
      return machine.latestReading ? Date.parse(machine.latestReading.time) : null;
  }
}

/** Whether a name holds what was typed. */
export function matches(name: string, filter: string): boolean {
  return name.toLowerCase().includes(filter.trim().toLowerCase());
}
