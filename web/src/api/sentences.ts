// Errors as the sentences that people read. Why the server's own words: it knows what went wrong, the page does not.

/** What GraphQL calls an error. */
export interface GraphqlError {
  readonly message: string;
  readonly extensions?: { readonly code?: string };
}

/** The errors' own sentences, one after the other. */
export function sentencesOf(errors: readonly GraphqlError[]): string {
  return errors.map((error) => withFullStop(error.message.trim())).join(' ');
}

/** Whether this is a list of GraphQL errors, and not the closing of a socket. */
export function isGraphqlErrors(value: unknown): value is readonly GraphqlError[] {
  return Array.isArray(value) && value.length > 0 && value.every((error) => typeof error?.message === 'string');
}

function withFullStop(sentence: string): string {
  if (sentence === '') return 'The server answered with an error that says nothing.';
  const capital = sentence.charAt(0).toUpperCase() + sentence.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
