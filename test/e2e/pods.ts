import { inject } from 'vitest';
import { z } from 'zod';
import { onNode } from '../cluster/node/namespaces.ts';
import { kube, release, system } from './installation.ts';

const container = z.object({
  name: z.string(),
  ready: z.boolean(),
  restartCount: z.int(),
  /** Of the runtime: `containerd://...`. */
  containerID: z.string().default(''),
  state: z.looseObject({
    running: z.object({ startedAt: z.string() }).optional(),
    terminated: z.object({ exitCode: z.int(), reason: z.string() }).optional(),
  }),
});
const pod = z.object({
  metadata: z.object({ name: z.string(), uid: z.string(), deletionTimestamp: z.string().optional() }),
  spec: z.object({
    containers: z.array(z.object({ image: z.string(), args: z.array(z.string()).default([]) })),
    priorityClassName: z.string().optional(),
  }),
  status: z.object({
    phase: z.string(),
    containerStatuses: z.array(container).default([]),
    initContainerStatuses: z.array(container).default([]),
  }),
});

export type Pod = z.infer<typeof pod>;

/** The pods of the operator, as a release of this name has it, that are not being deleted. */
export async function operatorPods(instance = release): Promise<readonly Pod[]> {
  const selector = `app.kubernetes.io/name=dcc-operator,app.kubernetes.io/instance=${instance}`;
  const text = await kube('-n', system, 'get', 'pods', '-l', selector, '-o', 'json');
  const { items } = z.object({ items: z.array(pod) }).parse(JSON.parse(text));
  return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined);
}

/** What there is of each pod: `phase, ready or not, restarts, image`. */
export const inWords = ({ spec, status }: Pod): string => {
  const [state] = status.containerStatuses;
  const ready = state?.ready === true ? 'ready' : 'not ready';
  return `${status.phase}, ${ready}, ${state?.restartCount ?? 0} restarts, ${spec.containers[0]?.image}`;
};

/** The name of the pod that leads, by its lease. */
export async function leader(): Promise<string> {
  const holder = await kube('-n', system, 'get', 'lease', release, '-o', 'jsonpath={.spec.holderIdentity}');
  return holder.split('_')[0] ?? '';
}

/** Ends the process of a pod's container as the kernel does when memory is short: at once, without a word. */
export async function killContainer(name: string): Promise<void> {
  const killed = (await operatorPods()).find(({ metadata }) => metadata.name === name);
  const id = killed?.status.containerStatuses[0]?.containerID.replace('containerd://', '');
  if (id === undefined) throw new Error(`there is no container of the pod ${name}`);
  await onNode(inject('cluster').pid, 'ctr', '--namespace=k8s.io', 'tasks', 'kill', '--signal=SIGKILL', id);
}
