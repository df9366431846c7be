// Rules as sentences. Why: whoever reads the list wants to know what happens at night, not which field holds what.

import type { Hours, NotificationRule, RuleMachine, WatchRule } from '../api/telling';
import { WEEKDAYS } from '../api/telling';
import { kindText } from '../format/anomalies';
import { withUnit } from '../format/numbers';
import type { Numbers } from '../format/numbers';
import { written } from '../site-time';

const MINUTE_S = 60;
const HOUR_S = 3600;

/** Seconds in their own units, as in 1 min 30 s. */
export function durationText(seconds: number): string {
  const parts: [number, string][] = [
    [Math.floor(seconds / HOUR_S), 'h'],
    [Math.floor((seconds % HOUR_S) / MINUTE_S), 'min'],
    [seconds % MINUTE_S, 's'],
  ];
  const said = parts.filter(([count]) => count > 0).map(([count, unit]) => `${count} ${unit}`);
  return said.join(' ') || '0 s';
}

/** A Monday, to write the names of days by. */
const MONDAY_MS = Date.UTC(2024, 0, 1);
const DAY_MS = 86_400_000;

/** Short, in the reader's language. */
export function dayText(day: (typeof WEEKDAYS)[number], locale?: string): string {
  return written(MONDAY_MS + WEEKDAYS.indexOf(day) * DAY_MS, 'UTC', { weekday: 'short' }, locale);
}

/** As in `Mon–Fri 06:00–22:00`. */
export function hoursText(hours: readonly Hours[], locale?: string): string {
  return hours.map(({ days, from, to }) => `${daysText(days, locale)} ${from}–${to}`).join(', ');
}

function daysText(days: Hours['days'], locale?: string): string {
  const runs: (typeof WEEKDAYS)[number][][] = [];
  for (const day of WEEKDAYS.filter((one) => days.includes(one))) {
    const run = runs.at(-1);
    const isNext = run && WEEKDAYS.indexOf(run.at(-1)!) + 1 === WEEKDAYS.indexOf(day);
    if (isNext) run.push(day);
    else runs.push([day]);
  }
  const text = (run: (typeof WEEKDAYS)[number][]) => {
    const [first, last] = [dayText(run[0]!, locale), dayText(run.at(-1)!, locale)];
    return run.length === 1 ? first : `${first}${run.length === 2 ? ', ' : '–'}${last}`;
  };
  return runs.map(text).join(', ');
}

const names = (things: readonly { readonly name: string }[]) => things.map(({ name }) => name).join(', ');

/** What a limit of these machines is measured in. */
export function limitUnit(machines: readonly Pick<RuleMachine, 'unit'>[]): string {
  const units = new Set(machines.map(({ unit }) => unit));
  if (!units.has('CUBIC_METRE')) return 'kW';
  return units.has('KWH') ? 'kW or m³/h' : 'm³/h';
}

/** Who is told of what, and how soon. */
export function notificationText(rule: NotificationRule, locale?: string): string {
  const { site, machines, severity, kinds, hours, contactPoints, tellsRecovery } = rule;
  const who = contactPoints.length === 0 ? 'nobody' : names(contactPoints);
  const what = severity === 'CRITICAL' ? 'what is critical' : 'warnings and what is critical';
  const only = kinds ? `, if it is ${kinds.map(kindText).join(', ').toLowerCase()}` : '';
  const where = machines ? ` at ${names(machines) || 'machines that are no more'}` : site ? ` at the site ${site.name}` : ' at all sites';
  const when = hours ? `, ${hoursText(hours, locale)}` : '';
  const end = tellsRecovery ? ', and when it is over' : '';
  return `Tells ${who} of ${what}${only}${where}${when}${end}. ${paceText(rule)}`;
}

function paceText({ graceSeconds, gatherSeconds, digestSeconds }: NotificationRule): string {
  const grace = graceSeconds === 0 ? 'At once' : `Once it has lasted ${durationText(graceSeconds)}`;
  const gather = gatherSeconds === 0 ? '' : `, then ${durationText(gatherSeconds)} for more of them`;
  const digest = digestSeconds === 0 ? '' : `; at most one message in ${durationText(digestSeconds)}`;
  return `${grace}${gather}${digest}.`;
}

/** What is watched for, and where. `siteMachines` tells the unit where a rule names no machines. */
export function watchText(rule: WatchRule, siteMachines: readonly Pick<RuleMachine, 'unit'>[], numbers: Numbers, locale?: string): string {
  const { kind, machines, machineKind, aboveKw, belowKw, hysteresisKw, forSeconds, productionHours } = rule;
  const unit = limitUnit(machines ?? siteMachines);
  const amount = (value: number) => withUnit(numbers.exact(value), unit);
  const lasting = forSeconds === 0 ? '' : ` for ${durationText(forSeconds)}`;
  const where = machines ? names(machines) || 'machines that are no more' : machineKind ? `machines of the kind ${kindText(machineKind).toLowerCase()}` : 'all machines';
  const limits = [
    aboveKw === null ? '' : `above ${amount(aboveKw)}`,
    belowKw === null ? '' : `below ${amount(belowKw)}`,
  ].filter(Boolean);
  const back = hysteresisKw > 0 ? `; over once it is back by ${amount(hysteresisKw)}` : '';
  switch (kind) {
    case 'THRESHOLD':
      return `${where}: ${limits.join(' or ')}${lasting}${back}`;
    case 'OFF_HOURS':
      return `${where}: ${limits.join(' or ')}${lasting} outside ${hoursText(productionHours ?? [], locale)}${back}`;
    case 'NO_DATA':
      return `${where}: no readings${lasting}`;
  }
}

export const WATCH_KIND_TEXTS = {
  THRESHOLD: 'Power above or below a limit',
  OFF_HOURS: 'Power outside production hours',
  NO_DATA: 'No readings',
} as const;

export const CHANNEL_TEXTS = { EMAIL: 'E-mail', WEBHOOK: 'Webhook' } as const;

export const DELIVERY_TEXTS = { PENDING: 'Being tried', DELIVERED: 'Delivered', FAILED: 'Failed' } as const;
