// Brings machines and what they used today. Why the name filter asks for all names: a machine that stands on another page
// must be found too, and the server has no search by parts of a name.

import { MACHINES_BY_ID_QUERY, MACHINES_QUERY, PAGE_MACHINES, TODAY_MACHINES, TODAY_QUERY } from '../api/machines';
import type { Machine, MachinesByIdData, MachinesData, PageInfo, Today, TodayData } from '../api/machines';
import { MACHINE_CHOICES_QUERY } from '../api/trends';
import type { MachineChoice, MachineChoicesData, Site } from '../api/trends';
import type { Ask } from '../trends/loader';
import { beginOf } from '../trends/zone';
import { matches } from './list';

/** Where a page begins: after a cursor, or before one. */
export type PagePlace = { readonly after: string | null } | { readonly before: string };

export interface MachinePage {
  readonly machines: Machine[];
  /** How many there are on all pages, or how many match. */
  readonly totalCount: number;
  /** Null where names were looked for: only one page of them is shown. */
  readonly pageInfo: PageInfo | null;
}

export async function loadPage(ask: Ask, site: Site, place: PagePlace): Promise<MachinePage> {
  const { machines } = await ask<MachinesData>(MACHINES_QUERY, {
    siteId: site.id,
    ...('before' in place
      ? { last: PAGE_MACHINES, before: place.before }
      : { first: PAGE_MACHINES, after: place.after }),
  });
  return { machines: machines.nodes, totalCount: machines.totalCount, pageInfo: machines.pageInfo };
}

/** All names of a site. */
export async function loadChoices(ask: Ask, siteId: string): Promise<MachineChoice[]> {
  const choices: MachineChoice[] = [];
  let after: string | null = null;
  do {
    const { machines }: MachineChoicesData = await ask(MACHINE_CHOICES_QUERY, { siteId, after });
    choices.push(...machines.nodes);
    after = machines.pageInfo.hasNextPage ? machines.pageInfo.endCursor : null;
  } while (after !== null);
  return choices;
}

/** The first page of those whose name holds this. */
export async function findMachines(ask: Ask, site: Site, filter: string): Promise<MachinePage> {
  const found = (await loadChoices(ask, site.id)).filter(({ name }) => matches(name, filter));
  const ids = found.slice(0, PAGE_MACHINES).map(({ id }) => id);
  const { nodes } = ids.length > 0 ? await ask<MachinesByIdData>(MACHINES_BY_ID_QUERY, { ids }) : { nodes: [] };
  return { machines: nodes.filter((node) => node !== null), totalCount: found.length, pageInfo: null };
}

/** What these machines used since midnight at the plant. */
export async function loadToday(
  ask: Ask,
  machines: readonly Machine[],
  zone: string,
  nowMs: number,
): Promise<Map<string, Today>> {
  const fromMs = beginOf('day', nowMs, zone);
  const span = { from: new Date(fromMs).toISOString(), to: new Date(Math.max(nowMs, fromMs + 1)).toISOString() };
  const ids = machines.map(({ id }) => id);
  const parts = [];
  for (let at = 0; at < ids.length; at += TODAY_MACHINES) parts.push(ids.slice(at, at + TODAY_MACHINES));
  const answers = await Promise.all(parts.map((part) => ask<TodayData>(TODAY_QUERY, { ids: part, ...span })));
  const days = new Map<string, Today>();
  for (const node of answers.flatMap(({ nodes }) => nodes)) {
    const today = node?.series[0];
    if (node && today) days.set(node.id, today);
  }
  return days;
}
