// The name of whoever deals with anomalies in this browser. Why remembered: there are no accounts, and nobody types it
// every time.

const NAME_KEY = 'wattline.name';

/** Browsers may forbid to remember anything. */
export function storedName(): string {
  try {
    return localStorage.getItem(NAME_KEY) ?? '';
  } catch {
    return '';
  }
}

export function storeName(name: string): void {
  try {
    localStorage.setItem(NAME_KEY, name);
  } catch {
    // Then it is asked for again.
  }
}
