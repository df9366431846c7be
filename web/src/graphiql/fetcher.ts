// Sends what the editor holds. Why not GraphiQL's own way alone: for a moment after another tab was chosen it still names
// the operation of the one before, and takes a subscription for a query.

import { createGraphiQLFetcher } from '@graphiql/toolkit';
import type { Fetcher } from '@graphiql/toolkit';
import { Kind, parse } from 'graphql';
import type { DocumentNode } from 'graphql';

type Options = Parameters<typeof createGraphiQLFetcher>[0];

export function fetcherOf(options: Options): Fetcher {
  const send = createGraphiQLFetcher(options);
  return (params, sent) => {
    const document = parsed(params.query);
    if (!document) return send(params, sent);
    return send({ ...params, operationName: nameIn(document, params.operationName ?? null) }, { ...sent, documentAST: document });
  };
}

/** None where it cannot be read: then the server says why. */
function parsed(query: string): DocumentNode | null {
  try {
    return parse(query);
  } catch {
    return null;
  }
}

/** The name that is meant, if the document has it; else that of its only operation. */
export function nameIn(document: DocumentNode, wanted: string | null): string | null {
  const operations = document.definitions.filter((definition) => definition.kind === Kind.OPERATION_DEFINITION);
  const names = operations.map(({ name }) => name?.value ?? null);
  if (operations.length !== 1 || names.includes(wanted)) return wanted;
  return names[0] ?? null;
}
