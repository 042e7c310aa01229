import { type Milliseconds, milliseconds, seconds, systemClock } from '../../../operator/clock.ts';
import { services } from '../../../operator/huaweicloud/endpoints.ts';
import { startControlPlane } from '../../cluster/control-plane.ts';
import { applyDefinitions } from '../../cluster/definitions.ts';
import { seeded } from '../../huaweicloud/seed/context.ts';
import { aWorld } from '../../huaweicloud/seed.ts';
import { type HuaweiCloud, startHuaweiCloud } from '../../huaweicloud/server.ts';
import { aRequest, aServer } from '../../integration/operator/manifests.ts';
import { startOperatorProcess } from '../../operator-process.ts';
import { type MeasuredCluster, measureCluster } from '../cluster.ts';
import { type Counts, callsSeen, countsSince, requestsSeen } from './counts.ts';
import { type WatchedRequests, watchRequests } from './requests.ts';

/** Requests to both sides, until the order was under way and after that. */
export interface Cost {
  api: { before: Counts; after: Counts };
  cloud: { before: Counts; after: Counts };
}

export interface PlacementFigures {
  lookAgainAfter: string;
  /** From the approval, as it was sent, to the acceptance in the cloud's own ledger, of each placement. */
  times: Milliseconds[];
  costs: Cost[];
}

export interface MeasureOptions {
  program: string;
  lookAgainAfter: string;
  placements: number;
  counted: number;
  latency: Milliseconds;
  signal: AbortSignal;
}

/** A budget that lets so many orders leave within an hour. */
const manyOrders = { 'max-orders-per-hour': '1000' };

/** Measures placements one after the other, on a control plane and a cloud of their own. */
export async function measure(options: MeasureOptions): Promise<PlacementFigures> {
  const { placements, counted, lookAgainAfter } = options;
  await using controlPlane = await startControlPlane();
  using cluster = await measureCluster(controlPlane);
  await applyDefinitions(controlPlane.kubeconfig);
  const names = Array.from({ length: placements + counted }, (_, index) => `host-${index + 1}`);
  await using cloud = await startCloud(names, options.latency);
  await fill(cluster, cloud, names);
  const operator = startOperatorProcess({
    program: options.program,
    kubeconfig: controlPlane.kubeconfig,
    cloudUrl: cloud.url,
    credentials: seeded,
    asShipped: true,
    flags: { ...manyOrders, endpoints: endpointsAt(cloud.urls), 'look-again-after': lookAgainAfter },
  });
  using requests = watchRequests(cluster.api, options.signal);
  const stage = { cluster, cloud, requests };
  const figures: PlacementFigures = { lookAgainAfter, times: [], costs: [] };
  try {
    await operator.ready;
    for (const name of names) await requests.reaches(name, 'AwaitingApproval');
    for (const name of names.slice(0, placements)) figures.times.push(await time(stage, name));
    for (const name of names.slice(placements)) figures.costs.push(await count(stage, name));
    await operator.end('SIGTERM');
    return figures;
  } finally {
    await operator.end('SIGKILL');
  }
}

async function startCloud(names: readonly string[], latency: Milliseconds) {
  const world = aWorld();
  for (const name of names) world.withServer({ name });
  // Orders are completed at once: how long the cloud works on them is not what is measured.
  const settings = { orderProcessing: milliseconds(1) };
  const { stop, ...cloud } = await startHuaweiCloud({
    world: world.build(),
    settings,
    moreAddresses: services.length - 1,
  });
  if (latency > 0) cloud.faults.add({ operation: '*', skip: 0, effect: { kind: 'delay', milliseconds: latency } });
  return { ...cloud, [Symbol.asyncDispose]: stop };
}

/** One for each service, as the real cloud has: the operator makes so many connections to each, and no more. */
const endpointsAt = (urls: readonly string[]) =>
  services.map((service, index) => `${service}=${urls[index]}`).join(',');

async function fill({ api }: MeasuredCluster, { world }: Pick<HuaweiCloud, 'world'>, names: readonly string[]) {
  const at = (plural: string) => `/apis/dcc-operator.io/v1alpha1/namespaces/default/${plural}`;
  for (const name of names) {
    await api.send(at('dccservers'), { method: 'POST', body: aServer(world, name) });
    await api.send(at('unsubscriptionrequests'), { method: 'POST', body: aRequest(name, [name]) });
  }
}

interface Stage {
  cluster: MeasuredCluster;
  cloud: Pick<HuaweiCloud, 'world' | 'counts' | 'faults'>;
  requests: WatchedRequests;
}

/** What follows a placement is over by then: events, and the look of the servers' own controller. */
const rest = seconds(1.5);

async function time({ cloud, requests }: Stage, name: string): Promise<Milliseconds> {
  await systemClock.sleep(rest);
  const before = cloud.world.ledger.accepted.length;
  const approved = await requests.approve(name);
  await requests.reaches(name, 'Complete');
  const [order] = cloud.world.ledger.accepted.slice(before);
  if (order === undefined) throw new Error(`no order was accepted for ${name}`);
  return milliseconds(Date.parse(order.time) - approved.getTime());
}

/** How long the order is held up on its way, so that both sides can be asked what came before it. */
const heldUp = seconds(4);

async function count({ cluster, cloud, requests }: Stage, name: string): Promise<Cost> {
  await systemClock.sleep(rest);
  const effect = { kind: 'delay', milliseconds: heldUp } as const;
  cloud.faults.add({ operation: 'billing.unsubscribe', skip: 0, times: 1, effect });
  const ask = async () => ({
    api: requestsSeen(await cluster.api.send('/metrics')),
    cloud: callsSeen(cloud.counts),
  });
  const atRest = await ask();
  await requests.approve(name);
  await requests.isIntended(name);
  await systemClock.sleep(seconds(0.3));
  const underWay = await ask();
  await requests.reaches(name, 'Complete');
  await systemClock.sleep(rest);
  const ended = await ask();
  return {
    api: { before: countsSince(atRest.api, underWay.api), after: countsSince(underWay.api, ended.api) },
    cloud: { before: countsSince(atRest.cloud, underWay.cloud), after: countsSince(underWay.cloud, ended.cloud) },
  };
}
