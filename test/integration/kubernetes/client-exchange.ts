import { once } from 'node:events';
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from 'node:http';
import { createSecureServer, type IncomingHttpHeaders as Http2Headers, type ServerHttp2Stream } from 'node:http2';
import { createServer } from 'node:https';
import type { Socket } from 'node:net';
import type { Readable, Writable } from 'node:stream';
import { seconds } from '../../../operator/clock.ts';
import { issueLoopbackCertificate } from '../../cluster/certificates.ts';

export type HttpVersion = 'HTTP/1.1' | 'HTTP/2';

/** A request of a client and the answer to it, whichever HTTP it speaks. */
export interface ClientExchange {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingHttpHeaders;
  readonly incoming: Readable;
  readonly outgoing: Writable;
  /** Sends the head of the answer. */
  begin(status: number, headers: OutgoingHttpHeaders): void;
  /** Breaks the answer off, after what was written: the connection of HTTP/1.1, the stream of HTTP/2. */
  cut(): void;
}

/** A TLS server with an authority of its own, that speaks one version of HTTP only. */
export interface ClientSide {
  /** PEM. */
  readonly authority: string;
  readonly port: number;
  readonly connections: number;
  /** Cuts all connections. */
  cut(): void;
  close(): Promise<void>;
}

export async function listenForClients(
  http: HttpVersion,
  handle: (exchange: ClientExchange) => void,
): Promise<ClientSide> {
  const { authority, certificate: cert, key } = await issueLoopbackCertificate('fault proxy');
  const identity = { cert, key };
  const server = http === 'HTTP/2' ? listenHttp2(identity, handle) : listenHttp1(identity, handle);
  const sockets = new Set<Socket>();
  server.on('secureConnection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    authority,
    port: address.port,
    get connections() {
      return sockets.size;
    },
    cut,
    close: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

interface Identity {
  cert: string;
  key: string;
}

function listenHttp1(identity: Identity, handle: (exchange: ClientExchange) => void) {
  const server = createServer(identity, (incoming, response) =>
    handle({
      method: incoming.method ?? 'GET',
      url: incoming.url ?? '/',
      headers: incoming.headers,
      incoming,
      outgoing: response,
      begin: (status, headers) => response.writeHead(status, headers).flushHeaders(),
      cut: () => response.socket?.end(() => response.destroy()),
    }),
  );
  // As the API server: Node's five seconds would end, unseen, what a client forgets to end.
  server.keepAliveTimeout = seconds(90);
  return server;
}

function listenHttp2(identity: Identity, handle: (exchange: ClientExchange) => void) {
  const server = createSecureServer(identity);
  server.on('session', (session) => session.on('error', () => undefined));
  server.on('stream', (stream: ServerHttp2Stream, { ':method': method, ':path': url, ...rest }: Http2Headers) => {
    stream.on('error', () => undefined);
    handle({
      method: method ?? 'GET',
      url: url ?? '/',
      headers: Object.fromEntries(Object.entries(rest).filter(([name]) => !name.startsWith(':'))),
      incoming: stream,
      outgoing: stream,
      begin: (status, headers) => stream.respond({ ':status': status, ...headers }),
      cut: () => stream.destroy(new Error('cut')),
    });
  });
  return server;
}
