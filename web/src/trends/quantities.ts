// What a trend can show, and how it is written. Why a table: a unit, a field of the answer and a way of drawing belong
// together, for machines measured in kWh and for those measured in m³.

import type { MeterUnit, StatsBucket } from '../api/trends';
import { withUnit } from '../format/numbers';
import type { Numbers } from '../format/numbers';

export type QuantityName = 'power' | 'energy' | 'cost' | 'carbon';

export interface Quantity {
  readonly name: QuantityName;
  readonly label: string;
  /** Empty where the digits carry it, as money does. */
  readonly unit: string;
  /** An amount adds up, and is drawn as bars; a power does not, and is a line. */
  readonly isAmount: boolean;
  /** Null is "not known". */
  readonly of: (bucket: StatsBucket) => number | null;
  /** With its unit. */
  readonly text: (value: number) => string;
  /** Without it; `scale` is the greatest value beside it. */
  readonly digits: (value: number, scale: number) => string;
}

export const QUANTITY_NAMES: readonly QuantityName[] = ['power', 'energy', 'cost', 'carbon'];

export function quantityOf(name: QuantityName, meter: MeterUnit, currency: string, numbers: Numbers): Quantity {
  const isVolume = meter === 'CUBIC_METRE';
  switch (name) {
    case 'power':
      return isVolume
        ? measured(name, 'Flow', 'm³/h', false, (bucket) => bucket.meanFlowM3PerH, numbers)
        : measured(name, 'Power', 'kW', false, (bucket) => bucket.meanPowerKw, numbers);
    case 'energy':
      return isVolume
        ? measured(name, 'Volume', 'm³', true, (bucket) => bucket.volumeM3, numbers)
        : measured(name, 'Energy', 'kWh', true, (bucket) => bucket.energyKwh, numbers);
    case 'carbon':
      return measured(name, 'Carbon', 'kg CO₂', true, (bucket) => bucket.carbonKg, numbers);
    case 'cost': {
      const money = (value: number, scale = value) => numbers.money(value, currency, scale);
      return {
        name,
        label: 'Cost',
        unit: '',
        isAmount: true,
        of: ({ cost }) => cost,
        text: (v) => money(v),
        digits: money,
      };
    }
  }
}

function measured(
  name: QuantityName,
  label: string,
  unit: string,
  isAmount: boolean,
  of: (bucket: StatsBucket) => number | null,
  numbers: Numbers,
): Quantity {
  const digits = (value: number, scale: number) => numbers.quantity(value, scale);
  return { name, label, unit, isAmount, of, text: (value) => withUnit(digits(value, value), unit), digits };
}
