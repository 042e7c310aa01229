import { randomBytes } from 'node:crypto';
import { pino } from 'pino';
import { Registry } from 'prom-client';
import { afterAll, inject } from 'vitest';
import { type Clock, type Milliseconds, milliseconds, seconds, systemClock } from '../../../operator/clock.ts';
import { type ResourceClient, resourceClient } from '../../../operator/kubernetes/client.ts';
import { type Connection, connect } from '../../../operator/kubernetes/connection.ts';
import { asKubernetesError } from '../../../operator/kubernetes/errors.ts';
import { type KubeConfig, loadKubeConfig } from '../../../operator/kubernetes/kubeconfig.ts';
import { createKubernetesMetrics, type KubernetesMetrics } from '../../../operator/kubernetes/metrics.ts';
import {
  decodeObject,
  type ResourceKind,
  type UnparsedObject,
  unparsedObjects,
} from '../../../operator/kubernetes/objects.ts';

export const silentLog = pino({ level: 'silent' });

/** A connection to the real API server with metrics of its own, so that a test can count what went over it. */
export interface TestConnection extends AsyncDisposable {
  connection: Connection;
  metrics: KubernetesMetrics;
  /** The sum of a metric over all its labels that match. */
  count(metric: string, labels?: Record<string, string | number>): Promise<number>;
}

export async function openConnection(kubeConfig?: KubeConfig, clock: Clock = systemClock): Promise<TestConnection> {
  const registry = new Registry();
  const metrics = createKubernetesMetrics(registry);
  const connection = connect({
    kubeConfig: kubeConfig ?? (await loadKubeConfig(inject('kubeconfig'))),
    userAgent: 'dcc-operator-test',
    log: silentLog,
    metrics: metrics.restClient,
    clock,
  });
  return {
    connection,
    metrics,
    count: async (metric, labels = {}) => {
      const values = (await registry.getSingleMetric(metric)?.get())?.values ?? [];
      const matching = values.filter((value) =>
        Object.entries(labels).every(([name, wanted]) =>
          Object.entries(value.labels).some(([label, is]) => label === name && is === wanted),
        ),
      );
      return matching.reduce((sum, { value }) => sum + value, 0);
    },
    [Symbol.asyncDispose]: async () => connection.close(),
  };
}

/** A connection and a playground for all tests of a file, which end with it. To be awaited at the top of the file. */
export async function openPlayground(): Promise<{ opened: TestConnection; widgets: Playground }> {
  const owned = new AsyncDisposableStack();
  afterAll(() => owned.disposeAsync());
  const opened = owned.use(await openConnection());
  return { opened, widgets: owned.use(await createPlayground(opened.connection)) };
}

/** The kubeconfig of the test cluster, with its server's address replaced. */
export async function kubeConfigVia(server: string): Promise<KubeConfig> {
  const kubeConfig = await loadKubeConfig(inject('kubeconfig'));
  kubeConfig.clusters = kubeConfig.clusters.map((cluster) => ({ ...cluster, server }));
  return kubeConfig;
}

/** A kind with a status, of which no other test knows, and a namespace for its objects. */
export interface Playground extends AsyncDisposable {
  kind: ResourceKind;
  namespace: string;
  client: ResourceClient<UnparsedObject>;
  clientOver(connection: Connection): ResourceClient<UnparsedObject>;
  create(name: string, fields?: { spec?: object; metadata?: object }): Promise<UnparsedObject>;
  change(name: string, spec: object): Promise<UnparsedObject>;
  delete(name: string): Promise<void>;
  /** Deletes all objects. */
  clear(): Promise<void>;
}

const mergePatch = 'application/merge-patch+json';

export async function createPlayground(connection: Connection): Promise<Playground> {
  const id = randomBytes(4).toString('hex');
  const kind = { group: `t${id}.example.com`, version: 'v1', plural: 'widgets', kind: 'Widget' };
  await connection.request('POST', definitions, { body: widgetDefinition(kind) });
  const playground = await openNamespace(connection, kind, `kubernetes-${id}`);
  const objects = `/apis/${kind.group}/v1/namespaces/${playground.namespace}/widgets`;
  await until('the kind is served', () => connection.request('GET', objects).then(Boolean, falseIfNotServedYet));
  return {
    ...playground,
    [Symbol.asyncDispose]: async () => {
      await connection.request('DELETE', `${definitions}/widgets.${kind.group}`);
      await playground[Symbol.asyncDispose]();
    },
  };
}

/** Another namespace for objects of the same kind. */
export const createNeighbour = (connection: Connection, { kind, namespace }: Playground): Promise<Playground> =>
  openNamespace(connection, kind, `${namespace}-${randomBytes(2).toString('hex')}`);

async function openNamespace(connection: Connection, kind: ResourceKind, namespace: string): Promise<Playground> {
  await connection.request('POST', '/api/v1/namespaces', { body: { metadata: { name: namespace } } });
  const objects = `/apis/${kind.group}/v1/namespaces/${namespace}/widgets`;
  const clientOver = (over: Connection) => resourceClient(over, kind, unparsedObjects);
  return {
    kind,
    namespace,
    client: clientOver(connection),
    clientOver,
    create: async (name, { spec = {}, metadata = {} } = {}) => {
      const identity = { apiVersion: `${kind.group}/v1`, kind: kind.kind };
      const body = { ...identity, metadata: { ...metadata, name }, spec };
      return decodeObject(await connection.request('POST', objects, { body }));
    },
    change: async (name, spec) =>
      decodeObject(
        await connection.request('PATCH', `${objects}/${name}`, { body: { spec }, contentType: mergePatch }),
      ),
    delete: async (name) => {
      await connection.request('DELETE', `${objects}/${name}`);
    },
    clear: async () => {
      await connection.request('DELETE', objects);
    },
    [Symbol.asyncDispose]: async () => {
      await connection.request('DELETE', `/api/v1/namespaces/${namespace}`);
    },
  };
}

const definitions = '/apis/apiextensions.k8s.io/v1/customresourcedefinitions';

function widgetDefinition({ group, plural, kind }: ResourceKind) {
  const anything = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true };
  const schema = { openAPIV3Schema: { type: 'object', properties: { spec: anything, status: anything } } };
  const version = { name: 'v1', served: true, storage: true, schema, subresources: { status: {} } };
  return {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: `${plural}.${group}` },
    spec: { group, scope: 'Namespaced', names: { plural, kind }, versions: [version] },
  };
}

/** The path is unknown at first, then its storage is initializing. */
function falseIfNotServedYet(error: unknown): false {
  if (['NotFound', 'TooManyRequests'].includes(asKubernetesError(error).reason)) return false;
  throw error;
}

/** Waits until `condition` holds. @throws naming `what` when it does not in time. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  within: Milliseconds = seconds(30),
): Promise<void> {
  const giveUp = systemClock.elapsed() + within;
  while (!(await condition())) {
    if (systemClock.elapsed() > giveUp) throw new Error(`not within ${within / 1_000} s: ${what}`);
    await systemClock.sleep(milliseconds(20));
  }
}
