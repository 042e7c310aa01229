import { type Clock, type Random, systemClock } from '../../../operator/clock.ts';
import { objectKey } from '../../../operator/kubernetes/objects.ts';
import type { HttpVersion } from './client-exchange.ts';
import {
  createNeighbour,
  createPlayground,
  openConnection,
  type Playground,
  type TestConnection,
  until,
} from './cluster.ts';
import { type FaultProxy, type ProxiedRequest, type RequestKind, startFaultProxy } from './fault-proxy.ts';
import {
  expectConsistentStory,
  expectEqualToFreshList,
  startWatching,
  startWatchingTogether,
  type Watching,
} from './watching.ts';

/** A playground that a test reaches directly, while what is tested reaches it through a proxy that does harm. */
export interface FaultScenes extends AsyncDisposable {
  direct: TestConnection;
  widgets: Playground;
  open(clock?: Clock, http?: HttpVersion): Promise<FaultScene>;
  /** Another namespace for the same kind of objects, which ends with the scenes. */
  openNeighbour(): Promise<Playground>;
  /** Removes all objects, of the neighbours too. */
  clear(): Promise<void>;
}

export interface FaultScene extends AsyncDisposable {
  proxy: FaultProxy;
  /** The connection through the proxy. */
  behind: TestConnection;
  /** Starts a reflector over it, which ends with the scene. */
  watch(random?: Random): Watching;
  /** Starts a reflector for each of several namespaces. */
  watchTogether(playgrounds: readonly Playground[]): Watching;
}

export async function openFaultScenes(): Promise<FaultScenes> {
  const owned = new AsyncDisposableStack();
  const direct = owned.use(await openConnection());
  const widgets = owned.use(await createPlayground(direct.connection));
  const all = [widgets];
  return {
    direct,
    widgets,
    open: (clock = systemClock, http = 'HTTP/2') => openScene(widgets, clock, http),
    openNeighbour: async () => {
      const neighbour = owned.use(await createNeighbour(direct.connection, widgets));
      all.push(neighbour);
      return neighbour;
    },
    clear: async () => {
      await Promise.all(all.map((playground) => playground.clear()));
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

async function openScene(playground: Playground, clock: Clock, http: HttpVersion): Promise<FaultScene> {
  const owned = new AsyncDisposableStack();
  const proxy = owned.use(await startFaultProxy({ clock, http }));
  const behind = owned.use(await openConnection(proxy.kubeConfig, clock));
  return {
    proxy,
    behind,
    watch: (random = Math.random) => owned.use(startWatching({ over: behind, playground, clock, random })),
    watchTogether: (playgrounds) => owned.use(startWatchingTogether({ over: behind, playgrounds, clock })),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** For `inject`: requests of one of these kinds. */
export const ofKind =
  (...kinds: RequestKind[]) =>
  ({ kind }: ProxiedRequest): boolean =>
    kinds.includes(kind);

/** Text of which hardly a character is a single byte. */
export const manyBytes = 'žluťoučkýkůň🐎衛星'.repeat(3);

/** Everything that can happen to objects: seven events. */
export async function changeThings(widgets: Playground, prefix: string): Promise<void> {
  await widgets.create(`${prefix}-kept`, { spec: { text: manyBytes } });
  await widgets.create(`${prefix}-reborn`);
  await widgets.change(`${prefix}-kept`, { text: manyBytes.repeat(3) });
  await widgets.delete(`${prefix}-reborn`);
  await widgets.create(`${prefix}-reborn`, { spec: { reborn: true } });
  await widgets.create(`${prefix}-gone`);
  await widgets.delete(`${prefix}-gone`);
}

/** Makes a last change and waits for it; when it is there, all before it must be, and the changes told must make sense. */
export async function expectToBeInStep(watching: Watching, ...playgrounds: Playground[]): Promise<void> {
  await Promise.all(playgrounds.map(({ create }) => create('marker')));
  const keys = playgrounds.map(({ namespace }) => objectKey(namespace, 'marker'));
  await until('the last changes are seen', () => keys.every((key) => watching.store.get(key) !== undefined));
  await expectEqualToFreshList(watching, ...playgrounds);
  expectConsistentStory(watching.changes, watching.store);
}
