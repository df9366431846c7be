// Which anomalies the view asks for. Why the filter stands in the address: a link to the open critical ones can be kept
// and sent.

import { ANOMALY_KINDS } from './api/telling';
import type { AnomalyPageQueryVariables } from './gql/graphql';

const SEVERITIES = ['CRITICAL'] as const;
const STATUSES = ['OPEN', 'ACKNOWLEDGED', 'RESOLVED'] as const;
const LASTING = ['yes', 'no'] as const;

export const PAGE_ROWS = 20;

/** Empty where it does not matter. */
export interface AnomalyFilters {
  readonly severity: (typeof SEVERITIES)[number] | '';
  readonly status: (typeof STATUSES)[number] | '';
  /** Whether it goes on. */
  readonly lasting: (typeof LASTING)[number] | '';
  /** Any: other systems bring kinds of their own. */
  readonly kind: string;
  /** A machine's id. */
  readonly machine: string;
}

/** Which page: the newest, the one of older ones before a cursor, or that of newer ones after it. */
export type Turn =
  | { readonly to: 'newest' }
  | { readonly to: 'older'; readonly before: string }
  | { readonly to: 'newer'; readonly after: string };

export const NEWEST: Turn = { to: 'newest' };

/** The filter in an address; what it does not know does not matter. */
export function filtersOf(query: URLSearchParams): AnomalyFilters {
  const among = <Value extends string>(values: readonly Value[], name: string): Value | '' =>
    values.find((value) => value === query.get(name)) ?? '';
  return {
    severity: among(SEVERITIES, 'severity'),
    status: among(STATUSES, 'status'),
    lasting: among(LASTING, 'lasting'),
    kind: query.get('kind') ?? '',
    machine: query.get('machine') ?? '',
  };
}

/** The kinds to choose from: Wattline's own, those that are seen, and the one in the address. */
export function kindsToChoose(seen: readonly string[], chosen: string): string[] {
  return [...new Set([...ANOMALY_KINDS, ...seen, ...(chosen ? [chosen] : [])])];
}

export function pageVariables(filters: AnomalyFilters, turn: Turn): AnomalyPageQueryVariables {
  const { severity, status, lasting, kind, machine } = filters;
  const filter = {
    ...(severity && { severity }),
    ...(status && { status }),
    ...(lasting && { isLasting: lasting === 'yes' }),
    ...(kind && { kind }),
    ...(machine && { machineIds: [machine] }),
  };
  switch (turn.to) {
    case 'newest':
      return { filter, last: PAGE_ROWS };
    case 'older':
      return { filter, last: PAGE_ROWS, before: turn.before };
    case 'newer':
      return { filter, first: PAGE_ROWS, after: turn.after };
  }
}
