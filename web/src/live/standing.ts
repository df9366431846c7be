// A subscription that is meant to stand for ever. Why: a server may end one with an error, or just end it, while the
// socket stays open; then it alone is started again, and people read the reason.

import type { SubscribePayload } from 'graphql-ws';

import { isGraphqlErrors, sentencesOf } from '../api/sentences';
import type { GraphqlError } from '../api/sentences';
import { retryDelayMs } from './schedule';
import type { Transport } from './transport';

export interface StandingEvents<Data> {
  data(data: Data): void;
  /** A sentence for people. The next `data` means that it is over. */
  failed(sentence: string, errors: readonly GraphqlError[]): void;
}

export class Standing<Data> {
  private end: (() => void) | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private failures = 0;
  /** Tells an operation of the present from a late word of one that was stopped. */
  private run = 0;

  constructor(
    private readonly request: () => SubscribePayload,
    private readonly events: StandingEvents<Data>,
  ) {}

  start(transport: Transport): void {
    this.stop();
    this.subscribe(transport);
  }

  stop(): void {
    this.run += 1;
    clearTimeout(this.timer);
    this.end?.();
    this.end = null;
  }

  private subscribe(transport: Transport): void {
    this.run += 1;
    const run = this.run;
    const isCurrent = () => run === this.run;
    this.end = transport.subscribe(this.request(), {
      next: (result) => {
        if (isCurrent()) this.onResult(result.data as Data | null | undefined, result.errors);
      },
      error: (reason) => {
        // Anything else is the socket's end, which the link deals with.
        if (!isCurrent() || !isGraphqlErrors(reason)) return;
        this.again(transport);
        this.events.failed(sentencesOf(reason), reason);
      },
      complete: () => {
        if (isCurrent()) this.again(transport);
      },
    });
  }

  private onResult(data: Data | null | undefined, errors: unknown): void {
    if (isGraphqlErrors(errors)) {
      this.events.failed(sentencesOf(errors), errors);
    } else if (data) {
      this.failures = 0;
      this.events.data(data);
    }
  }

  private again(transport: Transport): void {
    this.end = null;
    this.failures += 1;
    this.timer = setTimeout(() => this.subscribe(transport), retryDelayMs(this.failures));
  }
}
