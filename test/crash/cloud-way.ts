import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { type Clock, systemClock } from '../../operator/clock.ts';
import { router } from '../huaweicloud/operations.ts';
import { operations } from '../huaweicloud/services/services.ts';
import type { Meddle, Seen, SlotName } from './seen.ts';
import { openUpstream } from './upstream.ts';

/** The way of one process to the simulated cloud. Signatures hold: it passes the name of the host on. */
export interface CloudWay extends AsyncDisposable {
  readonly url: string;
}

export interface WayOptions {
  readonly slot: SlotName;
  readonly note: (seen: Seen) => void;
  readonly meddle: Meddle;
  readonly clock?: Clock;
}

const route = router(operations);

export async function openCloudWay(cloudUrl: string, options: WayOptions): Promise<CloudWay> {
  const { slot, note, meddle, clock = systemClock } = options;
  const upstream = openUpstream(new URL(cloudUrl));
  const server = createServer((incoming, response) => {
    void handle(incoming, response).catch(() => response.socket?.destroy());
  });

  async function handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = 'GET', url: path = '/', headers } = incoming;
    const body = await buffer(incoming);
    const operation = route(method, path.split('?')[0] ?? '/')?.operation;
    const seen: Seen = {
      slot,
      at: clock.elapsed(),
      side: 'cloud',
      name: operation?.name ?? path,
      object: undefined,
      writes: operation?.writes === true,
      streams: false,
      headers,
      body: operation?.writes === true ? JSON.parse(body.toString()) : undefined,
      fate: 'on its way',
      answer: undefined,
    };
    note(seen);
    const interference = meddle(seen);
    if ((await interference?.before?.()) === 'Drop') {
      seen.fate = 'never forwarded';
      response.socket?.destroy();
      return;
    }
    const answer = await upstream.forward({ method, path, headers, body }).catch(async (error: Error) => {
      seen.fate = `broken off by the cloud (${error.message})`;
      // What is to happen after it happens also when there is no answer.
      await interference?.after?.();
      throw error;
    });
    const content = await buffer(answer);
    seen.fate = String(answer.statusCode);
    if (seen.writes) seen.answer = parsed(content);
    if ((await interference?.after?.()) === 'Cut') {
      seen.fate += ', answer lost';
      response.socket?.destroy();
      return;
    }
    response.sendDate = false;
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    response.end(content);
  }

  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('the way has no port');
  return {
    url: `http://127.0.0.1:${address.port}`,
    [Symbol.asyncDispose]: async () => {
      server.close();
      server.closeAllConnections();
      upstream.close();
      await once(server, 'close');
    },
  };
}

function parsed(content: Buffer): unknown {
  try {
    return JSON.parse(content.toString());
  } catch {
    return content.toString();
  }
}
