// Follows what becomes of anomalies: pushed where there is a socket, asked for where there is none. Why it looks once as
// well when a socket opens: before its first push no cursor is known, and something may have ended meanwhile. Why it looks
// after quiet ones all the time: they are taken back when readings that came late show that they were none, and that is not
// pushed.

import type { Ask } from '../api/http';
import { nodesOf } from '../api/nodes';
import { isClosed } from '../api/operations';
import { AnomaliesNowDocument, ChangesDocument } from '../gql/graphql';
import type { AnomalyChangeKind, ChangesSubscription } from '../gql/graphql';
import type { AnomalyTrail } from './anomaly-trail';
import { Standing } from './standing';
import type { Transport } from './transport';

const LOOK_EVERY_MS = 10_000;
/** With a socket. */
const LOOK_AFTER_QUIET_EVERY_MS = 60_000;
/** What may be the first that anybody is told of an anomaly. */
const NEWS: ReadonlySet<AnomalyChangeKind> = new Set(['ANNOUNCED', 'ESCALATED']);
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
          const { kind, anomaly } = anomalyChanged.node;
          if (NEWS.has(kind)) void this.trail.hear(anomaly);
          else this.trail.update(anomaly);
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
    this.timer = setInterval(() => void this.look(true), LOOK_AFTER_QUIET_EVERY_MS);
    void this.look();
  }

  stop(): void {
    clearInterval(this.timer);
    this.operation.stop();
  }

  /** Looks after quiet ones, and unless there is a push for them after those that are open. */
  private async look(isPushed = false): Promise<void> {
    const watched = this.trail.list.filter(({ node }) => node.isQuiet || !(isPushed || isClosed(node)));
    const ids = watched.slice(-WATCHED_ANOMALIES).map(({ node }) => node.id);
    if (ids.length === 0) return;
    try {
      const { nodes } = await this.ask(AnomaliesNowDocument, { ids });
      nodesOf(nodes).forEach((node, place) => {
        if (node) this.trail.update(node);
        else this.trail.takeBack(ids[place]!);
      });
    } catch {
      // The status line says that the server does not answer.
    }
  }
}
