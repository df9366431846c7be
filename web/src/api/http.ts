// GraphQL over plain HTTP, for what is asked once. Why not over the socket: it answers even where a proxy in between
// lets no socket through, so the page has figures there too.

import type { TypedDocumentString } from '../gql/graphql';
import { isGraphqlErrors, sentencesOf } from './sentences';

/** Said on the window when the server does not know who asks, or no longer. */
export const UNKNOWN_CALLER = 'wattline-unknown-caller';
/** How long an answer may take. */
const ANSWER_TIMEOUT_MS = 10_000;

/** Asks; fails with an Error whose message is a sentence for people. */
export type Ask = <Data, Variables>(
  document: TypedDocumentString<Data, Variables>,
  variables: Variables,
  timeoutMs?: number,
) => Promise<Data>;

/** What the server says is wrong: a sentence, and a code that stays the same whatever the sentence is. */
export class ServerError extends Error {
  constructor(
    sentence: string,
    readonly code: string,
  ) {
    super(sentence);
  }
}

export const ask: Ask = async <Data>(
  document: object,
  variables: unknown,
  timeoutMs = ANSWER_TIMEOUT_MS,
): Promise<Data> => {
  const response = await fetch('/graphql', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: String(document), variables }),
    signal: AbortSignal.timeout(timeoutMs),
  }).catch(() => {
    throw new Error('The server does not answer.');
  });
  if (response.status === 401) globalThis.dispatchEvent?.(new Event(UNKNOWN_CALLER));
  const answer: unknown = await response.json().catch(() => null);
  const { data, errors, error } = (answer ?? {}) as { data?: Data; errors?: unknown; error?: { message?: string } };
  if (isGraphqlErrors(errors)) throw new ServerError(sentencesOf(errors), errors[0]?.extensions?.code ?? '');
  if (error?.message) throw new Error(sentencesOf([{ message: error.message }]));
  if (!response.ok || !data) throw new Error(`The server answered with status ${response.status}.`);
  return data;
};

/** What went wrong, as a sentence. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
