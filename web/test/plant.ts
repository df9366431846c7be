// A plant for the tests.

import type { Anomaly, AnomalyEdge, SystemStats } from '../src/api/operations';
import type { Site } from '../src/api/trends';

export const STATS: SystemStats = {
  asOf: '2026-11-24T08:00:05Z',
  lastReadingAt: '2026-11-24T08:00:01Z',
  currency: 'USD',
  totalReadings: 34_474,
  totalEnergy: 30_462.51,
  dataRate: 8,
  uptimeDays: 3,
  uptimePercent: 99.98,
  readingsPerMinute: 7.9,
  energyPerHour: 422.25,
  peakPower: 199.5,
  avgPower: 53.04,
  efficiency: 26.586,
  estimatedCost: 3_655.5012,
  costPerDay: 1_215.83,
  carbonFootprint: 15_231.255,
  carbonPerDay: 5_065.97,
  totalAnomalies: 3,
  activeMachinesToday: 8,
};

export const SITE: Site = { id: 'site-1', name: 'default', timeZone: 'Europe/Berlin', currency: 'EUR' };

/** The anomaly with this cursor. */
export function edge(cursor: string, changed: Partial<Anomaly> = {}): AnomalyEdge {
  return {
    cursor,
    node: {
      id: `anomaly-${cursor}`,
      kind: 'SPIKE',
      severity: 'WARNING',
      startedAt: '2026-11-24T08:00:00Z',
      endedAt: null,
      detectedAt: '2026-11-24T08:00:01Z',
      value: 99,
      expected: null,
      expectedLow: null,
      expectedHigh: null,
      message: null,
      status: 'OPEN',
      isQuiet: false,
      statusBy: null,
      statusAt: null,
      statusNote: null,
      source: 'DETECTOR',
      rule: null,
      machine: { id: 'machine-1', name: 'press-1', site: { timeZone: 'Europe/Berlin' } },
      ...changed,
    },
  };
}
