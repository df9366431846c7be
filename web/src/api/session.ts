// Who looks at the page, and how that changes. Why beside GraphQL: the server answers no question there before it knows.

import { sentenceOf } from './http';

const PATH = '/api/v1/session';

/** Somebody whom the server knows. */
export interface Caller {
  /** Whether they signed in, or need not. */
  readonly kind: 'open' | 'key' | 'session';
  readonly name: string | null;
}

/** Who looks; null if the server does not know, and undefined if it does not say. */
export async function callerNow(): Promise<Caller | null | undefined> {
  const response = await fetch(PATH, { cache: 'no-store' }).catch(() => null);
  if (response?.status === 401) return null;
  return response?.ok ? ((await response.json().catch(() => undefined)) as Caller | undefined) : undefined;
}

/** Where signing in at the issuer begins; the browser goes there. */
export const OPENID_PATH = `${PATH}/openid`;

/** Whether people can sign in at an issuer. */
export async function hasOpenid(): Promise<boolean> {
  const response = await fetch(`${PATH}/ways`, { cache: 'no-store' }).catch(() => null);
  const ways = response?.ok ? ((await response.json().catch(() => null)) as { openid?: boolean } | null) : null;
  return ways?.openid === true;
}

/** Why signing in at the issuer failed, as the address says (`?sign-in=CODE`); empty if it did not. */
export function refusalOf(search: string): string {
  switch (new URLSearchParams(search).get('sign-in')) {
    case null:
      return '';
    case 'FORBIDDEN':
      return 'You are known, but nothing here is open to you.';
    case 'NAME_TAKEN':
      return 'Somebody else here has your name already.';
    case 'ISSUER_UNAVAILABLE':
    case 'TOO_MANY_ATTEMPTS':
      return 'That does not work at the moment. Try again in a minute.';
    default:
      return 'Signing in there did not work. Try again.';
  }
}

/** Signs in; a sentence if that fails, empty if not. */
export async function signIn(name: string, password: string): Promise<string> {
  try {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(PATH, { method: 'POST', headers, body: JSON.stringify({ name, password }) });
    if (response.ok) return '';
    const answer = (await response.json().catch(() => null)) as { error?: { message?: string } } | null;
    if (response.status === 401) return 'There is no such name and password.';
    return answer?.error?.message ?? `The server answered with status ${response.status}.`;
  } catch (error) {
    return sentenceOf(error);
  }
}

export async function signOut(): Promise<void> {
  await fetch(PATH, { method: 'DELETE' }).catch(() => {});
}
