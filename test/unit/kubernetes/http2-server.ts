import { once } from 'node:events';
import {
  createSecureServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Socket } from 'node:net';
import { issueLoopbackCertificate } from '../../cluster/certificates.ts';

/** A server on loopback that speaks HTTP/2 only, down to the frames. */
export interface Http2Server extends AsyncDisposable {
  readonly url: URL;
  /** The authority that a client must trust. */
  readonly ca: string;
  /** What it does with the next requests. */
  answer: (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;
  /** Its connections, in the order in which they came; those that have ended too. */
  readonly connections: readonly ServerHttp2Session[];
  /** Stops to read from all connections, and to answer on them, without a word. */
  freeze(): void;
}

export async function startHttp2Server(settings: { maxConcurrentStreams?: number } = {}): Promise<Http2Server> {
  const { authority, certificate: cert, key } = await issueLoopbackCertificate('server of a test');
  const server = createSecureServer({ cert, key, settings });
  const connections: ServerHttp2Session[] = [];
  const sockets: Socket[] = [];
  server.on('connection', (socket: Socket) => sockets.push(socket));
  server.on('session', (session) => {
    session.on('error', () => undefined);
    connections.push(session);
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', () => undefined);
    started.answer(stream, headers);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  const started: Http2Server = {
    url: new URL(`https://127.0.0.1:${address.port}`),
    ca: authority,
    answer: ok,
    connections,
    freeze: () => {
      for (const socket of sockets) socket.pause();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
  return started;
}

export const ok = (stream: ServerHttp2Stream): void => {
  stream.respond({ ':status': 200 });
  stream.end('ok');
};
