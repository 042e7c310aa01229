import { z } from 'zod';
import { apiVersion } from '../../../operator/api/names.ts';
import { seconds, systemClock } from '../../../operator/clock.ts';
import type { Api } from '../api.ts';

const path = `/apis/${apiVersion}/namespaces/default/unsubscriptionrequests`;

const seen = z.object({
  object: z.object({
    metadata: z.object({ name: z.string() }),
    status: z
      .object({
        plan: z.object({ id: z.string() }).optional(),
        placements: z.array(z.object({ state: z.string() })).optional(),
        conditions: z.array(z.object({ type: z.string(), reason: z.string() })).optional(),
      })
      .optional(),
  }),
});

/** All that the harness knows of the requests: a watch of its own, and the approval that a person gives. */
export interface WatchedRequests extends Disposable {
  /** Waits until Ready of the request says this word. */
  reaches(name: string, state: string): Promise<void>;
  /** Waits until a call stands in its journal. */
  isIntended(name: string): Promise<void>;
  /** Approves the plan that is shown, and gives when that was sent. */
  approve(name: string): Promise<Date>;
}

/** To be disposed of before the API server ends: a watch that finds none goes on trying, and would be measured with what follows. */
export function watchRequests(api: Api, interrupted: AbortSignal): WatchedRequests {
  const closed = new AbortController();
  const signal = AbortSignal.any([interrupted, closed.signal]);
  const latest = new Map<string, z.infer<typeof seen>['object']['status']>();
  const take = (line: string) => {
    const { object } = seen.parse(JSON.parse(line));
    latest.set(object.metadata.name, object.status);
  };
  const watch = async () => {
    while (!signal.aborted) {
      await api.follow(`${path}?watch=1`, take, signal).catch(() => undefined);
      await systemClock.sleep(seconds(0.05), signal).catch(() => undefined);
    }
  };
  void watch();
  const until = async (what: string, isSo: () => boolean) => {
    const end = systemClock.elapsed() + seconds(120);
    while (!isSo()) {
      if (systemClock.elapsed() > end) throw new Error(`in vain: ${what}`);
      await systemClock.sleep(seconds(0.005), signal);
    }
  };
  const stateOf = (name: string) => latest.get(name)?.conditions?.find(({ type }) => type === 'Ready')?.reason;
  return {
    reaches: (name, state) => until(`${name} is ${state}`, () => stateOf(name) === state),
    isIntended: (name) => until(`${name} is intended`, () => (latest.get(name)?.placements ?? []).length > 0),
    approve: async (name) => {
      const body = { spec: { approvedPlan: latest.get(name)?.plan?.id } };
      const sent = systemClock.now();
      await api.send(`${path}/${name}`, { method: 'PATCH', body, contentType: 'application/merge-patch+json' });
      return sent;
    },
    [Symbol.dispose]: () => closed.abort(),
  };
}
