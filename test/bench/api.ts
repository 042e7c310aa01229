import { readFile } from 'node:fs/promises';
import type { IncomingMessage } from 'node:http';
import { Agent, request } from 'node:https';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';

export interface Message {
  method?: string;
  /** Sent as JSON. */
  body?: unknown;
  contentType?: string;
}

/**
 * The harness's own way to the API server and to etcd, over kept-alive connections. Not the operator's: a measure must not
 * depend on what it measures.
 */
export interface Api extends Disposable {
  /** Gives the text of the answer. Rejects unless it is a success. */
  send(path: string, message?: Message): Promise<string>;
  /** Calls `onLine` with each line of an answer. Resolves when it ends, or is cut by either side. */
  follow(path: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void>;
}

export interface Identity {
  authority: string;
  certificate: string;
  key: string;
}

/** @param identity paths of PEM files. */
export async function openApi(url: string, { authority, certificate, key }: Identity): Promise<Api> {
  const [ca, cert, secret] = await Promise.all([authority, certificate, key].map((path) => readFile(path)));
  return apiWith(url, new Agent({ keepAlive: true, allowPartialTrustChain: true, ca, cert, key: secret }));
}

/** With PEM texts in place of paths. */
export const openApiWith = (url: string, { authority, certificate, key }: Identity): Api =>
  apiWith(url, new Agent({ keepAlive: true, ca: authority, cert: certificate, key }));

function apiWith(url: string, agent: Agent): Api {
  const open = (path: string, message: Message = {}, signal?: AbortSignal) => {
    const { method = 'GET', body, contentType = 'application/json' } = message;
    const content = body === undefined ? undefined : JSON.stringify(body);
    const headers = content === undefined ? {} : { 'content-type': contentType };
    return new Promise<IncomingMessage>((resolve, reject) => {
      const sent = request(`${url}${path}`, { agent, method, headers, ...(signal ? { signal } : {}) }, resolve).once(
        'error',
        reject,
      );
      sent.end(content);
    });
  };
  const succeeded = async (answer: IncomingMessage, path: string) => {
    const { statusCode = 0 } = answer;
    if (statusCode >= 300) throw new Error(`${path}: ${statusCode}: ${await text(answer)}`);
    return answer;
  };
  return {
    send: async (path, message) => text(await succeeded(await open(path, message), path)),
    follow: async (path, onLine, signal) => {
      // The signal also ends a request that is never answered.
      const answer = await succeeded(await open(path, {}, signal), path);
      // An error comes before the end, which is what counts; the reader of lines passes it on.
      answer.on('error', () => undefined);
      createInterface({ input: answer })
        .on('line', onLine)
        .on('error', () => undefined);
      await new Promise<void>((resolve) => answer.once('close', () => resolve()));
    },
    [Symbol.dispose]: () => agent.destroy(),
  };
}
