import { createServer, type Server } from 'node:http';
import type { Registry } from 'prom-client';

/** What the probes ask: an empty list is well, otherwise each entry says what is not. */
export interface HealthChecks {
  /** Restarting would help. */
  livez(): string[];
  /** The caches are filled and up to date. */
  readyz(): string[];
}

/** Serves /livez, /readyz and /metrics on `host:port`; resolves when it listens. */
export async function serveHealth(address: string, checks: HealthChecks, registry: Registry): Promise<Server> {
  const [host, port] = [
    address.slice(0, address.lastIndexOf(':')),
    Number(address.slice(address.lastIndexOf(':') + 1)),
  ];
  const server = createServer((request, response) => {
    const answer = (status: number, body: string, type = 'text/plain; charset=utf-8') =>
      response.writeHead(status, { 'content-type': type }).end(body);
    const probe = (problems: string[]) => answer(problems.length === 0 ? 200 : 503, `${problems.join('\n') || 'ok'}\n`);
    switch (request.url) {
      case '/livez':
        return probe(checks.livez());
      case '/readyz':
        return probe(checks.readyz());
      case '/metrics':
        return registry.metrics().then(
          (body) => answer(200, body, registry.contentType),
          () => answer(500, 'the metrics could not be collected\n'),
        );
      default:
        return answer(404, 'There is /livez, /readyz and /metrics.\n');
    }
  });
  // A probe that hangs must not keep a connection for ever.
  server.requestTimeout = 10_000;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  return server;
}
