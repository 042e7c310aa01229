import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { z } from 'zod';
import { deadline, milliseconds, seconds, systemClock } from '../../operator/clock.ts';
import { ensureBinaries } from './binaries.ts';
import { describeProblem, startComponent } from './component.ts';
import { freePorts } from './ports.ts';

/** One series that a query gives, with its value now. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A real Prometheus that scrapes once a second. */
export interface Prometheus extends AsyncDisposable {
  /** Evaluates an expression now; throws what Prometheus says when it cannot. */
  query(expression: string): Promise<Sample[]>;
}

const answer = z.discriminatedUnion('status', [
  z.object({
    status: z.literal('success'),
    data: z.object({
      resultType: z.literal('vector'),
      result: z.array(z.object({ metric: z.record(z.string(), z.string()), value: z.tuple([z.number(), z.string()]) })),
    }),
  }),
  z.object({ status: z.literal('error'), error: z.string() }),
]);

/** Starts one for these pods, each with the address of its metrics, as the chart's ServiceMonitor has them scraped. */
export async function startPrometheus(pods: Readonly<Record<string, string>>): Promise<Prometheus> {
  const { prometheus: file } = await ensureBinaries(['prometheus']);
  await using parts = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), 'dcc-operator-prometheus-'));
  parts.defer(() => rm(directory, { recursive: true, force: true }));
  const [port = 0] = await freePorts(1);
  const targets = Object.entries(pods).map(([pod, target]) => ({ targets: [target], labels: { pod } }));
  const scraping = { job_name: 'dcc-operator', honor_labels: true, static_configs: targets };
  const config = { global: { scrape_interval: '1s', scrape_timeout: '1s' }, scrape_configs: [scraping] };
  await writeFile(join(directory, 'prometheus.yaml'), stringify(config));
  const args = ['--config.file=prometheus.yaml', '--storage.tsdb.path=data', `--web.listen-address=127.0.0.1:${port}`];
  const logFile = join(directory, 'log');
  const component = await startComponent({ name: 'prometheus', file, args, directory, logFile });
  parts.defer(() => component.end('SIGTERM'));
  const ask = (path: string, body?: URLSearchParams) =>
    fetch(`http://127.0.0.1:${port}${path}`, {
      ...(body === undefined ? {} : { method: 'POST', body }),
      signal: deadline(systemClock, seconds(10)),
    });
  const limit = systemClock.elapsed() + seconds(60);
  while ((await ask('/-/ready').catch(() => undefined))?.ok !== true) {
    if (systemClock.elapsed() > limit) throw await describeProblem('Prometheus did not become ready', [component]);
    await systemClock.sleep(milliseconds(100));
  }
  const started = parts.move();
  return {
    query: async (expression) => {
      const told = answer.parse(await (await ask('/api/v1/query', new URLSearchParams({ query: expression }))).json());
      if (told.status === 'error') throw new Error(`${expression}: ${told.error}`);
      return told.data.result.map(({ metric, value: [, value] }) => ({ labels: metric, value: Number(value) }));
    },
    [Symbol.asyncDispose]: () => started.disposeAsync(),
  };
}
