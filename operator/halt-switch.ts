import { z } from 'zod';
import { type Clock, type Milliseconds, untilAborted } from './clock.ts';
import type { Connection } from './kubernetes/connection.ts';
import { isNotFound, KubernetesError } from './kubernetes/errors.ts';
import type { HaltSwitch } from './unsubscription/context.ts';
import type { Halt, Reading } from './unsubscription/snapshot.ts';

export interface HaltSwitchOptions {
  connection: Pick<Connection, 'request'>;
  namespace: string;
  name: string;
  clock: Clock;
}

const configMapSchema = z.object({ data: z.record(z.string(), z.string()).default({}) });

/**
 * The ConfigMap that stops all ordering by being there: `kubectl create configmap` is what a person can do at once. One that
 * lives in Git may say `halted: "false"`; anything else in its place halts. It is read past every cache, once for all who
 * ask for the same moment.
 */
export function createHaltSwitch({ connection, namespace, name, clock }: HaltSwitchOptions): HaltSwitch {
  const path = `/api/v1/namespaces/${encodeURIComponent(namespace)}/configmaps/${encodeURIComponent(name)}`;
  const configMap = `ConfigMap ${namespace}/${name}`;
  let last: { startedAt: Milliseconds; halt: Promise<Reading<Halt | undefined>> } | undefined;

  const read = async (): Promise<Reading<Halt | undefined>> => {
    try {
      const { data } = configMapSchema.parse(await connection.request('GET', path));
      const reason = data['reason']?.trim();
      return {
        kind: 'Read',
        value: data['halted'] === 'false' ? undefined : { configMap, reason: reason || undefined },
      };
    } catch (error) {
      if (isNotFound(error)) return { kind: 'Read', value: undefined };
      // Nobody relies on a failure: the next one asks anew.
      last = undefined;
      return { kind: 'Unreadable', failure: failureOf(configMap, error) };
    }
  };

  return {
    read: (since, signal) => {
      if (last === undefined || last.startedAt < since) last = { startedAt: clock.elapsed(), halt: read() };
      return untilAborted(last.halt, signal);
    },
  };
}

function failureOf(configMap: string, error: unknown) {
  const message = error instanceof Error ? error.message : String(error);
  const forbidden = error instanceof KubernetesError && error.reason === 'Forbidden';
  return {
    source: `The ${configMap}, which can halt the operator,`,
    cause: forbidden ? ('Permission' as const) : ('Unavailable' as const),
    message,
    remedy: forbidden
      ? 'Grant the operator the right to get this ConfigMap (the chart does).'
      : 'It is read again by itself; nothing is ordered before it can be.',
  };
}
