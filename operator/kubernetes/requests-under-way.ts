import type { Clock, Milliseconds } from '../clock.ts';
import { milliseconds } from '../clock.ts';
import type { Connection, Method } from './connection.ts';

/** A request that has no complete answer yet. */
export interface RequestUnderWay {
  readonly method: Method;
  readonly path: string;
  readonly age: Milliseconds;
}

/** A connection that knows what it waits for. Streams are apart: a reflector tells what it is at itself. */
export interface ObservedConnection extends Connection {
  /** The longest under way first. */
  underWay(): RequestUnderWay[];
}

/** The same connection, which tells what is under way on it. */
export function observeRequests(connection: Connection, clock: Clock): ObservedConnection {
  const open = new Set<{ method: Method; path: string; started: Milliseconds }>();
  return {
    ...connection,
    request: async (method, path, options) => {
      const request = { method, path, started: clock.elapsed() };
      open.add(request);
      try {
        return await connection.request(method, path, options);
      } finally {
        open.delete(request);
      }
    },
    // A set keeps the order of insertion.
    underWay: () =>
      [...open].map(({ method, path, started }) => ({ method, path, age: milliseconds(clock.elapsed() - started) })),
  };
}
