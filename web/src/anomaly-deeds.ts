// What people do about anomalies, and how the server is told. Why apart from the row: what is done of one and of
// several at once is the same.

import { ask, sentenceOf } from './api/http';
import type { StoriedAnomaly } from './api/operations';
import { AcknowledgeDocument, CommentDocument, DismissDocument, ReopenDocument, ResolveDocument } from './gql/graphql';

export type Deed = 'acknowledge' | 'resolve' | 'comment' | 'dismiss' | 'reopen';

/** What can be done of several at once. */
export type BulkDeed = 'acknowledge' | 'resolve';

export const NOTE_LENGTH = 2000;
export const DEED_TEXTS = {
  acknowledge: 'Acknowledge',
  resolve: 'Resolve',
  comment: 'Comment',
  dismiss: 'No anomaly',
  reopen: 'Open again',
} as const;
export const DEEDS = {
  OPEN: ['acknowledge', 'resolve', 'dismiss', 'comment'],
  ACKNOWLEDGED: ['resolve', 'dismiss', 'comment'],
  RESOLVED: ['reopen', 'comment'],
} as const;

/** Who does it, and why. */
export interface Said {
  readonly by: string | null;
  readonly note: string | null;
}

/** What stands in a form's fields `by` and `note`. */
export function saidIn(form: HTMLFormElement): Said {
  const given = new FormData(form);
  const text = (name: string) => String(given.get(name) ?? '').trim() || null;
  return { by: text('by'), note: text('note') };
}

/** The anomaly as it then is. */
export async function done(deed: Deed, id: string, said: Said): Promise<StoriedAnomaly> {
  const input = { id, ...said };
  switch (deed) {
    case 'acknowledge':
      return (await ask(AcknowledgeDocument, { input })).acknowledgeAnomaly.anomaly;
    case 'resolve':
      return (await ask(ResolveDocument, { input })).resolveAnomaly.anomaly;
    case 'comment':
      return (await ask(CommentDocument, { input: { ...input, note: input.note ?? '' } })).commentAnomaly.anomaly;
    case 'dismiss':
      return (await ask(DismissDocument, { input })).dismissAnomaly.anomaly;
    case 'reopen':
      return (await ask(ReopenDocument, { input })).reopenAnomaly.anomaly;
  }
}

/** Whether it is not yet what it then would be. */
export function mayBe({ status }: Pick<StoriedAnomaly, 'status'>, deed: BulkDeed): boolean {
  return status === 'OPEN' || (status === 'ACKNOWLEDGED' && deed === 'resolve');
}

export interface Failure {
  readonly anomaly: StoriedAnomaly;
  readonly sentence: string;
}

/** One after the other; what could not be done. */
export async function doneOfAll(
  deed: BulkDeed,
  anomalies: readonly StoriedAnomaly[],
  said: Said,
  onDone: (changed: StoriedAnomaly) => void,
  act = done,
): Promise<Failure[]> {
  const failures: Failure[] = [];
  for (const anomaly of anomalies) {
    const refuse = (error: unknown) => failures.push({ anomaly, sentence: sentenceOf(error) });
    await act(deed, anomaly.id, said).then(onDone, refuse);
  }
  return failures;
}
