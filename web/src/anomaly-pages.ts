// Which anomalies the view asks for. Why the filter stands in the address: a link to the open critical ones can be kept
// and sent.

import type { AnomalyPageQueryVariables } from './gql/graphql';

const SEVERITIES = ['CRITICAL'] as const;
const STATUSES = ['OPEN', 'ACKNOWLEDGED', 'RESOLVED'] as const;

export const PAGE_ROWS = 20;

/** Empty where it does not matter. */
export interface AnomalyFilters {
  readonly severity: (typeof SEVERITIES)[number] | '';
  readonly status: (typeof STATUSES)[number] | '';
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
    machine: query.get('machine') ?? '',
  };
}

export function pageVariables({ severity, status, machine }: AnomalyFilters, turn: Turn): AnomalyPageQueryVariables {
  const filter = {
    ...(severity && { severity }),
    ...(status && { status }),
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
