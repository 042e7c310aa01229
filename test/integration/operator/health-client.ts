import { expect } from 'vitest';
import { z } from 'zod';
import { seconds } from '../../../operator/clock.ts';
import type { OperatorProcess } from '../../operator-process.ts';
import { eventually } from './expectations.ts';

const serving = z.looseObject({ port: z.int() });

const queue = z.looseObject({
  depth: z.object({ change: z.int(), resync: z.int() }),
  working: z.array(z.object({ key: z.string(), seconds: z.number() })),
});
const kind = z.looseObject({
  reflector: z.object({
    phase: z.string(),
    failures: z.int(),
    synced: z.boolean(),
    lastActivitySecondsAgo: z.number(),
  }),
  objects: z.int(),
  queue,
});
const state = z.looseObject({
  process: z.looseObject({ version: z.string(), holder: z.string(), mode: z.string(), stopping: z.boolean() }),
  kinds: z.object({ dccservers: kind, unsubscriptionrequests: kind }),
  openRequests: z.object({
    requests: z.array(z.object({ method: z.string(), path: z.string(), seconds: z.number() })),
  }),
});

/** Asks the health server of an operator what the kubelet, Prometheus and the person on call ask. */
export interface HealthClient {
  ask(path: string, method?: string): Promise<{ status: number; body: string }>;
  state(): Promise<z.infer<typeof state>>;
  /** Asks again and again until the probe answers with this status; gives what it says. */
  expectProbe(path: '/livez' | '/readyz', status: number): Promise<string>;
}

/** Resolves when the operator serves its health. */
export async function healthOf(operator: OperatorProcess): Promise<HealthClient> {
  const line = await eventually(
    () => operator.lines.find((one) => one.includes('"serving /livez')) ?? expect.fail('it serves no health'),
    // A machine that is busy with other tests takes its time to start a process.
    seconds(90),
  );
  const { port } = serving.parse(JSON.parse(line));
  const ask = async (path: string, method = 'GET') => {
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method, signal: AbortSignal.timeout(10_000) });
    return { status: answer.status, body: await answer.text() };
  };
  return {
    ask,
    state: async () => state.parse(JSON.parse((await ask('/debug/state')).body)),
    expectProbe: (path, status) =>
      eventually(async () => {
        const answer = await ask(path);
        expect(answer.status, answer.body).toBe(status);
        return answer.body;
      }),
  };
}
