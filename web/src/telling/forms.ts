// Rules as forms, and back. Why texts: a field holds what was typed, and what is left empty means "not set".

import type { Hours, NotificationRule, RuleMachine, WatchRule } from '../api/telling';
import { neededNumber, neededSeconds, typedNumber } from '../format/typed';
import type { SaveNotificationRuleInput, SaveWatchRuleInput } from '../gql/graphql';

/** One shift of the working days: what people begin with. */
export const FIRST_HOURS: Hours = {
  days: ['MONDAY', 'TUESDAY', 'WEDNESDAY', 'THURSDAY', 'FRIDAY'],
  from: '06:00',
  to: '22:00',
};

/** The chosen ones; a list that nobody chose from is a mistake, not "none". */
export function chosenMachines(ids: readonly string[]): string[] {
  if (ids.length === 0) throw new Error('Choose at least one machine.');
  return [...ids];
}

export function idsOf(things: readonly { readonly id: string }[] | null): string[] {
  return (things ?? []).map(({ id }) => id);
}

export interface NotificationForm {
  readonly name: string;
  /** `all`, `machines`, or a site's id. */
  readonly where: string;
  readonly machineIds: readonly string[];
  readonly severity: NotificationRule['severity'];
  /** None: all. */
  readonly kinds: readonly string[];
  readonly isAlways: boolean;
  readonly hours: readonly Hours[];
  readonly contactPointIds: readonly string[];
  readonly graceSeconds: string;
  readonly gatherSeconds: string;
  readonly digestSeconds: string;
  readonly tellsRecovery: boolean;
  readonly isEnabled: boolean;
}

export function notificationForm(rule: NotificationRule | null): NotificationForm {
  return {
    name: rule?.name ?? '',
    where: rule?.machines ? 'machines' : (rule?.site?.id ?? 'all'),
    machineIds: idsOf(rule?.machines ?? null),
    severity: rule?.severity ?? 'WARNING',
    kinds: rule?.kinds ?? [],
    isAlways: !rule?.hours,
    hours: rule?.hours ?? [FIRST_HOURS],
    contactPointIds: idsOf(rule?.contactPoints ?? null),
    graceSeconds: String(rule?.graceSeconds ?? 30),
    gatherSeconds: String(rule?.gatherSeconds ?? 60),
    digestSeconds: String(rule?.digestSeconds ?? 300),
    tellsRecovery: rule?.tellsRecovery ?? true,
    isEnabled: rule?.isEnabled ?? true,
  };
}

export function notificationInput(form: NotificationForm, id: string | null): SaveNotificationRuleInput {
  const { name, where, severity, kinds, isAlways, hours, contactPointIds, tellsRecovery, isEnabled } = form;
  const isOfMachines = where === 'machines';
  return {
    ...{ id, name, severity, tellsRecovery, isEnabled },
    siteId: isOfMachines || where === 'all' ? null : where,
    machineIds: isOfMachines ? chosenMachines(form.machineIds) : null,
    kinds: kinds.length === 0 ? null : [...kinds],
    hours: isAlways ? null : [...hours],
    contactPointIds: [...contactPointIds],
    graceSeconds: neededSeconds(form.graceSeconds, 'how long it must last'),
    gatherSeconds: neededSeconds(form.gatherSeconds, 'how long to wait for more'),
    digestSeconds: neededSeconds(form.digestSeconds, 'how long between two messages'),
  };
}

export interface WatchForm {
  readonly name: string;
  readonly kind: WatchRule['kind'];
  readonly severity: WatchRule['severity'];
  /** `all`, `machines`, or a kind of machine. */
  readonly where: 'all' | 'machines' | NonNullable<WatchRule['machineKind']>;
  readonly machineIds: readonly string[];
  readonly aboveKw: string;
  readonly belowKw: string;
  readonly hysteresisKw: string;
  readonly forSeconds: string;
  readonly productionHours: readonly Hours[];
  readonly isEnabled: boolean;
}

export function watchForm(rule: WatchRule | null): WatchForm {
  return {
    name: rule?.name ?? '',
    kind: rule?.kind ?? 'THRESHOLD',
    severity: rule?.severity ?? 'WARNING',
    where: rule?.machines ? 'machines' : (rule?.machineKind ?? 'all'),
    machineIds: idsOf(rule?.machines ?? null),
    aboveKw: String(rule?.aboveKw ?? ''),
    belowKw: String(rule?.belowKw ?? ''),
    hysteresisKw: String(rule?.hysteresisKw ?? 0),
    forSeconds: String(rule?.forSeconds ?? 60),
    productionHours: rule?.productionHours ?? [FIRST_HOURS],
    isEnabled: rule?.isEnabled ?? true,
  };
}

/** Only with what belongs to its kind. */
export function watchInput(form: WatchForm, id: string | null, siteId: string): SaveWatchRuleInput {
  const { name, kind, severity, where, productionHours, isEnabled } = form;
  const isOfMachines = where === 'machines';
  const hasLimit = kind !== 'NO_DATA';
  return {
    ...{ id, siteId, name, kind, severity, isEnabled },
    machineIds: isOfMachines ? chosenMachines(form.machineIds) : null,
    machineKind: isOfMachines || where === 'all' ? null : where,
    aboveKw: hasLimit ? typedNumber(form.aboveKw) : null,
    belowKw: kind === 'THRESHOLD' ? typedNumber(form.belowKw) : null,
    hysteresisKw: hasLimit ? neededNumber(form.hysteresisKw, 'how far back the power must be') : 0,
    forSeconds: neededSeconds(form.forSeconds, 'for how long'),
    productionHours: kind === 'OFF_HOURS' ? [...productionHours] : null,
  };
}

/** The machines to choose from: those of the site, and those that a rule names already. */
export function choicesFor(site: readonly RuleMachine[], named: readonly RuleMachine[] | null): RuleMachine[] {
  return [...new Map([...site, ...(named ?? [])].map((machine) => [machine.id, machine])).values()];
}
