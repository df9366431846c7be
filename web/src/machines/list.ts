// The machines of a site, filtered, sorted, and cut into pages. Why what is not known comes last both ways: whoever sorts
// by power looks for the greatest or the least, not for meters without one.

import type { Machine, Today } from '../api/machines';
import { presentPower, stateOf, todaysAmount, todaysCompleteness, todaysCost } from './state';
import type { Known, MachineState } from './state';

export interface Row {
  readonly machine: Machine;
  readonly today: Today | undefined;
}

export type Column = 'name' | 'power' | 'energy' | 'cost' | 'completeness' | 'state' | 'seen' | 'carrier';

export const COLUMNS: readonly { column: Column; label: string; isNumber?: boolean }[] = [
  { column: 'name', label: 'Machine' },
  { column: 'state', label: 'State' },
  { column: 'power', label: 'Power now', isNumber: true },
  { column: 'energy', label: 'Today', isNumber: true },
  { column: 'cost', label: 'Cost today', isNumber: true },
  { column: 'completeness', label: 'Readings received', isNumber: true },
  { column: 'seen', label: 'Last seen' },
  { column: 'carrier', label: 'Carrier' },
];

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

/** From here on numbers lose their decimal or are shortened, which those beside them may not be. */
const GREATEST_SCALE = 999;
/** What one decimal would write as zero keeps its own. */
const LEAST_OF_SCALE = 0.05;

/** By what the numbers of a column are written, so that their digits stand below each other. */
export interface Scales {
  readonly power: number;
  readonly energy: number;
  readonly cost: number;
}

export function scalesOf(rows: readonly Row[], nowMs: number): Scales {
  const greatest = (column: Column) =>
    rows.reduce((most, row) => Math.max(most, Math.min(GREATEST_SCALE, Number(keyOf(row, column, nowMs) ?? 0))), 0);
  return { power: greatest('power'), energy: greatest('energy'), cost: greatest('cost') };
}

/** The scale for one of them. */
export function scaleFor(value: number, scale: number): number {
  return Math.abs(value) < LEAST_OF_SCALE ? value : scale;
}

/** How many rows the table shows at once. */
export const PAGE_ROWS = 50;

/** The rows of a page, from 0; of the last one where there are no longer so many. */
export function pageOf(rows: readonly Row[], page: number): Row[] {
  const last = Math.max(0, Math.ceil(rows.length / PAGE_ROWS) - 1);
  const begin = Math.min(page, last) * PAGE_ROWS;
  return rows.slice(begin, begin + PAGE_ROWS);
}

/** Whether the order goes by what is asked apart from the machines. */
export function isOfToday(column: Column): boolean {
  return ['energy', 'cost', 'completeness'].includes(column);
}

/** Whether a name holds what was typed. */
export function matches(name: string, filter: string): boolean {
  return name.toLowerCase().includes(filter.trim().toLowerCase());
}
