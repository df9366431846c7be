// Brings machines and what they used today. Why all of them and not a page: the server has one order, that of
// registration, and whoever sorts by power looks for the greatest of the plant.

import type { Machine, Today } from '../api/machines';
import type { Ask } from '../api/http';
import { nodesOf } from '../api/nodes';
import { siteOf } from '../api/trends';
import type { MachineChoice, Site } from '../api/trends';
import {
  MachineChoicesDocument,
  MachineNamesDocument,
  MachinesDocument,
  SitesDocument,
  TodayDocument,
} from '../gql/graphql';
import type { MachineNamesQuery, MachinesQuery } from '../gql/graphql';
import { beginOf } from '../site-time';

/** How many machines are listed; of a larger site the ones registered first. */
export const MOST_LISTED = 1_000;
const ASKED_AT_ONCE = 500;
/** A day's figures of so many machines keep a document under half of the limit. */
const TODAY_MACHINES = 20;
/** So many questions under way leave room for others. */
const TODAY_AT_ONCE = 4;

export interface MachineList {
  readonly machines: Machine[];
  /** How many the site has. */
  readonly totalCount: number;
}

export async function loadMachines(ask: Ask, site: Site): Promise<MachineList> {
  const all: Machine[] = [];
  let after: string | null = null;
  for (;;) {
    const first = Math.min(ASKED_AT_ONCE, MOST_LISTED - all.length);
    const { machines }: MachinesQuery = await ask(MachinesDocument, { siteId: site.id, first, after });
    all.push(...machines.nodes);
    after = machines.pageInfo.hasNextPage ? machines.pageInfo.endCursor : null;
    if (after === null || all.length >= MOST_LISTED) return { machines: all, totalCount: machines.totalCount };
  }
}

/** All sites, and the one that was chosen or is shown until somebody chooses. */
export async function loadSites(ask: Ask, chosen: string | undefined): Promise<{ sites: Site[]; site: Site }> {
  const { sites } = await ask(SitesDocument, {});
  const site = siteOf(sites, chosen);
  if (!site) throw new Error('There is no site.');
  return { sites, site };
}

export type MachineName = MachineNamesQuery['machines']['nodes'][number];

/** All names of all sites. */
export function loadMachineNames(ask: Ask): Promise<MachineName[]> {
  return everyPage(async (after) => (await ask(MachineNamesDocument, { after })).machines);
}

/** All names of a site. */
export function loadChoices(ask: Ask, siteId: string): Promise<MachineChoice[]> {
  return everyPage(async (after) => (await ask(MachineChoicesDocument, { siteId, after })).machines);
}

interface PageOf<Node> {
  readonly nodes: readonly Node[];
  readonly pageInfo: { readonly hasNextPage: boolean; readonly endCursor: string | null };
}

async function everyPage<Node>(page: (after: string | null) => Promise<PageOf<Node>>): Promise<Node[]> {
  const all: Node[] = [];
  let after: string | null = null;
  do {
    const { nodes, pageInfo }: PageOf<Node> = await page(after);
    all.push(...nodes);
    after = pageInfo.hasNextPage ? pageInfo.endCursor : null;
  } while (after !== null);
  return all;
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
  const parts: string[][] = [];
  for (let at = 0; at < ids.length; at += TODAY_MACHINES) parts.push(ids.slice(at, at + TODAY_MACHINES));
  const days = new Map<string, Today>();
  const askParts = async () => {
    for (let part = parts.shift(); part; part = parts.shift()) {
      for (const node of nodesOf((await ask(TodayDocument, { ids: part, ...span })).nodes)) {
        const today = node?.series[0];
        if (node && today) days.set(node.id, today);
      }
    }
  };
  await Promise.all(Array.from({ length: TODAY_AT_ONCE }, askParts));
  return days;
}
