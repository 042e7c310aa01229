import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { z } from 'zod';
import { apiVersion, settlePrefix } from '../../operator/api/names.ts';
import { parseUnsubscriptionRequest, type UnsubscriptionRequest } from '../../operator/api/objects.ts';
import { milliseconds, systemClock } from '../../operator/clock.ts';
import { type Connection, connect } from '../../operator/kubernetes/connection.ts';
import { isNotFound } from '../../operator/kubernetes/errors.ts';
import { loadKubeConfig } from '../../operator/kubernetes/kubeconfig.ts';
import { createKubernetesMetrics } from '../../operator/kubernetes/metrics.ts';
import { decodeObject } from '../../operator/kubernetes/objects.ts';
import type { Manifest } from '../integration/operator/manifests.ts';

/** What people do in a namespace of their own, over a way to the API server that nobody meddles with. */
export interface People {
  readonly namespace: string;
  create(manifest: Manifest): Promise<void>;
  /** Approves the plan that the request shows by now; false while it shows none. */
  approve(request: string): Promise<boolean>;
  /** Changes the metadata of a request, as a label or an annotation of somebody does. */
  label(request: string, labels: Readonly<Record<string, string>>): Promise<void>;
  /** Answers what became of a call: the id of its order, or `none`. */
  state(request: string, call: string, answer: string): Promise<void>;
  requests(): Promise<UnsubscriptionRequest[]>;
  /** Deletes everything, in the order in which a person would. */
  deleteAll(kind: 'unsubscriptionrequests' | 'dccservers'): Promise<void>;
  /** What is left, with the finalizers that hold it. */
  left(): Promise<string[]>;
  /** Takes the namespace away, with all that still holds. */
  removeNamespace(): Promise<void>;
}

/** The connection of all people to one API server. */
export async function connectPeople(kubeconfig: string): Promise<Connection> {
  return connect({
    kubeConfig: await loadKubeConfig(kubeconfig),
    userAgent: 'people',
    log: pino({ level: 'silent' }),
    metrics: createKubernetesMetrics(new Registry()).restClient,
    clock: systemClock,
  });
}

const plurals: Readonly<Record<string, string>> = {
  DCCServer: 'dccservers',
  UnsubscriptionRequest: 'unsubscriptionrequests',
};
const list = z.object({ items: z.array(z.unknown()) });
const mergePatch = 'application/merge-patch+json';

export async function openNamespace(connection: Connection): Promise<People> {
  const namespace = `crash-${randomBytes(4).toString('hex')}`;
  await connection.request('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } });
  const at = (plural: string, name = '') =>
    `/apis/${apiVersion}/namespaces/${namespace}/${plural}${name === '' ? '' : `/${name}`}`;
  const all = async (plural: string) => {
    const { items } = list.parse(await persistently(() => connection.request('GET', at(plural))));
    // Items of a list do not say what they are.
    return items.map((item) =>
      decodeObject({ apiVersion, kind: plural, ...z.record(z.string(), z.unknown()).parse(item) }),
    );
  };
  const patch = (plural: string, name: string, body: object) =>
    persistently(() => connection.request('PATCH', at(plural, name), { body, contentType: mergePatch }));
  const requests = async () =>
    (await all('unsubscriptionrequests')).map((raw) => {
      const parsed = parseUnsubscriptionRequest(raw);
      if (parsed.kind === 'Unreadable') throw new Error(`a request cannot be read: ${parsed.problem}`);
      return parsed.object;
    });
  return {
    namespace,
    create: async (manifest) => {
      await persistently(() => connection.request('POST', at(plurals[manifest.kind] ?? ''), { body: manifest }));
    },
    approve: async (request) => {
      const found = (await requests()).find(({ metadata }) => metadata.name === request);
      if (found?.status.plan === undefined) return false;
      await patch('unsubscriptionrequests', request, { spec: { approvedPlan: found.status.plan.id } });
      return true;
    },
    label: async (request, labels) => {
      await patch('unsubscriptionrequests', request, { metadata: { labels } });
    },
    state: async (request, call, answer) => {
      await patch('unsubscriptionrequests', request, {
        metadata: { annotations: { [`${settlePrefix}${call}`]: answer } },
      });
    },
    requests,
    deleteAll: async (plural) => {
      await persistently(() => connection.request('DELETE', at(plural)));
    },
    left: async () => {
      const kinds = await Promise.all(Object.values(plurals).map(all));
      return kinds
        .flat()
        .map(({ metadata }) => `${metadata.name} (held by ${metadata.finalizers?.join(', ') ?? 'nobody'})`);
    },
    removeNamespace: async () => {
      for (const plural of Object.values(plurals)) {
        for (const { metadata } of await all(plural)) {
          await patch(plural, metadata.name, { metadata: { finalizers: null } }).catch(ignoreGone);
        }
      }
      await persistently(() => connection.request('DELETE', `/api/v1/namespaces/${namespace}`));
    },
  };
}

function ignoreGone(error: unknown): void {
  if (!isNotFound(error)) throw error;
}

/** People try again when the API server is being started anew. All that they do can be done twice. */
async function persistently<Result>(ask: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      const passing =
        error instanceof Error && /unreachable|timed? ?out|reset|refused|closed|503|429/i.test(`${error}`);
      if (tries === 20 || !passing) throw error;
      await systemClock.sleep(milliseconds(500));
    }
  }
}
