import { once } from 'node:events';
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { Agent, createServer, request as startRequest } from 'node:https';
import type { Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { inject } from 'vitest';
import { type Clock, type Milliseconds, seconds, systemClock } from '../../../operator/clock.ts';
import { type KubeConfig, loadKubeConfig, serverOf } from '../../../operator/kubernetes/kubeconfig.ts';
import { createAuthority, issueCertificate } from '../../cluster/certificates.ts';
import { type Answer, type Fault, type Piece, streamingRefused } from './faults.ts';

/** `Stream` is a list that is asked for as a watch (`sendInitialEvents`). */
export type RequestKind = 'List' | 'Stream' | 'Watch' | 'Get' | 'Write';

/** A request that came to the proxy. */
export interface ProxiedRequest {
  readonly kind: RequestKind;
  readonly path: string;
  readonly query: URLSearchParams;
  /** When it came, by the proxy's clock. */
  readonly at: Milliseconds;
  /** Whether its fault has happened. False for a request without one. */
  damaged: boolean;
}

/** Stands between a client and the real API server, ends TLS with an authority of its own, and does harm on demand. */
export interface FaultProxy extends AsyncDisposable {
  readonly server: string;
  /** PEM: whom clients must trust. */
  readonly authority: string;
  /** A kubeconfig that leads here; it carries the admin's certificate, which the proxy does not ask for. */
  readonly kubeConfig: KubeConfig;
  /** In the order in which they came. */
  readonly requests: readonly ProxiedRequest[];
  /** How many connections of clients are open. */
  readonly connections: number;
  /** Does `fault` to the next `times` requests for which `where` says yes; gives those that met it so far. */
  inject(where: (request: ProxiedRequest) => boolean, fault: Fault, times?: number): readonly ProxiedRequest[];
  /** Asked for the fault of each request that no injected one is for. */
  faultFor: (request: ProxiedRequest) => Fault | undefined;
  /** Makes the real API server page, also with few objects. */
  pageSize: number | undefined;
  /** Whether lists may be streamed. If not, it answers as an API server without that feature. */
  streaming: boolean;
  /** Cuts all connections. */
  cut(): void;
}

interface Injection {
  readonly where: (request: ProxiedRequest) => boolean;
  readonly fault: Fault;
  left: number;
  readonly met: ProxiedRequest[];
}

/** Starts a proxy before the API server of `kubeConfig`, as whose user it asks when a request carries no token. */
export async function startFaultProxy(clock: Clock = systemClock, kubeconfig?: string): Promise<FaultProxy> {
  const kubeConfig = await loadKubeConfig(kubeconfig ?? inject('kubeconfig'));
  const upstream = openUpstream(kubeConfig);
  const { authority, server, sockets, port } = await listen((incoming, response) => {
    void handle(incoming, response).catch(() => response.destroy());
  });
  const url = `https://127.0.0.1:${port}`;
  const injections: Injection[] = [];
  const requests: ProxiedRequest[] = [];

  const nextFault = (request: ProxiedRequest): Fault | undefined => {
    if (request.kind === 'Stream' && !proxy.streaming) return streamingRefused;
    const injection = injections.find(({ where, left }) => left > 0 && where(request));
    if (injection === undefined) return proxy.faultFor(request);
    injection.left -= 1;
    injection.met.push(request);
    return injection.fault;
  };
  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(incoming.url ?? '/', url);
    const kind = kindOf(incoming, searchParams);
    const request = { kind, path: pathname, query: searchParams, at: clock.elapsed(), damaged: false };
    requests.push(request);
    const fault = nextFault(request) ?? {};
    const instead = await fault.instead?.();
    if (instead !== undefined) {
      request.damaged = true;
      answer(response, instead);
      return;
    }
    // The client has given up meanwhile.
    if (response.destroyed) return;
    if (request.kind === 'List' && proxy.pageSize !== undefined) searchParams.set('limit', String(proxy.pageSize));
    const target = searchParams.size === 0 ? pathname : `${pathname}?${searchParams}`;
    await pass(await upstream.forward(incoming, response, target), response, fault, request);
  };

  const proxy: FaultProxy = {
    server: url,
    authority,
    kubeConfig: leadTo(kubeConfig, url, authority),
    requests,
    get connections() {
      return sockets.size;
    },
    inject: (where, fault, times = 1) => {
      const injection = { where, fault, left: times, met: [] };
      injections.push(injection);
      return injection.met;
    },
    faultFor: () => undefined,
    pageSize: undefined,
    streaming: true,
    cut: () => server.closeAllConnections(),
    [Symbol.asyncDispose]: async () => {
      proxy.cut();
      server.close();
      await once(server, 'close');
      upstream.close();
    },
  };
  return proxy;
}

function kindOf({ method, url = '' }: IncomingMessage, query: URLSearchParams): RequestKind {
  if (method !== 'GET') return 'Write';
  if (query.get('watch') === 'true') return query.get('sendInitialEvents') === 'true' ? 'Stream' : 'Watch';
  return /\/widgets(\?|$)/.test(url) ? 'List' : 'Get';
}

function answer(response: ServerResponse, instead: Answer | 'Cut' | 'Stall'): void {
  if (instead === 'Cut') response.destroy();
  else if (instead !== 'Stall') response.writeHead(instead.status, instead.headers).end(instead.body);
}

/** Gives the client the API server's answer, as far as the fault allows. */
async function pass(received: IncomingMessage, response: ServerResponse, fault: Fault, request: ProxiedRequest) {
  response.writeHead(received.statusCode ?? 502, headersToPass(received.headers));
  response.flushHeaders();
  request.damaged = fault.throughout ?? false;
  // Once for the whole answer: each `once` is a listener that stays until its event.
  const closed = once(response, 'close');
  const body: AsyncIterable<Piece> = fault.during?.(received) ?? received;
  for await (const piece of body) {
    if (response.destroyed) return;
    if (piece === 'Stall' || piece === 'Cut') {
      request.damaged = true;
      // What was said before has to be on its way.
      await setImmediate();
      if (piece === 'Cut') response.socket?.end(() => response.destroy());
      return;
    }
    if (!response.write(piece)) await Promise.race([once(response, 'drain'), closed]);
  }
  if (fault.during !== undefined) request.damaged = true;
  response.end();
}

/** All but what describes the way of the body: here it goes another way. */
function headersToPass({ connection, 'content-length': _, 'transfer-encoding': __, ...headers }: OutgoingHttpHeaders) {
  return headers;
}

function leadTo(kubeConfig: KubeConfig, server: string, authority: string): KubeConfig {
  const caData = Buffer.from(authority).toString('base64');
  kubeConfig.clusters = kubeConfig.clusters.map((cluster) => ({ ...cluster, server, caData }));
  return kubeConfig;
}

/** Reads all that it needs of the kubeconfig at once. */
function openUpstream(kubeConfig: KubeConfig) {
  const { hostname, port } = serverOf(kubeConfig);
  const decode = (data: string | undefined) => Buffer.from(data ?? '', 'base64');
  const ca = decode(kubeConfig.getCurrentCluster()?.caData);
  const user = kubeConfig.getCurrentUser();
  const agents = {
    token: new Agent({ ca, keepAlive: true }),
    admin: new Agent({ ca, keepAlive: true, cert: decode(user?.certData), key: decode(user?.keyData) }),
  };
  return {
    forward: async (incoming: IncomingMessage, response: ServerResponse, path: string): Promise<IncomingMessage> => {
      // Without compression: faults are about lines.
      const { host: _, connection: __, 'accept-encoding': ___, ...headers } = incoming.headers;
      const agent = headers.authorization === undefined ? agents.admin : agents.token;
      const request = startRequest({ hostname, port, path, method: incoming.method, headers, agent });
      request.on('error', () => undefined);
      response.once('close', () => request.destroy());
      incoming.pipe(request);
      const [answer] = await once(request, 'response');
      return answer;
    },
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}

async function listen(handle: (incoming: IncomingMessage, response: ServerResponse) => void) {
  const { certificate: authority, key } = await createAuthority('authority of the fault proxy');
  const subject = { commonName: 'fault proxy', usage: 'server', hosts: [{ type: 'ip', value: '127.0.0.1' }] } as const;
  const own = await issueCertificate({ certificate: authority, key }, subject);
  const server = createServer({ cert: own.certificate, key: own.key }, handle);
  // As the API server: Node's five seconds would end, unseen, what a client forgets to end.
  server.keepAliveTimeout = seconds(90);
  const sockets = new Set<Socket>();
  server.on('secureConnection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  return { authority, server, sockets, port: address.port };
}
