// What "the whole site" may mean. Why so many: carriers are never added to each other, nor kWh to m³.

import type { MachineChoice } from '../api/trends';
import { kindText } from '../format/anomalies';
import { ELECTRICITY } from './address';
import type { Whole } from './address';

/** As it stands in the address. */
export function wholePart({ carrier, unit }: Whole): string {
  return unit === 'KWH' ? carrier : `${carrier}_M3`;
}

/** What a site with these machines can be looked at as; its electricity first, and always. */
export function wholesOf(machines: readonly Pick<MachineChoice, 'carrier' | 'unit'>[]): Whole[] {
  const wholes = new Map([ELECTRICITY, ...machines].map(({ carrier, unit }) => [wholePart({ carrier, unit }), { carrier, unit }]));
  return [...wholes.values()];
}

/** The one that the address names, or electricity. */
export function wholeOf(wholes: readonly Whole[], part: string | null): Whole {
  return wholes.find((whole) => wholePart(whole) === part) ?? wholes[0] ?? ELECTRICITY;
}

export function wholeName({ carrier, unit }: Whole, wholes: readonly Whole[]): string {
  if (carrier === 'ELECTRICITY') return 'Whole site';
  const hasTwo = wholes.filter((other) => other.carrier === carrier).length > 1;
  return `All ${kindText(carrier).toLowerCase()}${hasTwo ? `, in ${unit === 'KWH' ? 'kWh' : 'm³'}` : ''}`;
}

/** The longest time between two readings of these machines, s; those out of service do not count. */
export function intervalOf(machines: readonly MachineChoice[], whole: Whole): number {
  const own = machines.filter(
    ({ retiredAt, carrier, unit }) => retiredAt === null && carrier === whole.carrier && unit === whole.unit,
  );
  return Math.max(1, ...own.map(({ expectedIntervalSeconds }) => expectedIntervalSeconds));
}
