// A machine as a form, and back. Why the server judges: its sentences are the same through every door, and here each is
// put beside the field that it speaks of.

import type { Machine } from '../api/machines';
import type { RegisterMachineInput, UpdateMachineInput } from '../gql/graphql';

/** What stands in the fields, as typed. */
export interface MachineForm {
  readonly name: string;
  readonly kind: Machine['kind'];
  readonly carrier: Machine['carrier'];
  readonly unit: Machine['unit'];
  readonly ratedPowerKw: string;
  readonly registerWidthKwh: string;
  readonly expectedIntervalSeconds: string;
}

export type Field = keyof MachineForm;

export function formOf(machine: Machine | null): MachineForm {
  return {
    name: machine?.name ?? '',
    kind: machine?.kind ?? 'OTHER',
    carrier: machine?.carrier ?? 'ELECTRICITY',
    unit: machine?.unit ?? 'KWH',
    ratedPowerKw: String(machine?.ratedPowerKw ?? ''),
    registerWidthKwh: String(machine?.registerWidthKwh ?? ''),
    expectedIntervalSeconds: String(machine?.expectedIntervalSeconds ?? 10),
  };
}

/** An empty field is "not known". */
function numberOf(text: string): number | null {
  return text.trim() === '' ? null : Number(text);
}

/** For `registerMachine`. */
export function registration(form: MachineForm, siteId: string): RegisterMachineInput {
  const { name, kind, carrier, unit } = form;
  const expectedIntervalSeconds = numberOf(form.expectedIntervalSeconds);
  return {
    ...{ siteId, name, kind, carrier, unit },
    ratedPowerKw: numberOf(form.ratedPowerKw),
    registerWidthKwh: numberOf(form.registerWidthKwh),
    ...(expectedIntervalSeconds === null ? {} : { expectedIntervalSeconds }),
  };
}

/** For `updateMachine`: only what was changed, so that nobody else's change is undone. */
export function changeOf(machine: Machine, form: MachineForm): UpdateMachineInput {
  const before = formOf(machine);
  const input: UpdateMachineInput = { id: machine.id };
  if (form.name !== before.name) input.name = form.name;
  if (form.kind !== before.kind) input.kind = form.kind;
  if (form.carrier !== before.carrier) input.carrier = form.carrier;
  for (const field of ['ratedPowerKw', 'registerWidthKwh', 'expectedIntervalSeconds'] as const) {
    if (form[field] !== before[field]) input[field] = numberOf(form[field]);
  }
  return input;
}

/** The field that a sentence of the server speaks of; null if it is about none in particular. */
export function fieldOf(sentence: string): Field | null {
  const words: [RegExp, Field][] = [
    // First those that hold a machine's name, which may hold any word.
    [/another carrier/, 'carrier'],
    [/machine named|^a name/i, 'name'],
    [/rated power|ratedPowerKw/i, 'ratedPowerKw'],
    [/register's width|registerWidthKwh/i, 'registerWidthKwh'],
    [/interval/i, 'expectedIntervalSeconds'],
    [/measured in m³|\bunit\b/i, 'unit'],
    [/carrier/i, 'carrier'],
  ];
  return words.find(([pattern]) => pattern.test(sentence))?.[1] ?? null;
}
