import { type Clock, seconds, untilAborted } from '../clock.ts';
import type { Credentials } from './credentials.ts';
import { type Http2Session, openHttp2Session } from './http2-session.ts';
import { startTimeLimit } from './time-limit.ts';
import { type Address, connectTls } from './tls-connection.ts';

/** The connections with HTTP/2 for one set of certificates: one as a rule, more when it is full or at its end. */
export interface Http2Sessions {
  /** One that has room; `Http1Only` when the server does not speak HTTP/2, which is found out once. */
  find(signal: AbortSignal): Promise<Http2Session | 'Http1Only' | 'Retired'>;
  /** Takes no more requests; what is under way finishes. */
  retire(): void;
  /** Whether there is no connection. */
  readonly ended: boolean;
  /** Cuts everything. */
  close(): void;
}

export interface Http2SessionsOptions {
  readonly address: Address;
  /** The server's `https://host:port`. */
  readonly origin: string;
  readonly credentials: Credentials;
  readonly clock: Clock;
  /** Told of each connection that is made. */
  readonly onConnection: () => void;
}

/** For a connection that many wait for: none of them ends it by giving up. */
const connectsWithin = seconds(15);

export function createHttp2Sessions(options: Http2SessionsOptions): Http2Sessions {
  const { address, origin, credentials, clock, onConnection } = options;
  const sessions = new Set<Http2Session>();
  const closing = new AbortController();
  let opening: Promise<void> | undefined;
  let http1Only = false;
  let retired = false;

  const withRoom = (): Http2Session | undefined => {
    for (const session of sessions) {
      if (session.ended) sessions.delete(session);
      else if (session.hasRoom) return session;
    }
    return undefined;
  };
  const open = async (): Promise<void> => {
    using limit = startTimeLimit(clock, connectsWithin, closing.signal);
    const socket = await connectTls(address, credentials, limit.signal);
    onConnection();
    if (socket.alpnProtocol !== 'h2') {
      http1Only = true;
      socket.destroy();
      return;
    }
    try {
      const session = await untilAborted(openHttp2Session(socket, origin, clock), limit.signal);
      sessions.add(session);
      if (retired) session.retire();
    } catch (error) {
      socket.destroy();
      throw error;
    }
  };

  return {
    find: async (signal) => {
      while (!http1Only) {
        if (retired) return 'Retired';
        const session = withRoom();
        if (session !== undefined) return session;
        // Whoever begins it waits for it, so that its failure is always told to somebody.
        signal.throwIfAborted();
        opening ??= open().finally(() => {
          opening = undefined;
        });
        await untilAborted(opening, signal);
      }
      return 'Http1Only';
    },
    get ended() {
      return opening === undefined && [...sessions].every(({ ended }) => ended);
    },
    retire: () => {
      retired = true;
      for (const session of sessions) session.retire();
    },
    close: () => {
      closing.abort(new Error('the connection was closed by its owner'));
      for (const session of sessions) session.destroy();
    },
  };
}
