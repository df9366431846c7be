// How it stands with a machine, by its last reading and the time now. Why the interval decides: ten minutes of silence
// are nothing for a meter that speaks every quarter of an hour, and an outage for one that speaks every second.

import type { Machine, Today } from '../api/machines';
import { ageText } from '../format/ages';

export type MachineState = 'live' | 'late' | 'silent' | 'retired';

/** As the server counts a power as present. */
const LIVE_INTERVALS = 3;
/** Then somebody should have a look. */
const SILENT_INTERVALS = 30;

/** A number, or why there is none. */
export type Known = { readonly value: number } | { readonly reason: string };

type Facts = Pick<Machine, 'latestReading' | 'expectedIntervalSeconds' | 'retiredAt'>;

export function stateOf({ latestReading, expectedIntervalSeconds, retiredAt }: Facts, nowMs: number): MachineState {
  if (retiredAt !== null && Date.parse(retiredAt) <= nowMs) return 'retired';
  if (!latestReading) return 'silent';
  const intervals = (nowMs - Date.parse(latestReading.time)) / (1000 * expectedIntervalSeconds);
  if (intervals <= LIVE_INTERVALS) return 'live';
  return intervals <= SILENT_INTERVALS ? 'late' : 'silent';
}

export const STATE_TEXTS: Record<MachineState, string> = {
  live: 'Live',
  late: 'Late',
  silent: 'Silent',
  retired: 'Retired',
};

/** Its power (or flow) now. */
export function presentPower(machine: Facts & Pick<Machine, 'unit'>, nowMs: number): Known {
  const { latestReading } = machine;
  if (stateOf(machine, nowMs) === 'retired') return { reason: 'out of service' };
  if (!latestReading) return { reason: 'no reading yet' };
  if (stateOf(machine, nowMs) !== 'live')
    return { reason: `last reading ${ageText(nowMs - Date.parse(latestReading.time))}` };
  const value = machine.unit === 'CUBIC_METRE' ? latestReading.flowM3PerH : latestReading.powerKw;
  return value === null ? { reason: 'not told by its readings' } : { value };
}

/** What it used today. */
export function todaysAmount(machine: Pick<Machine, 'unit'>, today: Today | undefined): Known {
  if (!today) return { reason: 'not loaded yet' };
  const value = machine.unit === 'CUBIC_METRE' ? today.volumeM3 : today.energyKwh;
  return value === null ? { reason: 'no readings today' } : { value };
}

export function todaysCost(today: Today | undefined): Known {
  if (!today) return { reason: 'not loaded yet' };
  if (today.cost !== null) return { value: today.cost };
  const isUsed = today.energyKwh !== null || today.volumeM3 !== null;
  return { reason: isUsed ? 'no price is set' : 'no readings today' };
}

export function todaysCompleteness(today: Today | undefined): Known {
  if (!today) return { reason: 'not loaded yet' };
  return today.completenessPercent === null ? { reason: 'no readings expected' } : { value: today.completenessPercent };
}

export const powerUnit = ({ unit }: Pick<Machine, 'unit'>) => (unit === 'CUBIC_METRE' ? 'm³/h' : 'kW');
export const amountUnit = ({ unit }: Pick<Machine, 'unit'>) => (unit === 'CUBIC_METRE' ? 'm³' : 'kWh');
