// A transport whose other end the test holds.

import type { SubscribePayload } from 'graphql-ws';

import type { OpenTransport, Sink, TransportEvents } from '../src/live/transport';

export interface FakeOperation {
  readonly request: SubscribePayload;
  readonly sink: Sink;
  isEnded: boolean;
}

export class FakeSocket {
  readonly operations: FakeOperation[] = [];
  isClosed = false;

  constructor(private readonly events: TransportEvents) {}

  open(): void {
    this.events.opened();
  }

  lose(): void {
    this.events.lost();
  }

  /** The latest operation whose document has this name. */
  operation(name: string): FakeOperation {
    const found = this.operations.filter(({ request }) => request.query.includes(`subscription ${name}`)).at(-1);
    if (!found) throw new Error(`no operation ${name}`);
    return found;
  }
}

/** Every socket that was opened, oldest first. */
export function fakeTransport(): { open: OpenTransport; sockets: FakeSocket[] } {
  const sockets: FakeSocket[] = [];
  const open: OpenTransport = (events) => {
    const socket = new FakeSocket(events);
    sockets.push(socket);
    return {
      subscribe: (request, sink) => {
        const operation: FakeOperation = { request, sink, isEnded: false };
        socket.operations.push(operation);
        return () => {
          operation.isEnded = true;
        };
      },
      close: () => {
        socket.isClosed = true;
      },
    };
  };
  return { open, sockets };
}
