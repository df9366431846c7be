// What the page asks, as a list for a server that executes only what is listed. Why by the texts and not the `.graphql`
// files: the server compares what is sent, character by character.

import { createHash } from 'node:crypto';

/** From SHA-256 to document, of the documents among the exports of the generated module; in a lasting order. */
export function listed(exports: object): Record<string, string> {
  const documents = Object.values(exports).filter((value) => value instanceof String).map(String);
  const operations = documents.filter((text) => /^\s*(query|mutation|subscription)\b/.test(text));
  const byHash = operations.map((text) => [createHash('sha256').update(text).digest('hex'), text] as const);
  return Object.fromEntries(byHash.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
