import { once } from 'node:events';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import { issueLoopbackCertificate } from '../../cluster/certificates.ts';

/** A TLS server on loopback for tests of the transport below everything that is Kubernetes. */
export interface HttpsServer {
  readonly port: number;
  /** The authority that a client must trust. */
  readonly ca: string;
  /** What it does with the next requests. */
  answer: (request: IncomingMessage, response: ServerResponse) => void;
  /** How many connections are open. */
  connections(): Promise<number>;
  close(): void;
}

export async function startHttpsServer(): Promise<HttpsServer> {
  const { authority, certificate: cert, key } = await issueLoopbackCertificate('server of a test');
  const server = createServer({ cert, key }, (incoming, response) => started.answer(incoming, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const { port } = address;
  const started: HttpsServer = {
    port,
    ca: authority,
    answer: ok,
    connections: () =>
      new Promise((resolve, reject) => {
        server.getConnections((error, count) => (error === null ? resolve(count) : reject(error)));
      }),
    close: () => server.close(),
  };
  return started;
}

export const ok = (_: IncomingMessage, response: ServerResponse) => response.end('ok');
export const hangUp = ({ socket }: IncomingMessage) => socket.destroy();
