// What people type into fields, as numbers.

/** An empty field is none. */
export function typedNumber(text: string): number | null {
  return text.trim() === '' ? null : Number(text);
}

/** Fails with a sentence where there is none. */
export function neededNumber(text: string, what: string): number {
  const number = typedNumber(text);
  if (number === null || !Number.isFinite(number)) throw new Error(`Give a number: ${what}.`);
  return number;
}

export function neededSeconds(text: string, what: string): number {
  return Math.round(neededNumber(text, what));
}
