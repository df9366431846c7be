// One WebSocket that speaks graphql-transport-ws. Why wrapped: the library's own retries stop for some close codes and
// know nothing of countdowns, so each socket lives once here and `Link` decides about the next.

import { createClient } from 'graphql-ws';
import type { SubscribePayload } from 'graphql-ws';

import { UNKNOWN_CALLER } from '../api/http';

/** With what the server closes when it does not know who listens. */
const FORBIDDEN = 4403;
/** The server is asked for a sign of life this often … */
const PING_EVERY_MS = 10_000;
/** … and has this long to give it, or the link counts as lost. */
const PONG_WITHIN_MS = 5_000;
/** An idle socket stays open this long; longer than the longest wait before an operation is started again. */
const IDLE_CLOSE_MS = 60_000;

/** One answer: data, or errors, or both. */
export interface Result {
  readonly data?: unknown;
  readonly errors?: unknown;
}

/** What an operation hears. */
export interface Sink {
  next(result: Result): void;
  error(reason: unknown): void;
  complete(): void;
}

/** An open socket, or one that opens with the first operation. */
export interface Transport {
  /** Returns what ends the operation. */
  subscribe(request: SubscribePayload, sink: Sink): () => void;
  /** Ends everything; nothing is heard afterwards. */
  close(): void;
}

/** What the owner of a transport hears: one `opened` at most, one `lost` at most. */
export interface TransportEvents {
  opened(): void;
  lost(): void;
}

export type OpenTransport = (events: TransportEvents) => Transport;

/** A transport to this address. */
export function webSocketTransport(url: string): OpenTransport {
  return (events) => {
    let isOver = false;
    let pongTimer: ReturnType<typeof setTimeout> | undefined;
    const end = () => {
      isOver = true;
      clearTimeout(pongTimer);
      // Disposing rejects when the socket never opened, which is no news.
      Promise.resolve(client.dispose()).catch(() => {});
    };
    const client = createClient({
      url,
      retryAttempts: 0,
      keepAlive: PING_EVERY_MS,
      lazyCloseTimeout: IDLE_CLOSE_MS,
      on: {
        connected: () => {
          if (!isOver) events.opened();
        },
        ping: (isReceived) => {
          if (isReceived || isOver) return;
          pongTimer = setTimeout(() => client.terminate(), PONG_WITHIN_MS);
        },
        message: () => clearTimeout(pongTimer),
        closed: (event) => {
          if (isOver) return;
          if (event instanceof CloseEvent && event.code === FORBIDDEN) dispatchEvent(new Event(UNKNOWN_CALLER));
          end();
          events.lost();
        },
      },
    });
    return {
      subscribe: (request, sink) => client.subscribe(request, sink),
      close: () => {
        if (isOver) return;
        end();
        client.terminate();
      },
    };
  };
}
