import { minutes, seconds } from '../../../operator/clock.ts';
import { aServerSpec, resourceIdOf } from '../../builders/dccserver.ts';
import { aRequestSpec } from '../../builders/unsubscriptionrequest.ts';
import { createApiServer } from '../../simulation/api-server.ts';
import { createCloud, type Lag } from '../../simulation/cloud.ts';
import { createHost } from '../../simulation/host.ts';
import { createLeadership } from '../../simulation/leadership.ts';
import { startProcess } from '../../simulation/operator-process.ts';
import { createSchedule } from '../../simulation/schedule.ts';

const epoch = new Date('2026-03-01T04:00:00Z').getTime();
export const servers = 'dccservers';
export const requests = 'unsubscriptionrequests';
export const disk = 'disk-1';

/** Whatever a status holds: the scenes look at little of it. */
// biome-ignore lint/suspicious/noExplicitAny: the API server of the simulation keeps what it is given.
type Status = any;

/**
 * A world of the simulation in which nothing fails but what the scene says: server-1 with a disk if asked for, and the request retire-1
 * for it, which waits for its approval. Orders are not confirmed within the scene.
 */
export async function scene({ withDisk = false } = {}) {
  const world = aWorld(withDisk);
  const cluster = aCluster(world, 'op');
  await world.run(minutes(2));
  return { ...world, ...cluster };
}

/** The same in two clusters that were given the same manifests. */
export async function twoClusters() {
  const world = aWorld(false);
  const clusters = [aCluster(world, 'north'), aCluster(world, 'south')] as const;
  await world.run(minutes(2));
  return { ...world, clusters };
}

type World = ReturnType<typeof aWorld>;

function aWorld(withDisk: boolean) {
  const schedule = createSchedule(1, true);
  /** How old the billing rows are. */
  const rows = { lag: 0 };
  const cloud = createCloud(schedule, {
    clocks: { gateway: 0, orders: 0 },
    resources: ['server-1', 'server-2', 'server-3'].map(resourceIdOf),
    epoch,
    disks: new Map(withDisk ? [[disk, resourceIdOf('server-1')]] : []),
    cancels: 0,
    lags: { Orders: upToDate, Rows: { most: 0, now: () => rows.lag }, Machines: upToDate },
    longestOrder: seconds(4),
  });
  Object.assign(cloud, { processing: () => seconds(1) });
  const pace = { order: minutes(30 * 60) };
  cloud.onAccept((order) => {
    const endsAt = order.acceptedAt + pace.order;
    Object.assign(order, { endsAt, billedAt: endsAt + minutes(2) });
  });
  return {
    ...{ schedule, cloud, pace, rows },
    run: (duration: number) => schedule.run(schedule.now + duration),
    /** What the cloud was asked to give back. */
    ordered: () => cloud.ledger.filter(({ givesBack }) => givesBack).map(({ resourceIds }) => resourceIds.join()),
  };
}

function aCluster({ schedule, cloud, run }: World, name: string) {
  const spec = cloud.disks.size > 0 ? { secondaryResources: 'Separately' as const } : {};
  const server = createApiServer(() => new Date(epoch + schedule.now), name);
  const faults = noFaults();
  const leadership = createLeadership(schedule);
  startProcess(
    createHost(schedule, name, { skew: 0, pace: 1, epoch }),
    { schedule, server, cloud, leadership },
    faults,
  );
  const statusOf = (plural: string, of: string): Status => server.get(plural, of)?.status ?? {};
  const applyServer = (of: string, changes: object = {}) =>
    server.create(servers, {
      kind: 'DCCServer',
      name: of,
      spec: aServerSpec(of, { virtualMachines: { hypervisorHostnames: [of] }, ...changes }),
    });
  const applyRequest = (request: string, of: string, changes: object = {}) =>
    server.create(requests, {
      kind: 'UnsubscriptionRequest',
      name: request,
      spec: aRequestSpec({ servers: [{ name: of }], ...spec, ...changes }),
    });
  const planOf = (request: string): string | undefined => statusOf(requests, request).plan?.id;
  const approve = (request: string, approvedPlan = planOf(request)) =>
    server.change(requests, request, (object) => ({ spec: { ...(object.spec as object), approvedPlan } }));
  applyServer('server-1');
  applyRequest('retire-1', 'server-1');
  return {
    ...{ server, faults, statusOf, applyServer, applyRequest, planOf, approve },
    /** Applies a request, and approves what it comes to. */
    order: async (request: string, of: string, changes: object = {}) => {
      applyRequest(request, of, changes);
      await run(minutes(2));
      approve(request);
      await run(minutes(5));
    },
    /** Deletes an object, and lets it go whatever holds it. */
    force: (plural: string, of: string) => {
      server.remove(plural, of);
      server.change(plural, of, ({ metadata }) => ({
        metadata: { annotations: { ...metadata.annotations, 'dcc-operator.io/force-release': 'nobody waits' } },
      }));
    },
    /** The reasons why a request orders nothing. */
    blockersOf: (request: string): string[] =>
      (statusOf(requests, request).blockers ?? []).map(({ reason }: { reason: string }) => reason),
    /** The reason of a condition. */
    reasonOf: (request: string, condition: string): string | undefined =>
      (statusOf(requests, request).conditions ?? []).find(({ type }: { type: string }) => type === condition)?.reason,
  };
}

export type Scene = Awaited<ReturnType<typeof scene>>;

const upToDate: Lag = { most: 0, now: () => 0 };

const noFaults = () => ({
  api: { isCutOff: false, lostRequest: 0, lostAnswer: 0, refused: 0, latency: 5, lateNews: 0, brokenWatch: 0 },
  cloud: {
    ...{ isCutOff: false, noConnection: 0, lostCall: 0, lostOrder: 0, lateCall: 0, lostAnswer: 0, garbledAnswer: 0 },
    ...{ refused: 0, refusedInPart: 0, failed: 0, proxyAhead: 0, latency: 5, longReading: 20 },
  },
});
