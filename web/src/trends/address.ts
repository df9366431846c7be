// A trend as it stands in the address, and back. Why instants and no "two days ago": a link must show tomorrow what it
// shows today; only the present period goes on with the time.

import type { Carrier, MeterUnit } from '../api/trends';
import { beginOf } from '../site-time';
import { QUANTITY_NAMES } from './quantities';
import type { QuantityName } from './quantities';
import { PERIODS, rangeOf } from './ranges';
import type { RangeChoice } from './ranges';

/** How a trend is shown, whatever it is of. */
export interface Shown {
  readonly choice: RangeChoice;
  readonly quantity: QuantityName;
  readonly isCompared: boolean;
  /** Whether what is usual is shown where it is known. */
  readonly hasUsual: boolean;
  readonly isTable: boolean;
}

/** All of a site that is measured in one unit of one carrier. */
export interface Whole {
  readonly carrier: Carrier;
  readonly unit: MeterUnit;
}

export const ELECTRICITY: Whole = { carrier: 'ELECTRICITY', unit: 'KWH' };

const to = <T extends string>(known: readonly T[], text: string | null, otherwise: T): T =>
  known.find((one) => one === text) ?? otherwise;

/** What the address asks for; what it leaves out or nobody understands is as at first. */
export function shownOf(query: URLSearchParams): Shown {
  return {
    choice: choiceOf(query),
    quantity: to(QUANTITY_NAMES, query.get('show'), 'power'),
    isCompared: query.get('compare') !== 'no',
    hasUsual: query.get('usual') !== 'no',
    isTable: query.get('view') === 'table',
  };
}

/** Its part of the address; an empty text is left out. */
export function partsOf({ choice, quantity, isCompared, hasUsual, isTable }: Shown): Record<string, string> {
  const isCustom = choice.kind === 'custom';
  const fromMs = isCustom ? choice.fromMs : choice.atMs;
  return {
    range: !isCustom && choice.kind === 'day' && fromMs === null ? '' : choice.kind,
    from: fromMs === null ? '' : instantPart(fromMs),
    to: isCustom ? instantPart(choice.toMs) : '',
    show: quantity === 'power' ? '' : quantity,
    compare: isCompared ? '' : 'no',
    usual: hasUsual ? '' : 'no',
    view: isTable ? 'table' : '',
  };
}

type Parts = Record<string, string>;

/** The part of the address that shows the day of an instant; null where what is shown holds it, or is before it. */
export function wayBackTo(atMs: number, query: URLSearchParams, nowMs: number, zone: string): Parts | null {
  const shown = shownOf(query);
  if (rangeOf(shown.choice, nowMs, zone).fromMs < atMs) return null;
  // What is read at midnight is of the day that ends.
  return partsOf({ ...shown, choice: { kind: 'day', atMs: beginOf('day', atMs - 1, zone) } });
}

function choiceOf(query: URLSearchParams): RangeChoice {
  const [fromMs, toMs] = [instantOf(query.get('from')), instantOf(query.get('to'))];
  if (query.get('range') === 'custom' && fromMs !== null && toMs !== null && fromMs < toMs) {
    return { kind: 'custom', fromMs, toMs };
  }
  return { kind: to(PERIODS, query.get('range'), 'day'), atMs: fromMs };
}

/** To the minute where it is one. */
function instantPart(atMs: number): string {
  return new Date(atMs).toISOString().replace(/(:00)?\.000Z$/, 'Z');
}

function instantOf(text: string | null): number | null {
  const atMs = Date.parse(text ?? '');
  return Number.isNaN(atMs) ? null : atMs;
}
