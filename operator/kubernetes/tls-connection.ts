import { isIP } from 'node:net';
import { connect, type TLSSocket } from 'node:tls';
import { type Credentials, tlsOptionNames } from './credentials.ts';

/** Where the API server is. */
export interface Address {
  /** Without the brackets of an IPv6 address. */
  readonly hostname: string;
  readonly port: number;
}

/** Makes a TLS connection that is verified and has agreed on a version of HTTP; rejects, and leaves nothing behind, otherwise. */
export function connectTls(
  { hostname: host, port }: Address,
  credentials: Credentials,
  signal: AbortSignal,
): Promise<TLSSocket> {
  const { promise, resolve, reject } = Promise.withResolvers<TLSSocket>();
  const socket = connect({
    // A name to ask for; an address is not one (RFC 6066, section 3).
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...tlsOptionsOf(credentials),
    host,
    port,
    ALPNProtocols: ['h2', 'http/1.1'],
  });
  const abort = () => socket.destroy(signal.reason);
  const settle = () => {
    signal.removeEventListener('abort', abort);
    // A socket that was destroyed can still emit an error; without a listener that would end the process.
    socket
      .off('close', fail)
      .off('error', fail)
      .on('error', () => undefined);
  };
  const fail = (error?: unknown) => {
    settle();
    reject(error instanceof Error ? error : new Error('the connection was closed before it stood'));
  };
  if (signal.aborted) abort();
  else signal.addEventListener('abort', abort, { once: true });
  socket.once('error', fail);
  socket.once('close', fail);
  socket.once('secureConnect', () => {
    settle();
    resolve(socket);
  });
  return promise;
}

/** What TLS needs of the credentials. */
export const tlsOptionsOf = (credentials: Credentials): Pick<Credentials, (typeof tlsOptionNames)[number]> =>
  Object.fromEntries(tlsOptionNames.flatMap((name) => (name in credentials ? [[name, credentials[name]]] : [])));
