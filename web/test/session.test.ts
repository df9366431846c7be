// What the address says of signing in at the issuer.

import { expect, test } from 'vitest';

import { refusalOf } from '../src/api/session';

test('a refusal is a sentence, whatever stands in the address', () => {
  expect(refusalOf('')).toBe('');
  expect(refusalOf('?kiosk')).toBe('');
  expect(refusalOf('?sign-in=FORBIDDEN')).toBe('You are known, but nothing here is open to you.');
  const other = refusalOf('?sign-in=UNAUTHENTICATED');
  expect(other).not.toBe('');
  expect(refusalOf('?sign-in=<b>call+0900</b>')).toBe(other);
});
