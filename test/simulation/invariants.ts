import { holdPrefix } from '../../operator/api/names.ts';
import { isOpen, type Placement } from '../../operator/api/unsubscriptionrequest.ts';
import { seconds } from '../../operator/clock.ts';
import type { ApiServer, StoredObject } from './api-server.ts';
import { type Cloud, type LedgerOrder, longestLag } from './cloud.ts';
import type { Leadership } from './leadership.ts';
import { type ApprovedPlans, haltConfigMap, hasEnded, requestsPlural, specOf, statusOf } from './people.ts';
import type { Schedule } from './schedule.ts';

/** An intent as it was written: the entry, and the request with which it came to stand in the API server. */
interface Intent {
  readonly entry: Placement;
  readonly request: StoredObject;
  readonly at: number;
}

/** What must hold in every world, watched from outside, where everything is known. */
export interface Invariants {
  readonly violations: readonly string[];
  /** What the journals say of the calls, the last word on each, also of requests that are gone. */
  check(): void;
}

export interface Watched {
  readonly schedule: Schedule;
  readonly server: ApiServer;
  readonly cloud: Cloud;
  readonly leadership: Leadership;
  readonly approved: ApprovedPlans;
}

/** A look at the machines is good for a minute, a call takes ten seconds and the cloud some of its own; what it shows may be old. */
const unseenFor = seconds(60) + seconds(10) + seconds(20) + longestLag;

export function watchInvariants({ schedule, server, cloud, leadership, approved }: Watched): Invariants {
  const violations: string[] = [];
  const intents: Intent[] = [];
  const lastWords = new Map<string, Placement>();
  const halted: { from: number; until: number }[] = [];
  const fail = (text: string): void => {
    violations.push(`${(schedule.now / 1_000).toFixed(3)} s: ${text}`);
  };

  function onIntent(entry: Placement, request: StoredObject): void {
    intents.push({ entry, request, at: schedule.now });
    const { metadata } = request;
    const { approvedPlan, suspend } = specOf(request);
    const { plan } = statusOf(request);
    const name = `the intent ${entry.id} of ${metadata.name}`;
    if (approvedPlan !== entry.plan || plan?.id !== entry.plan) fail(`${name} is of a plan that nobody approved`);
    const shown = JSON.stringify(plan?.orders);
    if (approved.get(entry.plan) !== shown) fail(`${name} is of other orders than were approved`);
    const planned = plan?.orders[Number(entry.id.split('.')[0]) - 1];
    if (JSON.stringify(planned?.resourceIds) !== JSON.stringify(entry.resourceIds)) fail(`${name} is not in its plan`);
    if (suspend === true) fail(`${name} was written while it was suspended`);
    if (metadata.deletionTimestamp !== undefined) fail(`${name} was written while it was being deleted`);
    if (Object.keys(metadata.annotations ?? {}).some((key) => key.startsWith(holdPrefix))) fail(`${name} was held`);
    if (!metadata.finalizers?.length) fail(`${name} has no finalizer`);
    const before = schedule.now - seconds(10);
    if (halted.some(({ from, until }) => from < before && schedule.now <= until))
      fail(`${name} was written while halted`);
  }

  function onOrder(order: LedgerOrder): void {
    const { orderId, resourceIds, acceptedAt, signedAt } = order;
    const intent = intents.find(
      ({ entry }) => entry.signedAt === signedAt && entry.resourceIds.join() === resourceIds.join(),
    );
    if (intent === undefined) return fail(`${orderId} was accepted without an intent`);
    const { holder } = leadership;
    const heldUp = schedule.now - intent.at > seconds(30);
    if (holder !== undefined && holder !== intent.entry.holder && !heldUp)
      fail(`${orderId} is of ${intent.entry.holder} while ${holder} leads`);
    const others = cloud.ledger.filter(
      (other) =>
        other !== order && other.signedAt !== undefined && other.resourceIds.some((id) => resourceIds.includes(id)),
    );
    const first = others.find(({ ends, endsAt }) => ends === 'Completed' || endsAt > acceptedAt);
    if (first !== undefined) fail(`${orderId} was accepted for what ${first.orderId} is for already`);
    for (const { id, from, until, resourceId } of cloud.machines) {
      const stood = resourceIds.includes(resourceId) && from < acceptedAt - unseenFor && until > acceptedAt;
      if (stood) fail(`${orderId} was accepted while ${id} was on ${resourceId} for long`);
    }
  }

  server.onWrite(({ object, type }, before) => {
    if (object.metadata.name === haltConfigMap) {
      if (type === 'ADDED') halted.push({ from: schedule.now, until: Number.POSITIVE_INFINITY });
      if (type === 'DELETED') for (const time of halted) time.until = Math.min(time.until, schedule.now);
    }
    if (object.kind !== 'UnsubscriptionRequest') return;
    const known = new Set((before === undefined ? [] : (statusOf(before).placements ?? [])).map(({ id }) => id));
    for (const entry of statusOf(object).placements ?? []) {
      if (!known.has(entry.id)) onIntent(entry, object);
      known.delete(entry.id);
      lastWords.set(`${object.metadata.uid} ${entry.id}`, entry);
    }
    for (const id of known) fail(`the entry ${id} of ${object.metadata.name} is gone from its journal`);
    if (type === 'DELETED' && (statusOf(object).placements ?? []).some(isOpen))
      fail(`${object.metadata.name} is gone with an open call`);
  });
  cloud.onAccept((order) => {
    if (order.signedAt !== undefined) onOrder(order);
  });

  /** At the end the journals and the ledger must say the same. */
  function check(): void {
    const ours = cloud.ledger.filter(({ signedAt }) => signedAt !== undefined);
    const named = new Set<string>();
    for (const [key, entry] of lastWords) {
      const call = `call ${entry.id} of ${key.split(' ')[0]} (${entry.state})`;
      const order = ours.find(
        ({ signedAt, resourceIds }) => signedAt === entry.signedAt && resourceIds.join() === entry.resourceIds.join(),
      );
      if (entry.state !== 'Accepted' && order !== undefined) fail(`${call} was accepted as ${order.orderId}`);
      for (const { orderId } of entry.orders ?? []) {
        named.add(orderId);
        const real = cloud.ledger.find((one) => one.orderId === orderId);
        if (real?.resourceIds.join() !== entry.resourceIds.join())
          fail(`${call} names ${orderId}, which is not for its resources`);
        else if (entry.result !== undefined && entry.result !== real.ends)
          fail(`${call} says ${entry.result} of ${orderId}, which is ${real.ends}`);
      }
    }
    for (const { orderId } of ours) if (!named.has(orderId)) fail(`${orderId} stands in no journal`);
    for (const request of server.list(requestsPlural)) {
      if (hasEnded(request)) continue;
      const ready = statusOf(request).conditions?.find(({ type }) => type === 'Ready');
      fail(`${request.metadata.name} has not come to its end: ${ready?.message}`);
    }
  }

  return { violations, check };
}
