// The names by which the machines' views know what they ask. Null is "not known" everywhere, never zero.

import type { MachineFactsFragment, MeterEventFactsFragment, OneMachineQuery, TodayQuery } from '../gql/graphql';

export const KINDS = [
  'COMPRESSOR',
  'HVAC',
  'MOTOR',
  'PUMP',
  'INJECTION_MOLDING',
  'CONVEYOR',
  'BOILER',
  'OTHER',
] as const;
export const CARRIERS = ['ELECTRICITY', 'GAS', 'STEAM', 'COMPRESSED_AIR', 'WATER', 'HEAT'] as const;
export const UNITS = ['KWH', 'CUBIC_METRE'] as const;

export type Machine = MachineFactsFragment;
export type LatestReading = NonNullable<Machine['latestReading']>;
export type MachineDetails = NonNullable<OneMachineQuery['machine']>;
export type MeterEvent = MeterEventFactsFragment;

type TodayNode = Extract<NonNullable<TodayQuery['nodes'][number]>, { id: string }>;

/** What it used since midnight at the plant. */
export type Today = TodayNode['series'][number];
