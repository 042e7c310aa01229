import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { type Clock, type Milliseconds, systemClock } from '../../operator/clock.ts';
import { control, isControlPath } from './control/control.ts';
import { type CallCounts, dispatch, type Outcome, type Parts } from './dispatch.ts';
import { type Faults, faults } from './faults.ts';
import { gateway } from './gateway.ts';
import { router } from './operations.ts';
import { operations } from './services/services.ts';
import { defaultSettings, type Settings } from './settings.ts';
import type { ReceivedRequest } from './signature.ts';
import type { World } from './world/world.ts';

export interface HuaweiCloudOptions {
  /** The world to start with; the cloud changes it in place. See seed.ts for builders. */
  readonly world: World;
  readonly settings?: Partial<Settings>;
  readonly clock?: Clock;
  /** Port on 127.0.0.1; a free one by default. */
  readonly port?: number;
  /** How many more addresses to serve all of it at: the real cloud has one for each service, and clients limit connections to each. */
  readonly moreAddresses?: number;
  /** Told of each answer that is sent. */
  readonly onAnswer?: (answer: SentAnswer) => void;
}

/** An answer, by how long it took and how long its body is; the times are those of `clock.elapsed`. */
export interface SentAnswer {
  readonly askedAt: Milliseconds;
  readonly sentAt: Milliseconds;
  readonly bytes: number;
}

export interface HuaweiCloud {
  /** Base address of every service: their paths do not collide. */
  readonly url: string;
  /** All base addresses, `url` first. */
  readonly urls: readonly string[];
  readonly world: World;
  readonly faults: Faults;
  readonly counts: CallCounts;
  readonly settings: Settings;
  /** Ends every connection, also those that wait for an answer. */
  stop(): Promise<void>;
}

const MAX_BODY = 1_048_576;

/** Starts a simulated Huawei Cloud on 127.0.0.1. It runs until `stop`. */
export async function startHuaweiCloud(options: HuaweiCloudOptions): Promise<HuaweiCloud> {
  const { world, clock = systemClock, onAnswer = () => {} } = options;
  const settings = { ...defaultSettings, ...options.settings };
  const stopping = new AbortController();
  const parts: Parts = {
    world,
    settings,
    clock,
    route: router(operations),
    gateway: gateway(world, settings, clock),
    faults: faults(world, settings, clock),
    counts: {},
    stopping: stopping.signal,
  };
  const servers = Array.from({ length: 1 + (options.moreAddresses ?? 0) }, () =>
    createServer((request, response) => {
      const askedAt = clock.elapsed();
      void serve(parts, request, response).then((bytes) => {
        if (bytes !== undefined) onAnswer({ askedAt, sentAt: clock.elapsed(), bytes });
      });
    }),
  );
  const urls = await Promise.all(servers.map((server, index) => listen(server, index === 0 ? (options.port ?? 0) : 0)));
  const stop = async () => {
    stopping.abort(new Error('the simulated cloud was stopped'));
    await Promise.all(servers.map(close));
  };
  const [url = ''] = urls;
  return { url, urls, world, faults: parts.faults, counts: parts.counts, settings, stop };
}

const close = (server: Server) =>
  new Promise<void>((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

function listen(server: Server, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      if (address === null || typeof address === 'string') reject(new Error('the server has no port'));
      else resolve(`http://127.0.0.1:${address.port}`);
    });
  });
}

/** Gives the length of the body that was sent; undefined when there was no answer. */
async function serve(parts: Parts, request: IncomingMessage, response: ServerResponse): Promise<number | undefined> {
  try {
    const received = await receive(request);
    const outcome = isControlPath(received.path) ? control(parts, received) : await dispatch(parts, received);
    return send(parts, response, outcome);
  } catch (error) {
    if (parts.stopping.aborted) return undefined;
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return send(parts, response, {
      kind: 'answer',
      requestId: 'none',
      answer: { status: error instanceof URIError ? 400 : 500, body: { error_code: 'SIMULATOR', error_msg: message } },
    });
  }
}

async function receive(request: IncomingMessage): Promise<ReceivedRequest> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request) {
    chunks.push(chunk);
    size += chunk.length;
    if (size > MAX_BODY) throw new Error(`the body is larger than ${MAX_BODY} bytes`);
  }
  const [path = '/', ...query] = (request.url ?? '/').split('?');
  const headers = Object.entries(request.headers).map(([name, value]) => [name, value?.toString()]);
  return {
    method: request.method ?? 'GET',
    path,
    query: query.join('?'),
    headers: Object.fromEntries(headers),
    body: Buffer.concat(chunks),
  };
}

function send(parts: Parts, response: ServerResponse, outcome: Outcome): number | undefined {
  switch (outcome.kind) {
    case 'silence':
      return undefined;
    case 'reset':
      response.socket?.resetAndDestroy();
      return undefined;
    default:
      return write(parts, response, outcome);
  }
}

function write(parts: Parts, response: ServerResponse, outcome: Extract<Outcome, { requestId: string }>): number {
  const { status, body, headers } = outcome.answer;
  const text = outcome.answer.text ?? (body === undefined ? '' : JSON.stringify(body));
  const half = text.slice(0, Math.ceil(text.length / 2));
  const sent = outcome.kind === 'answer' ? text : half;
  response.sendDate = false;
  response.writeHead(status, {
    Date: parts.clock.now().toUTCString(),
    'X-Request-Id': outcome.requestId,
    ...(text === '' ? {} : { 'Content-Type': body === undefined ? 'text/plain' : 'application/json' }),
    ...(status === 204 ? {} : { 'Content-Length': Buffer.byteLength(outcome.kind === 'truncated' ? text : sent) }),
    ...headers,
  });
  if (outcome.kind === 'truncated') response.write(sent, () => response.socket?.destroy());
  else response.end(sent);
  return Buffer.byteLength(sent);
}
