// Numbers as people of this locale write them. Why the decimals follow the size: a small plant's 0.035 kWh must not read
// 0, and a large plant's 1,234,567 kWh fits no tile. The exact value goes into the title.

/** A whole number from this size on, unless somebody says otherwise. */
const WHOLE_FROM = 1000;
/** Counts and quantities of this size and more are shortened, as in 1.2M: below, a plant at work is seen at work. */
const SHORT_FROM = 1_000_000;
/** Masses of this size and more are shortened, as in 14.1K. */
const SHORT_MASS_FROM = 10_000;
/** Money of this size and more is shortened, as in $3.4K. */
const SHORT_MONEY_FROM = 1000;
/** One decimal, so that a ticking figure keeps its width. */
const SHORT: Intl.NumberFormatOptions = { notation: 'compact', minimumFractionDigits: 1, maximumFractionDigits: 1 };
/** Money below this is shown to a hundredth of a cent. */
const FINE_MONEY_BELOW = 0.1;
/** More than any double needs. */
const EXACT_DECIMALS = 20;

const UNBROKEN_SPACE = '\u00a0';

/** A number with its unit behind it, which no end of a line parts. */
export function withUnit(number: string, unit: string): string {
  return `${number}${UNBROKEN_SPACE}${unit}`;
}

/** Somebody's sentence, whose numbers stay with what stands behind them. */
export function unbroken(sentence: string): string {
  return sentence.replaceAll(/(\d) (?=\S)/g, `$1${UNBROKEN_SPACE}`);
}

export class Numbers {
  private readonly formats = new Map<string, Intl.NumberFormat>();

  /** The browser's locale if none is given. */
  constructor(private readonly locale?: string) {}

  /** A count. */
  whole(value: number, scale = value): string {
    return this.write(value, Math.abs(scale) >= SHORT_FROM ? SHORT : { maximumFractionDigits: 0 });
  }

  /** With as many decimals as a quantity of size `scale` needs, so that a ticking figure keeps its width. */
  quantity(value: number, scale: number, wholeFrom = WHOLE_FROM): string {
    const size = Math.abs(scale);
    if (size >= SHORT_FROM) return this.write(value, SHORT);
    if (size > 0 && size < 1) return this.write(value, { maximumSignificantDigits: 3 });
    return this.decimals(value, size === 0 || size >= wholeFrom ? 0 : size >= 10 ? 1 : 2);
  }

  /** Kilograms. */
  mass(value: number, scale: number): string {
    return Math.abs(scale) >= SHORT_MASS_FROM ? this.write(value, SHORT) : this.quantity(value, scale);
  }

  decimals(value: number, count: number): string {
    return this.write(value, { minimumFractionDigits: count, maximumFractionDigits: count });
  }

  /** As bare as it stands beside an axis. */
  onAxis(value: number): string {
    return this.write(value, { maximumFractionDigits: 6 });
  }

  /** Cut off, never rounded up: 99.98 is not 100. */
  percent(value: number): string {
    return this.write(value, { minimumFractionDigits: 1, maximumFractionDigits: 1, roundingMode: 'trunc' });
  }

  /** With the currency's sign. */
  money(value: number, currency: string, scale: number): string {
    const size = Math.abs(scale);
    if (size >= SHORT_MONEY_FROM) return this.currency(value, currency, SHORT);
    if (size > 0 && size < FINE_MONEY_BELOW) return this.currency(value, currency, { maximumFractionDigits: 4 });
    return this.currency(value, currency, {});
  }

  exactMoney(value: number, currency: string): string {
    return this.currency(value, currency, { maximumFractionDigits: EXACT_DECIMALS });
  }

  /** Every digit that the number has. */
  exact(value: number): string {
    return this.write(value, { maximumFractionDigits: EXACT_DECIMALS });
  }

  private currency(value: number, currency: string, options: Intl.NumberFormatOptions): string {
    try {
      return this.write(value, { style: 'currency', currency, ...options });
    } catch {
      // Not a code that this browser takes: the number is right all the same.
      return `${this.write(value, { maximumFractionDigits: 2, ...options })} ${currency}`;
    }
  }

  private write(value: number, options: Intl.NumberFormatOptions): string {
    const key = JSON.stringify(options);
    let format = this.formats.get(key);
    if (!format) {
      format = new Intl.NumberFormat(this.locale, options);
      this.formats.set(key, format);
    }
    return format.format(value);
  }
}
