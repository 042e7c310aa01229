import { createHash } from 'node:crypto';
import { Agent } from 'node:https';
import { type Milliseconds, seconds } from '../clock.ts';
import { type Credentials, tlsOptionNames } from './credentials.ts';

export interface ConnectionPool {
  /** The kept-alive TLS connections for these credentials: few for requests, and for streams as many as there are. */
  agentFor(credentials: Credentials, kind: 'Request' | 'Stream'): Agent;
  /** Cuts every connection, also those in use. */
  close(): void;
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
  readonly agents: Readonly<Record<'Request' | 'Stream', Agent>>;
}

/** A pool that starts afresh when certificates rotate; requests under way finish on the connections they have. */
export function createConnectionPool(idleFor: Milliseconds = usualIdleTime): ConnectionPool {
  let current: (Generation & { credentials: Credentials }) | undefined;
  const retired = new Set<Agent>();

  const start = (credentials: Credentials, identity: string): Generation => {
    for (const agent of Object.values(current?.agents ?? {})) retire(agent, retired);
    const agents = {
      Request: createAgent(credentials, idleFor, maxConnections),
      Stream: createAgent(credentials, idleFor, Number.POSITIVE_INFINITY),
    };
    return { identity, agents };
  };

  return {
    agentFor: (credentials, kind) => {
      // The same object until credentials are read again: the usual case must not cost a digest.
      if (current?.credentials === credentials) return current.agents[kind];
      const identity = tlsIdentity(credentials);
      const generation = current?.identity === identity ? current : start(credentials, identity);
      current = { ...generation, credentials };
      return current.agents[kind];
    },
    close: () => {
      for (const agent of [...Object.values(current?.agents ?? {}), ...retired]) agent.destroy();
      current = undefined;
      retired.clear();
    },
  };
}

function createAgent(credentials: Credentials, idleFor: Milliseconds, maxSockets: number): Agent {
  const tls = Object.fromEntries(tlsOptionNames.map((name) => [name, credentials[name]]));
  const agent = new Agent({
    ...tls,
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

/** Ends what is idle now; what is in use becomes idle in this agent and ends there. */
function retire(agent: Agent, retired: Set<Agent>): void {
  for (const old of retired) if (isEmpty(old)) retired.delete(old);
  retired.add(agent);
  // What is in use now ends as soon as it is idle.
  agent.maxFreeSockets = 0;
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

const isEmpty = (agent: Agent): boolean =>
  Object.keys(agent.sockets).length === 0 && Object.keys(agent.freeSockets).length === 0;

function tlsIdentity(credentials: Credentials): string {
  const hash = createHash('sha256');
  for (const name of tlsOptionNames) hash.update(`${name}:${JSON.stringify(credentials[name])}\n`);
  return hash.digest('hex');
}
