import { once } from 'node:events';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { Agent, request as startRequest } from 'node:https';
import { setImmediate } from 'node:timers/promises';
import { inject } from 'vitest';
import { type Clock, type Milliseconds, systemClock } from '../../../operator/clock.ts';
import { type KubeConfig, loadKubeConfig, serverOf } from '../../../operator/kubernetes/kubeconfig.ts';
import { type ClientExchange, type HttpVersion, listenForClients } from './client-exchange.ts';
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

export interface FaultProxyOptions {
  clock?: Clock;
  /** Path of the kubeconfig of the API server; as its user it asks when a request carries no token. */
  kubeconfig?: string;
  /** What it speaks with clients: nothing else. */
  http?: HttpVersion;
}

/** Starts a proxy before an API server. */
export async function startFaultProxy(options: FaultProxyOptions = {}): Promise<FaultProxy> {
  const { clock = systemClock, kubeconfig = inject('kubeconfig'), http = 'HTTP/2' } = options;
  const kubeConfig = await loadKubeConfig(kubeconfig);
  const upstream = openUpstream(kubeConfig);
  const clients = await listenForClients(http, (exchange) => {
    void handle(exchange).catch(() => exchange.outgoing.destroy());
  });
  const url = `https://127.0.0.1:${clients.port}`;
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
  const handle = async (exchange: ClientExchange): Promise<void> => {
    const { pathname, searchParams } = new URL(exchange.url, url);
    const kind = kindOf(exchange, searchParams);
    const request = { kind, path: pathname, query: searchParams, at: clock.elapsed(), damaged: false };
    requests.push(request);
    const fault = nextFault(request) ?? {};
    const instead = await fault.instead?.();
    if (instead !== undefined) {
      request.damaged = true;
      answer(exchange, instead);
      return;
    }
    // The client has given up meanwhile.
    if (exchange.outgoing.destroyed) return;
    if (request.kind === 'List' && proxy.pageSize !== undefined) searchParams.set('limit', String(proxy.pageSize));
    const target = searchParams.size === 0 ? pathname : `${pathname}?${searchParams}`;
    await pass(await upstream.forward(exchange, target), exchange, fault, request);
  };

  const proxy: FaultProxy = {
    server: url,
    authority: clients.authority,
    kubeConfig: leadTo(kubeConfig, url, clients.authority),
    requests,
    get connections() {
      return clients.connections;
    },
    inject: (where, fault, times = 1) => {
      const injection = { where, fault, left: times, met: [] };
      injections.push(injection);
      return injection.met;
    },
    faultFor: () => undefined,
    pageSize: undefined,
    streaming: true,
    cut: clients.cut,
    [Symbol.asyncDispose]: async () => {
      await clients.close();
      upstream.close();
    },
  };
  return proxy;
}

function kindOf({ method, url }: ClientExchange, query: URLSearchParams): RequestKind {
  if (method !== 'GET') return 'Write';
  if (query.get('watch') === 'true') return query.get('sendInitialEvents') === 'true' ? 'Stream' : 'Watch';
  return /\/widgets(\?|$)/.test(url) ? 'List' : 'Get';
}

function answer({ outgoing, begin }: ClientExchange, instead: Answer | 'Cut' | 'Stall'): void {
  if (instead === 'Stall') return;
  if (instead === 'Cut') {
    outgoing.destroy(new Error('cut'));
    return;
  }
  begin(instead.status, instead.headers ?? {});
  outgoing.end(instead.body);
}

/** Gives the client the API server's answer, as far as the fault allows. */
async function pass(received: IncomingMessage, exchange: ClientExchange, fault: Fault, request: ProxiedRequest) {
  const { outgoing, begin, cut } = exchange;
  begin(received.statusCode ?? 502, headersToPass(received.headers));
  request.damaged = fault.throughout ?? false;
  // One listener for the whole answer, and not `once`, which rejects for an error that nobody waits for.
  const closed = new Promise((resolve) => outgoing.once('close', resolve));
  const body: AsyncIterable<Piece> = fault.during?.(received) ?? received;
  for await (const piece of body) {
    if (outgoing.destroyed) return;
    if (piece === 'Stall' || piece === 'Cut') {
      request.damaged = true;
      // What was said before has to be on its way.
      await setImmediate();
      if (piece === 'Cut') cut();
      return;
    }
    if (!outgoing.write(piece)) await Promise.race([once(outgoing, 'drain'), closed]);
  }
  if (fault.during !== undefined) request.damaged = true;
  outgoing.end();
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
    forward: async (exchange: ClientExchange, path: string): Promise<IncomingMessage> => {
      const { method, incoming, outgoing } = exchange;
      // Without compression: faults are about lines.
      const { host: _, connection: __, 'accept-encoding': ___, ...headers } = exchange.headers;
      const agent = headers.authorization === undefined ? agents.admin : agents.token;
      const request = startRequest({ hostname, port, path, method, headers, agent });
      request.on('error', () => undefined);
      outgoing.once('close', () => request.destroy());
      incoming.pipe(request);
      const [answer] = await once(request, 'response');
      return answer;
    },
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy();
    },
  };
}
