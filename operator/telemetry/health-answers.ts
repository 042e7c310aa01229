import type { Registry } from 'prom-client';
import { type Health, type HealthCheck, runChecks } from './health.ts';
import type { Logger } from './log.ts';

/** What is asked of the health server. */
export interface HealthRequest {
  readonly method: string;
  /** Path and query as they came. */
  readonly url: string;
  /** Address that the connection comes from; undefined when it is gone already. */
  readonly client: string | undefined;
}

export interface HealthAnswer {
  readonly status: number;
  readonly body: string;
  readonly headers: Readonly<Record<string, string>>;
}

interface Endpoint {
  readonly about: string;
  answer(request: HealthRequest, query: URLSearchParams): HealthAnswer | Promise<HealthAnswer>;
}

/** Answers what is asked of the health server. Never rejects. */
export function answersOf(
  health: Health,
  registry: Registry,
  log: Logger,
): (request: HealthRequest) => Promise<HealthAnswer> {
  const endpoints: Readonly<Record<string, Endpoint>> = {
    '/livez': {
      about: 'whether a restart would help; ?verbose lists its checks',
      answer: probe('livez', health.livez, log),
    },
    '/readyz': {
      about: 'whether it is ready to work; ?verbose lists its checks',
      answer: probe('readyz', health.readyz, log),
    },
    '/metrics': { about: 'for Prometheus', answer: () => metrics(registry) },
    '/debug/state': {
      about: 'what it is at, as JSON; from within its pod only',
      answer: ({ client }) => state(health, client),
    },
  };
  const list = Object.entries(endpoints).map(([path, { about }]) => `${path.padEnd(14)}${about}\n`);
  return async (request) => {
    const url = URL.parse(request.url, 'http://health');
    const endpoint = url === null ? undefined : endpoints[url.pathname];
    if (url === null || endpoint === undefined) return text(404, `There is nothing here. There is:\n${list.join('')}`);
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      return text(405, 'Only GET and HEAD are answered.\n', { allow: 'GET, HEAD' });
    }
    try {
      return await endpoint.answer(request, url.searchParams);
    } catch (error) {
      log.error({ err: error, path: url.pathname }, 'a question to the health server could not be answered');
      return text(500, 'it could not be worked out; the log says why\n');
    }
  };
}

/** A probe's caller often shows nothing but the status code, so the log tells what it found whenever that changes. */
function probe(name: string, checks: readonly HealthCheck[], log: Logger): Endpoint['answer'] {
  let passedBefore: boolean | undefined;
  return (_, query) => {
    const { passed, problems, checks: listed } = runChecks(checks);
    if (passed && passedBefore === false) log.info(`/${name} passes again`);
    if (!passed && passedBefore !== false) log.warn({ problems }, `/${name} fails`);
    passedBefore = passed;
    const lines = query.has('verbose') ? [...listed, `${name} check ${passed ? 'passed' : 'failed'}`] : problems;
    return text(passed ? 200 : 503, `${lines.join('\n') || 'ok'}\n`);
  };
}

async function metrics(registry: Registry): Promise<HealthAnswer> {
  return { status: 200, body: await registry.metrics(), headers: { 'content-type': registry.contentType } };
}

/** It names objects of all tenants, which only those may read who may reach into the pod. */
function state(health: Health, client: string | undefined): HealthAnswer {
  if (!isLoopback(client)) return text(403, howToReach);
  const sections = Object.entries(health.state).map(([name, section]) => [name, section()]);
  const body = `${JSON.stringify(Object.fromEntries(sections), undefined, 2)}\n`;
  return { status: 200, body, headers: { 'content-type': 'application/json' } };
}

const howToReach = `It is told to clients on its own loopback interface only. From elsewhere:
  kubectl --namespace <its namespace> port-forward <its pod> 8080
  curl http://127.0.0.1:8080/debug/state
`;

/** Whether an address as Node gives it is one of this machine's own; one of a dual-stack socket may be mapped. */
export function isLoopback(address: string | undefined): boolean {
  return address === '::1' || /^(::ffff:)?127\.\d+\.\d+\.\d+$/.test(address ?? '');
}

const text = (status: number, body: string, headers: Readonly<Record<string, string>> = {}): HealthAnswer => ({
  status,
  body,
  headers: { 'content-type': 'text/plain; charset=utf-8', ...headers },
});
