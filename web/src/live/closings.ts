// Looks whether anomalies that were open are over. Why by asking: a subscription brings each anomaly when it is found,
// and nothing when somebody resolves it.

import type { Ask } from '../api/http';
import { isClosed } from '../api/operations';
import { nodesOf } from '../api/nodes';
import { AnomaliesNowDocument } from '../gql/graphql';
import type { AnomalyTrail } from './anomaly-trail';

const LOOK_EVERY_MS = 10_000;
/** The newest open ones are looked after. */
const WATCHED_ANOMALIES = 50;

export class Closings {
  private timer: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly ask: Ask,
    private readonly trail: AnomalyTrail,
  ) {}

  start(): void {
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
  }

  private async look(): Promise<void> {
    const open = this.trail.list.filter(({ node }) => !isClosed(node)).slice(-WATCHED_ANOMALIES);
    if (open.length === 0) return;
    try {
      const { nodes } = await this.ask(AnomaliesNowDocument, { ids: open.map(({ node }) => node.id) });
      for (const node of nodesOf(nodes)) {
        if (node) this.trail.update(node);
      }
    } catch {
      // The status line says that the server does not answer.
    }
  }
}
