import { createHash } from 'node:crypto';
import { Agent } from 'node:https';
import { type Milliseconds, seconds } from '../clock.ts';
import { type Credentials, tlsOptionNames } from './credentials.ts';

export interface ConnectionPool {
  /** The kept-alive TLS connections for these credentials. */
  agentFor(credentials: Credentials): Agent;
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
/** More requests than this wait in line: no server gets faster from more. */
const maxConnections = 32;

/** A pool that starts afresh when certificates rotate; requests under way finish on the connections they have. */
export function createConnectionPool(idleFor: Milliseconds = usualIdleTime): ConnectionPool {
  let current: { agent: Agent; identity: string; credentials: Credentials } | undefined;
  const retired = new Set<Agent>();

  const start = (credentials: Credentials, identity: string) => {
    if (current !== undefined) retire(current.agent, retired);
    return { agent: createAgent(credentials, idleFor), identity, credentials };
  };

  return {
    agentFor: (credentials) => {
      // The same object until credentials are read again: the usual case must not cost a digest.
      if (current?.credentials === credentials) return current.agent;
      const identity = tlsIdentity(credentials);
      current = current?.identity === identity ? { ...current, credentials } : start(credentials, identity);
      return current.agent;
    },
    close: () => {
      current?.agent.destroy();
      for (const agent of retired) agent.destroy();
      current = undefined;
      retired.clear();
    },
  };
}

function createAgent(credentials: Credentials, idleFor: Milliseconds): Agent {
  const tls = Object.fromEntries(tlsOptionNames.map((name) => [name, credentials[name]]));
  return new Agent({
    ...tls,
    keepAlive: true,
    keepAliveMsecs: keepAliveProbe,
    maxSockets: maxConnections,
    // Ends a connection only while it is idle: to one in use the agent just reports the silence.
    timeout: idleFor,
  });
}

/** Ends what is idle now; what is in use becomes idle in this agent and ends there. */
function retire(agent: Agent, retired: Set<Agent>): void {
  for (const old of retired) if (isEmpty(old)) retired.delete(old);
  retired.add(agent);
  for (const sockets of Object.values(agent.freeSockets)) for (const socket of sockets ?? []) socket.destroy();
}

const isEmpty = (agent: Agent): boolean =>
  Object.keys(agent.sockets).length === 0 && Object.keys(agent.freeSockets).length === 0;

function tlsIdentity(credentials: Credentials): string {
  const hash = createHash('sha256');
  for (const name of tlsOptionNames) hash.update(`${name}:${JSON.stringify(credentials[name])}\n`);
  return hash.digest('hex');
}
