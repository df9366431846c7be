// One statistic as people read it: its label, its unit, its digits, and why it is not known. Why digits are a function:
// on its way to a new value a figure keeps the form of where it goes.

import type { SystemStats } from './api/operations';
import type { Numbers } from './format/numbers';

/** The statistics whose value is a number. */
export type Statistic = Exclude<keyof SystemStats, 'asOf' | 'lastReadingAt' | 'currency'>;

/** One number on the page. */
export interface Figure {
  readonly statistic: Statistic;
  readonly label: string;
  /** Null is "not known". */
  readonly value: number | null;
  /** Empty where the digits carry it, as money does. */
  readonly unit: string;
  /** The digits of a value on its way to `value`. */
  readonly digits: (value: number) => string;
  /** Every digit, with the unit. */
  readonly exact: string;
  /** Why there is no value; empty if there is one. */
  readonly reason: string;
}

/** The reason for everything before the first answer. */
export const BEFORE_FIGURES = 'waiting for the figures';

/** Why the server says null, where it does. */
const REASONS: Partial<Record<Statistic, string>> = {
  peakPower: 'no reading in the last 24 h',
  avgPower: 'no reading in the last 24 h',
  efficiency: 'no reading in the last 24 h',
  energyPerHour: 'no reading in the last 24 h',
  uptimePercent: 'no reading yet',
  activeMachinesToday: 'single readings are no longer kept',
};

export class Figures {
  constructor(
    private readonly stats: SystemStats | null,
    private readonly numbers: Numbers,
  ) {}

  of(statistic: Statistic): number | null {
    return this.stats?.[statistic] ?? null;
  }

  count(label: string, statistic: Statistic, unit = ''): Figure {
    const scale = this.of(statistic) ?? 0;
    return this.figure(label, statistic, unit, (value) => this.numbers.whole(value, scale));
  }

  rate(label: string, statistic: Statistic, unit: string): Figure {
    return this.figure(label, statistic, unit, (value) => this.numbers.decimals(value, 1));
  }

  quantity(label: string, statistic: Statistic, unit: string, wholeFrom?: number): Figure {
    const scale = this.of(statistic) ?? 0;
    return this.figure(label, statistic, unit, (value) => this.numbers.quantity(value, scale, wholeFrom));
  }

  mass(label: string, statistic: Statistic, unit: string): Figure {
    const scale = this.of(statistic) ?? 0;
    return this.figure(label, statistic, unit, (value) => this.numbers.mass(value, scale));
  }

  percent(label: string, statistic: Statistic): Figure {
    return this.figure(label, statistic, '%', (value) => this.numbers.percent(value));
  }

  money(label: string, statistic: Statistic): Figure {
    const currency = this.stats?.currency ?? 'USD';
    const scale = this.of(statistic) ?? 0;
    const figure = this.figure(label, statistic, '', (value) => this.numbers.money(value, currency, scale));
    return { ...figure, exact: figure.value === null ? '' : this.numbers.exactMoney(figure.value, currency) };
  }

  /** By how much something grows. */
  growth(figure: Figure): Figure {
    return { ...figure, digits: (value) => `+${figure.digits(value)}` };
  }

  private figure(label: string, statistic: Statistic, unit: string, digits: (value: number) => string): Figure {
    const value = this.of(statistic);
    if (value !== null) {
      return { statistic, label, value, unit, digits, exact: `${this.numbers.exact(value)} ${unit}`.trim(), reason: '' };
    }
    const reason = this.stats === null ? BEFORE_FIGURES : (REASONS[statistic] ?? 'not known');
    return { statistic, label, value, unit, digits, exact: '', reason };
  }
}
