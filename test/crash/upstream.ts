import { once } from 'node:events';
import { Agent as HttpAgent, type IncomingHttpHeaders, type IncomingMessage, request as startHttp } from 'node:http';
import { Agent as HttpsAgent, request as startHttps } from 'node:https';

export interface Forwarded {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Passes requests on to a server. */
export interface Upstream {
  /** Resolves with the head of the answer; rejects when there is none. The request goes on when the client dies. */
  forward(request: Forwarded): Promise<IncomingMessage>;
  close(): void;
}

export interface UpstreamTls {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
}

export function openUpstream(target: URL, tls?: UpstreamTls): Upstream {
  // The simulated cloud ends connections that are idle for five seconds, also when the next request is on its way already.
  const agent = tls === undefined ? new HttpAgent() : new HttpsAgent({ keepAlive: true, ...tls });
  const start = tls === undefined ? startHttp : startHttps;
  return {
    forward: async ({ method, path, headers, body }) => {
      const { hostname, port } = target;
      const request = start({ hostname, port, method, path, headers, agent });
      request.on('error', () => undefined);
      request.end(body);
      const [answer]: IncomingMessage[] = await once(request, 'response');
      if (answer === undefined) throw new Error('no answer came');
      // A connection that breaks later is told by the reading of the body.
      answer.on('error', () => undefined);
      return answer;
    },
    close: () => agent.destroy(),
  };
}
