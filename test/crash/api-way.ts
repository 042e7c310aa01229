import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { systemClock } from '../../operator/clock.ts';
import { type KubeConfig, loadKubeConfig, serverOf } from '../../operator/kubernetes/kubeconfig.ts';
import { type ClientExchange, listenForClients } from '../integration/kubernetes/client-exchange.ts';
import type { WayOptions } from './cloud-way.ts';
import type { Naming } from './naming.ts';
import type { Seen } from './seen.ts';
import { openUpstream } from './upstream.ts';

/** The way of one process to the real API server, which asks there as the user of the kubeconfig. */
export interface ApiWay extends AsyncDisposable {
  /** Leads here. */
  readonly kubeConfig: KubeConfig;
}

export interface ApiWayOptions extends WayOptions {
  /** Path of the kubeconfig of the API server. */
  readonly kubeconfig: string;
  readonly naming: Naming;
}

export async function openApiWay(options: ApiWayOptions): Promise<ApiWay> {
  const { slot, note, meddle, naming, clock = systemClock } = options;
  const kubeConfig = await loadKubeConfig(options.kubeconfig);
  const upstream = openUpstream(serverOf(kubeConfig), adminOf(kubeConfig));
  const clients = await listenForClients('HTTP/2', (exchange) => {
    void handle(exchange).catch(() => exchange.outgoing.destroy());
  });

  async function handle(exchange: ClientExchange): Promise<void> {
    const { method, url: path } = exchange;
    const body = method === 'GET' ? Buffer.alloc(0) : await buffer(exchange.incoming);
    const parsed = jsonOf(body);
    const seen: Seen = {
      slot,
      at: clock.elapsed(),
      side: 'API server',
      ...naming.nameOf(method, path, parsed),
      writes: method !== 'GET',
      headers: exchange.headers,
      body: parsed,
      fate: 'on its way',
      answer: undefined,
    };
    note(seen);
    const interference = meddle(seen);
    if ((await interference?.before?.()) === 'Drop') {
      seen.fate = 'never forwarded';
      exchange.outgoing.destroy(new Error('cut'));
      return;
    }
    const headers = toForward(exchange);
    const answer = await upstream.forward({ method, path, headers, body }).catch(async (error: Error) => {
      seen.fate = `broken off by the API server (${error.message})`;
      // What is to happen after it happens also when there is no answer.
      await interference?.after?.();
      throw error;
    });
    seen.fate = String(answer.statusCode);
    if (seen.streams) {
      stream(exchange, answer);
      return;
    }
    const content = await buffer(answer);
    if (seen.writes && answer.statusCode === 200) naming.wrote(seen);
    if ((await interference?.after?.()) === 'Cut') {
      seen.fate += ', answer lost';
      exchange.outgoing.destroy(new Error('cut'));
      return;
    }
    if (exchange.outgoing.destroyed) return;
    exchange.begin(answer.statusCode ?? 502, toAnswer(answer.headers));
    exchange.outgoing.end(content);
  }

  const url = `https://127.0.0.1:${clients.port}`;
  const caData = Buffer.from(clients.authority).toString('base64');
  kubeConfig.clusters = kubeConfig.clusters.map((cluster) => ({ ...cluster, server: url, caData }));
  return {
    kubeConfig,
    [Symbol.asyncDispose]: async () => {
      await clients.close();
      upstream.close();
    },
  };
}

const jsonOf = (body: Buffer): unknown => (body.length === 0 ? undefined : JSON.parse(body.toString()));

function adminOf(kubeConfig: KubeConfig) {
  const decode = (data: string | undefined) => Buffer.from(data ?? '', 'base64');
  const user = kubeConfig.getCurrentUser();
  const ca = decode(kubeConfig.getCurrentCluster()?.caData);
  return { ca, cert: decode(user?.certData), key: decode(user?.keyData) };
}

function stream({ begin, outgoing }: ClientExchange, answer: IncomingMessage): void {
  if (outgoing.destroyed) {
    answer.destroy();
    return;
  }
  begin(answer.statusCode ?? 502, toAnswer(answer.headers));
  outgoing.once('close', () => answer.destroy());
  answer.once('error', () => outgoing.destroy());
  answer.pipe(outgoing);
}

/** Without what describes the connection: here it is another one. */
function toForward({ headers }: ClientExchange) {
  const { host: _, connection: __, 'accept-encoding': ___, 'content-length': ____, ...rest } = headers;
  return rest;
}

function toAnswer({ connection, 'content-length': _, 'transfer-encoding': __, ...headers }: OutgoingHttpHeaders) {
  return headers;
}
