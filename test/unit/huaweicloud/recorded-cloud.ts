import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { milliseconds } from '../../../operator/clock.ts';
import { type AccountOptions, type HuaweiAccount, openAccount } from '../../../operator/huaweicloud/account.ts';
import { staticCredentials } from '../../../operator/huaweicloud/credentials.ts';
import { type Service, services } from '../../../operator/huaweicloud/endpoints.ts';
import { openTransport } from '../../../operator/huaweicloud/transport.ts';

export const projectId = '0123456789abcdef0123456789abcdef';
export const domainId = '0a1b2c3d4e5f60718293a4b5c6d7e8f9';
export const accessKey = 'AKEXAMPLE0000000001';
export const secretKey = 'SKexample000000000000000000000000000000002';

/** One request as the server saw it. */
export interface SeenRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly target: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: string;
}

/** What the server does with a request. */
export type Reply =
  | { readonly status?: number; readonly json: unknown; readonly headers?: Readonly<Record<string, string>> }
  | { readonly status?: number; readonly text: string; readonly headers?: Readonly<Record<string, string>> }
  | 'Reset'
  | 'Stall'
  | 'Truncate';

export interface RecordedCloud extends AsyncDisposable {
  readonly address: string;
  readonly requests: SeenRequest[];
  readonly account: HuaweiAccount;
}

/** Answers every request as `reply` says; the account points all of its services at it. */
export async function recordedCloud(
  reply: (request: SeenRequest, index: number) => Reply,
  options: Partial<AccountOptions> = {},
): Promise<RecordedCloud> {
  const requests: SeenRequest[] = [];
  const server = http.createServer(async (incoming, outgoing) => {
    let body = '';
    for await (const chunk of incoming) body += chunk;
    const url = new URL(incoming.url ?? '/', 'http://server');
    const request = {
      method: incoming.method ?? '',
      target: incoming.url ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: incoming.headers,
      body,
    };
    requests.push(request);
    act(outgoing, reply(request, requests.length - 1));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const address = `http://127.0.0.1:${port}`;
  const transport = openTransport();
  const endpoints = Object.fromEntries(services.map((service) => [service, address])) as Record<Service, string>;
  const account = openAccount({
    credentials: staticCredentials({ HUAWEICLOUD_SDK_AK: accessKey, HUAWEICLOUD_SDK_SK: secretKey }).provider,
    region: 'cn-north-4',
    site: 'china',
    projectId,
    domainId,
    endpoints,
    transport,
    deadlines: { attempt: milliseconds(2_000), call: milliseconds(4_000) },
    random: () => 0,
    ...options,
  });
  return {
    address,
    requests,
    account,
    async [Symbol.asyncDispose]() {
      transport.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The usual case: each path (without query) has one answer, and any other request is a fault of the test. */
export function byPath(answers: Readonly<Record<string, unknown>>): (request: SeenRequest) => Reply {
  return ({ method, path }) => {
    const key = `${method} ${path}`;
    return key in answers ? { json: answers[key] } : { status: 599, json: { error_code: 'TEST', error_msg: key } };
  };
}

function act(outgoing: http.ServerResponse, reply: Reply): void {
  if (reply === 'Stall') return;
  if (reply === 'Reset') {
    outgoing.socket?.resetAndDestroy();
    return;
  }
  if (reply === 'Truncate') {
    outgoing.writeHead(200, { 'content-type': 'application/json', 'content-length': '1000' });
    outgoing.write('{"order_ids":["CS1"]', () => outgoing.socket?.destroy());
    return;
  }
  const body = 'json' in reply ? JSON.stringify(reply.json) : reply.text;
  outgoing.writeHead(reply.status ?? 200, { 'content-type': 'application/json', ...reply.headers });
  outgoing.end(body);
}
