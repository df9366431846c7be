// Follows the anomalies: first what was, then what comes, without gap or repeat. Why the history first: the
// subscription goes on after its newest cursor, so nothing can be found in between and be lost.

import type { Ask } from '../api/http';
import { sentenceOf } from '../api/http';
import { BEFORE_ALL, isClosed } from '../api/operations';
import type { Anomaly, AnomalyEdge } from '../api/operations';
import type { GraphqlError } from '../api/sentences';
import { AnomaliesDocument, HistoryDocument } from '../gql/graphql';
import type { AnomaliesSubscription, HistoryQuery } from '../gql/graphql';
import { withChanged, withHistory, withNewest, without } from './anomaly-list';
import type { AnomalyList } from './anomaly-list';
import { retryDelayMs } from './schedule';
import { Standing } from './standing';
import type { Transport } from './transport';

export interface TrailEvents {
  changed(): void;
  history(history: HistoryQuery): void;
  /** One was found since the page was opened, or people are told of it since; said once of each. */
  opened(edge: AnomalyEdge): void;
  /** One that the page knew as open is over; said once of each. */
  closed(anomaly: Anomaly): void;
}

export class AnomalyTrail {
  list: AnomalyList = [];
  /** Of the last one seen, even if it is no more. */
  cursor = BEFORE_ALL;
  /** A sentence for people while something is wrong. */
  error: string | null = null;
  isLoaded = false;
  private isLoading = false;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private transport: Transport | null = null;
  private readonly operation: Standing<AnomaliesSubscription>;

  constructor(
    private readonly ask: Ask,
    private readonly events: TrailEvents,
  ) {
    this.operation = new Standing<AnomaliesSubscription>(
      () => ({ query: String(AnomaliesDocument), variables: { cursor: this.cursor } }),
      {
        data: ({ anomalyDetected }) => this.add(anomalyDetected),
        failed: (sentence, errors) => this.onFailed(sentence, errors),
      },
    );
  }

  start(transport: Transport): void {
    this.transport = transport;
    if (this.isLoaded) this.operation.start(transport);
    else void this.load();
  }

  stop(): void {
    this.transport = null;
    clearTimeout(this.timer);
    this.operation.stop();
  }

  /** Takes one that was found. */
  add(edge: AnomalyEdge): void {
    const list = withNewest(this.list, edge);
    const isKnown = list === this.list;
    if (!isKnown) this.cursor = edge.cursor;
    this.set(list, null);
    if (!isKnown) this.events.opened(edge);
  }

  /** Takes one as it is now. */
  update(node: Anomaly): void {
    const before = this.list.find((listed) => listed.node.id === node.id);
    this.set(withChanged(this.list, node), this.error);
    if (before && !isClosed(before.node) && isClosed(node)) this.events.closed(node);
    else if (before?.node.isQuiet && !node.isQuiet) this.events.opened({ ...before, node });
  }

  /** Takes one that people are told of by now. Quiet ones are not pushed, so the page may not know it. */
  async hear(node: Anomaly): Promise<void> {
    const find = () => this.list.find((listed) => listed.node.id === node.id);
    if (find()) return this.update(node);
    await this.load();
    const listed = find();
    if (listed && !listed.node.isQuiet) this.events.opened(listed);
  }

  /** Lets go of one that is no more. */
  takeBack(id: string): void {
    this.set(without(this.list, id), this.error);
  }

  /** Asks for what was. */
  async load(): Promise<void> {
    if (this.isLoading) return;
    this.isLoading = true;
    clearTimeout(this.timer);
    try {
      const history = await this.ask(HistoryDocument, {});
      this.isLoaded = true;
      this.failures = 0;
      const list = withHistory(this.list, history.anomalies.edges);
      this.cursor = list.at(-1)?.cursor ?? BEFORE_ALL;
      this.set(list, null);
      this.events.history(history);
      if (this.transport) this.operation.start(this.transport);
    } catch (error) {
      this.onLoadFailed(error);
    } finally {
      this.isLoading = false;
    }
  }

  private onLoadFailed(error: unknown): void {
    this.set(this.list, sentenceOf(error));
    this.failures += 1;
    const again = () => {
      if (this.transport) void this.load();
    };
    this.timer = setTimeout(again, retryDelayMs(this.failures));
  }

  private onFailed(sentence: string, errors: readonly GraphqlError[]): void {
    // Another database, as after a restored backup: what the page knows is of a plant that is no more.
    if (errors.some(({ extensions }) => extensions?.code === 'INVALID_CURSOR')) {
      this.operation.stop();
      this.isLoaded = false;
      this.set([], null);
      void this.load();
    } else {
      this.set(this.list, sentence);
    }
  }

  private set(list: AnomalyList, error: string | null): void {
    if (list === this.list && error === this.error) return;
    this.list = list;
    this.error = error;
    this.events.changed();
  }
}
