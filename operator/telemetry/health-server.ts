import { createServer } from 'node:http';
import type { Registry } from 'prom-client';
import type { Health } from './health.ts';
import { answersOf } from './health-answers.ts';
import type { Logger } from './log.ts';

export interface HealthServerOptions {
  /** `host:port` to listen on; port 0 takes a free one. */
  address: string;
  health: Health;
  registry: Registry;
  log: Logger;
}

export interface HealthServer {
  /** The port that it listens on. */
  readonly port: number;
  /** Ends it, and the connections to it. */
  close(): void;
}

/** Serves the probes, the metrics and the state; resolves when it listens. */
export async function serveHealth({ address, health, registry, log }: HealthServerOptions): Promise<HealthServer> {
  const [host, port] = [
    address.slice(0, address.lastIndexOf(':')),
    Number(address.slice(address.lastIndexOf(':') + 1)),
  ];
  const answerTo = answersOf(health, registry, log);
  const server = createServer(async ({ method = '', url = '', socket }, response) => {
    const { status, body, headers } = await answerTo({ method, url, client: socket.remoteAddress });
    // Of a HEAD, Node sends no body.
    response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
  });
  // A client that hangs must not keep a connection for ever.
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  const bound = server.address();
  return {
    port: typeof bound === 'object' && bound !== null ? bound.port : port,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
