/**
 * The workload as most people write it with client-node: its informer, its client for custom objects, and a queue in front
 * of the workers. It does not page, and opens a TLS connection for each request unless given --shared-agent.
 *
 *     KUBECONFIG=... node test/bench/peers/client-node.ts --group G --version V --plural P --finalizer F [--shared-agent]
 */
import { isDeepStrictEqual } from 'node:util';
import {
  CustomObjectsApi,
  KubeConfig,
  type KubernetesObject,
  makeInformer,
  type RequestContext,
} from '@kubernetes/client-node';
import { countConnections } from '../connection-count.ts';
import { readWorkloadOptions, type Status, tell, wantedStatus } from '../workload.ts';

interface CustomObject extends KubernetesObject {
  spec?: unknown;
  status?: Status;
}

const connections = countConnections();
const { group, version, plural, finalizer, concurrency, sharedAgent } = readWorkloadOptions(process.argv.slice(2));
const kubeConfig = new KubeConfig();
kubeConfig.loadFromDefault();
if (sharedAgent) shareAgent(kubeConfig);
const api = kubeConfig.makeApiClient(CustomObjectsApi);

const informer = makeInformer<CustomObject>(kubeConfig, `/apis/${group}/${version}/${plural}`, async () => {
  return await api.listClusterCustomObject({ group, version, plural });
});
const ready = new Set<string>();
const working = new Set<string>();
let stopped = false;

const enqueue = ({ metadata }: CustomObject) => {
  ready.add(`${metadata?.namespace}/${metadata?.name}`);
  work();
};
informer.on('add', enqueue);
informer.on('update', enqueue);
informer.on('error', () => setTimeout(() => void informer.start(), 1_000).unref());
informer.on('connect', () => undefined);
process.once('SIGTERM', () => void stop());
await informer.start();
tell('synced', { objects: informer.list().length });

/** Gives waiting objects to free workers. An object is worked on by one of them at most. */
function work(): void {
  for (const key of ready) {
    if (stopped || working.size >= concurrency) return;
    if (working.has(key)) continue;
    ready.delete(key);
    working.add(key);
    void reconcile(key)
      .catch((error) => {
        console.error(error);
        setTimeout(retry, 200, key).unref();
      })
      .finally(() => {
        working.delete(key);
        work();
      });
  }
}

function retry(key: string): void {
  ready.add(key);
  work();
}

async function reconcile(key: string): Promise<void> {
  const [namespace = '', name = ''] = key.split('/');
  const object = informer.get(name, namespace);
  if (object === undefined) return;
  const finalizers = object.metadata?.finalizers ?? [];
  const of = { group, version, namespace, plural, name };
  if (object.metadata?.deletionTimestamp !== undefined) return await release(of, finalizers);
  const held: CustomObject = finalizers.includes(finalizer)
    ? object
    : await api.patchNamespacedCustomObject({ ...of, body: holdPatch(finalizers) });
  const status = held.status ?? {};
  const wanted = wantedStatus(held.metadata?.generation ?? 0, status, new Date());
  if (isDeepStrictEqual(status, wanted)) return;
  await api.replaceNamespacedCustomObjectStatus({ ...of, body: { ...held, status: wanted } });
}

function holdPatch(finalizers: readonly string[]) {
  const path = '/metadata/finalizers';
  return finalizers.length === 0
    ? [{ op: 'add', path, value: [finalizer] }]
    : [{ op: 'add', path: `${path}/-`, value: finalizer }];
}

async function release(of: Parameters<typeof api.getNamespacedCustomObject>[0], finalizers: string[]): Promise<void> {
  const index = finalizers.indexOf(finalizer);
  if (index === -1) return;
  const path = `/metadata/finalizers/${index}`;
  const body = [
    { op: 'test', path, value: finalizer },
    { op: 'remove', path },
  ];
  await api.patchNamespacedCustomObject({ ...of, body });
}

/** Lets what is under way finish. */
async function stop(): Promise<void> {
  stopped = true;
  await informer.stop();
  while (working.size > 0) await new Promise((resolve) => setTimeout(resolve, 10));
  tell('stopped', { connections: connections() });
  process.exit(0);
}

/** Makes all requests use the agent of the first one, where client-node would make a new one for each. */
function shareAgent(config: KubeConfig): void {
  const authenticate = config.applySecurityAuthentication.bind(config);
  let shared: ReturnType<RequestContext['getDispatcher']>;
  config.applySecurityAuthentication = async (context) => {
    await authenticate(context);
    shared ??= context.getDispatcher();
    if (shared !== undefined) context.setDispatcher(shared);
  };
}
