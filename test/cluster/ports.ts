import { once } from 'node:events';
import { createServer, type Server } from 'node:net';

/** The loopback ports of one control plane. */
export interface Ports {
  readonly etcd: number;
  readonly etcdPeer: number;
  readonly apiServer: number;
}

/** Finds free ports for a control plane. */
export async function findPorts(): Promise<Ports> {
  const [etcd = 0, etcdPeer = 0, apiServer = 0] = await freePorts(3);
  return { etcd, etcdPeer, apiServer };
}

/**
 * Finds as many free ports. Another process may take one before it is used, so whoever uses them has to be ready to start
 * again with others.
 */
export async function freePorts(count: number): Promise<number[]> {
  // All are held at once, so they differ.
  const servers = await Promise.all(Array.from({ length: count }, listen));
  const ports = servers.map(portOf);
  await Promise.all(servers.map((server) => once(server.close(), 'close')));
  return ports;
}

async function listen(): Promise<Server> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the loopback address gave no port');
  return address.port;
}
