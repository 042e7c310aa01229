import { createHash } from 'node:crypto';
import { Agent } from 'node:https';
import { urlToHttpOptions } from 'node:url';
import { type Clock, type Milliseconds, seconds } from '../clock.ts';
import { type Credentials, tlsOptionNames } from './credentials.ts';
import { type Answer, type Attempt, exchange, type Message, type Progress } from './exchange.ts';
import { type Http1Route, sendOverHttp1 } from './http1.ts';
import { createHttp2Sessions, type Http2Sessions } from './http2-sessions.ts';
import { type Address, tlsOptionsOf } from './tls-connection.ts';

/** A stream stays open for minutes, and must not keep others waiting for its connection. */
export type ExchangeKind = 'Request' | 'Stream';

/** The kept-alive TLS connections to one server. */
export interface ConnectionPool {
  /** Sends a request over a connection with these credentials and gives the head of its answer. */
  exchange(message: Message, credentials: Credentials, kind: ExchangeKind, progress: Progress): Promise<Answer>;
  /** Cuts every connection, also those in use. */
  close(): void;
}

export interface ConnectionPoolOptions {
  readonly server: URL;
  readonly clock: Clock;
  /** Told of each connection that is made. */
  readonly onConnection: () => void;
  /** Only for tests. */
  readonly idleFor?: Milliseconds;
}

/**
 * Idle connections end before the API server (90 s) or a load balancer (60 s is a usual limit) ends them, so that a request
 * rarely meets a connection that is just being closed from the other side.
 */
const usualIdleTime = seconds(45);
/** Lets the kernel notice that a peer vanished without a word. */
const keepAliveProbe = seconds(30);
/**
 * More requests than this wait in line. Four at a time keep an API server of two cores busy; more would only cost
 * handshakes and memory on both sides.
 */
const maxConnections = 4;

/** The connections made with the same certificates. */
interface Generation {
  readonly identity: string;
  /** As they were last read: with another token each time. */
  credentials: Credentials;
  readonly http2: Http2Sessions;
  /** For a server that speaks HTTP/1.1 only. */
  readonly http1: Readonly<Record<ExchangeKind, Agent>>;
}

/** A pool that starts afresh when certificates rotate; requests under way finish on the connections they have. */
export function createConnectionPool(options: ConnectionPoolOptions): ConnectionPool {
  const { server, clock, onConnection, idleFor = usualIdleTime } = options;
  const address = addressOf(server);
  const retired = new Set<Generation>();
  let current: Generation | undefined;

  const start = (credentials: Credentials, identity: string): Generation => ({
    identity,
    credentials,
    http2: createHttp2Sessions({ address, origin: server.origin, credentials, clock, onConnection }),
    http1: {
      Request: createAgent(credentials, idleFor, maxConnections),
      Stream: createAgent(credentials, idleFor, Number.POSITIVE_INFINITY),
    },
  });
  /** Makes those of these certificates current. */
  const use = (credentials: Credentials): void => {
    // The same object until credentials are read again: the usual case must not cost a digest.
    if (current?.credentials === credentials) return;
    const identity = tlsIdentity(credentials);
    if (current?.identity === identity) {
      current.credentials = credentials;
      return;
    }
    if (current !== undefined) retire(current, retired);
    current = start(credentials, identity);
  };
  const overHttp1 = (agent: Http1Route['agent'], message: Message, progress: Progress) =>
    sendOverHttp1({ ...address, agent, onConnection }, message, progress);
  /** Over what is current now: who tries again must not bring back certificates that were rotated in the meantime. */
  const attempt = async (message: Message, kind: ExchangeKind, progress: Progress): Promise<Attempt> => {
    if (current === undefined) throw new Error('the connection was closed by its owner');
    const { http1, http2 } = current;
    const session = await http2.find(message.signal);
    if (session === 'Retired') return 'Stale';
    return session === 'Http1Only' ? overHttp1(http1[kind], message, progress) : session.send(message, progress);
  };

  return {
    exchange: (message, credentials, kind, progress) => {
      const { agent } = credentials;
      // It knows the way through a proxy.
      if (typeof agent === 'object') return exchange(() => overHttp1(agent, message, progress));
      use(credentials);
      return exchange(() => attempt(message, kind, progress));
    },
    close: () => {
      for (const { http1, http2 } of current === undefined ? retired : [current, ...retired]) {
        http2.close();
        for (const agent of Object.values(http1)) agent.destroy();
      }
      current = undefined;
      retired.clear();
    },
  };
}

function addressOf(server: URL): Address {
  // Without the brackets of an IPv6 address.
  const { hostname } = urlToHttpOptions(server);
  return { hostname: hostname ?? server.hostname, port: Number(server.port || 443) };
}

function createAgent(credentials: Credentials, idleFor: Milliseconds, maxSockets: number): Agent {
  const agent = new Agent({
    ...tlsOptionsOf(credentials),
    keepAlive: true,
    keepAliveMsecs: keepAliveProbe,
    maxSockets,
    // Ends a connection only while it is idle: to one in use the agent just reports the silence.
    timeout: idleFor,
  });
  // All its connections go to the same server with the same certificates. By default each request joins all of these to
  // one long key, several kilobytes of it, to find the connections that suit.
  agent.getName = () => 'the API server';
  return agent;
}

/** Ends what is idle now; what is in use ends as soon as it is idle. */
function retire(generation: Generation, retired: Set<Generation>): void {
  for (const old of retired) if (isEmpty(old)) retired.delete(old);
  retired.add(generation);
  generation.http2.retire();
  for (const agent of Object.values(generation.http1)) {
    agent.maxFreeSockets = 0;
    for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
  }
}

const isEmpty = ({ http1, http2 }: Generation): boolean =>
  http2.ended &&
  Object.values(http1).every(
    ({ sockets, freeSockets }) => Object.keys(sockets).length === 0 && Object.keys(freeSockets).length === 0,
  );

function tlsIdentity(credentials: Credentials): string {
  const hash = createHash('sha256');
  for (const name of tlsOptionNames) hash.update(`${name}:${JSON.stringify(credentials[name])}\n`);
  return hash.digest('hex');
}
