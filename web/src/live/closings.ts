// Follows what becomes of anomalies that were open: pushed where there is a socket, asked for where there is none. Why it
// looks once as well when a socket opens: before its first push no cursor is known, and something may have ended
// meanwhile.

import type { Ask } from '../api/http';
import { nodesOf } from '../api/nodes';
import { isClosed } from '../api/operations';
import { AnomaliesNowDocument, ChangesDocument } from '../gql/graphql';
import type { ChangesSubscription } from '../gql/graphql';
import type { AnomalyTrail } from './anomaly-trail';
import { Standing } from './standing';
import type { Transport } from './transport';

const LOOK_EVERY_MS = 10_000;
/** The newest open ones are looked after. */
const WATCHED_ANOMALIES = 50;

export class Closings {
  private timer: ReturnType<typeof setInterval> | undefined;
  private cursor: string | null = null;
  private readonly operation: Standing<ChangesSubscription>;

  constructor(
    private readonly ask: Ask,
    private readonly trail: AnomalyTrail,
  ) {
    this.operation = new Standing<ChangesSubscription>(
      () => ({ query: String(ChangesDocument), variables: { cursor: this.cursor } }),
      {
        data: ({ anomalyChanged }) => {
          this.cursor = anomalyChanged.cursor;
          this.trail.update(anomalyChanged.node.anomaly);
        },
        // Of another database, say: from now on, then. The status line has the rest.
        failed: () => (this.cursor = null),
      },
    );
  }

  /** Without a socket. */
  start(): void {
    this.stop();
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
  }

  /** With one. */
  follow(transport: Transport): void {
    this.stop();
    this.operation.start(transport);
    void this.look();
  }

  stop(): void {
    clearInterval(this.timer);
    this.operation.stop();
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
