// Follows the anomalies: first what was, then what comes, without gap or repeat. Why the history first: the
// subscription goes on after its newest cursor, so nothing can be found in between and be lost.

import { ANOMALIES_SUBSCRIPTION } from '../api/operations';
import type { AnomaliesData, HistoryData } from '../api/operations';
import { lastCursor, withHistory, withNewest } from './anomaly-list';
import type { AnomalyList } from './anomaly-list';
import { retryDelayMs } from './schedule';
import { Standing } from './standing';
import type { Transport } from './transport';

export interface TrailEvents {
  changed(): void;
  history(history: HistoryData): void;
}

export class AnomalyTrail {
  list: AnomalyList = [];
  /** A sentence for people while something is wrong. */
  error: string | null = null;
  isLoaded = false;
  private isLoading = false;
  private failures = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private transport: Transport | null = null;
  private readonly operation: Standing<AnomaliesData>;

  constructor(
    private readonly ask: () => Promise<HistoryData>,
    private readonly events: TrailEvents,
  ) {
    this.operation = new Standing<AnomaliesData>(
      () => ({ query: ANOMALIES_SUBSCRIPTION, variables: { cursor: lastCursor(this.list) } }),
      {
        data: ({ anomalyDetected }) => this.set(withNewest(this.list, anomalyDetected), null),
        failed: (sentence) => this.set(this.list, sentence),
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

  /** A plant's very first anomaly may fall between the empty history and the start of the subscription. */
  expect(totalAnomalies: number): void {
    if (this.isLoaded && this.list.length === 0 && totalAnomalies > 0) void this.load();
  }

  private async load(): Promise<void> {
    if (this.isLoading) return;
    this.isLoading = true;
    clearTimeout(this.timer);
    try {
      const history = await this.ask();
      const isFirst = !this.isLoaded;
      this.isLoaded = true;
      this.failures = 0;
      this.set(withHistory(this.list, history.anomalies.edges), null);
      this.events.history(history);
      if (isFirst && this.transport) this.operation.start(this.transport);
    } catch (error) {
      this.onLoadFailed(error);
    } finally {
      this.isLoading = false;
    }
  }

  private onLoadFailed(error: unknown): void {
    this.set(this.list, error instanceof Error ? error.message : String(error));
    this.failures += 1;
    const again = () => {
      if (this.transport) void this.load();
    };
    this.timer = setTimeout(again, retryDelayMs(this.failures));
  }

  private set(list: AnomalyList, error: string | null): void {
    if (list === this.list && error === this.error) return;
    this.list = list;
    this.error = error;
    this.events.changed();
  }
}
