import { z } from 'zod';
import { isConditionTrue, type UnsubscriptionRequest } from '../../operator/api/objects.ts';
import { isOpen, type Placement } from '../../operator/api/unsubscriptionrequest.ts';
import type { Ledger } from '../huaweicloud/world/ledger.ts';
import type { Seen } from './seen.ts';

/** What can be seen of a round from outside. */
export interface Evidence {
  /** As they stood when all had ended. */
  readonly requests: readonly UnsubscriptionRequest[];
  readonly ledger: Ledger;
  readonly seen: readonly Seen[];
}

/** Everything in which the round broke a promise; nothing when it kept all. */
export function brokenPromises(evidence: Evidence): string[] {
  return [...doubleOrders(evidence), ...unlikeTheLedger(evidence), ...unannounced(evidence), ...unfinished(evidence)];
}

/** An order that the cloud refused by its rules was one too many: those keep a second order away from most resources, not from all. */
function doubleOrders({ ledger: { accepted, refused } }: Evidence): string[] {
  const ids = accepted.flatMap(({ resourceIds }) => resourceIds);
  const twice = ids.filter((id, index) => ids.indexOf(id) !== index);
  return [
    ...twice.map((id) => `${id} was ordered twice`),
    ...refused.map(({ resourceIds, code }) => `a call for ${resourceIds.join(', ')} was one too many: ${code}`),
    ...accepted.flatMap(({ vmsDestroyed }) => vmsDestroyed.map(({ name }) => `${name} was destroyed`)),
  ];
}

/** The journals name the accepted orders, all of them and no others, each once and with its resources. */
function unlikeTheLedger({ requests, ledger: { accepted } }: Evidence): string[] {
  const entries = requests.flatMap(({ status }) => status.placements ?? []);
  const named = entries.filter(({ state }) => state === 'Accepted');
  const orderIds = (entry: Placement) => (entry.orders ?? []).map(({ orderId }) => orderId);
  const missing = accepted.filter(
    ({ orderId, resourceIds }) =>
      named.filter((entry) => orderIds(entry).includes(orderId) && sameSet(entry.resourceIds, resourceIds)).length !==
      1,
  );
  const known = new Set(accepted.map(({ orderId }) => orderId));
  const invented = named.flatMap(orderIds).filter((id) => !known.has(id));
  return [
    ...missing.map(({ orderId }) => `the ledger has ${orderId}, and not exactly one journal says so`),
    ...invented.map((id) => `a journal says ${id}, which is not in the ledger`),
    ...entries.filter(isOpen).map(({ id, state }) => `call ${id} is still open: ${state}`),
  ];
}

const sameSet = (one: readonly string[], other: readonly string[]): boolean =>
  one.length === other.length && one.every((id) => other.includes(id));

const orderBody = z.object({ resource_ids: z.array(z.string()) });
const statusBody = z.object({
  status: z.object({
    placements: z.array(z.object({ signedAt: z.string(), resourceIds: z.array(z.string()) })).optional(),
  }),
});

/** Each call that left had its intent written before, by the same process, and left once. */
function unannounced({ seen }: Evidence): string[] {
  const calls = seen.filter(({ name, fate }) => name === 'billing.unsubscribe' && fate !== 'never forwarded');
  const told = new Set<string>();
  return calls.flatMap((call) => {
    const ids = orderBody.parse(call.body).resource_ids;
    const signature = `${dateOf(call)} ${ids.join(' ')}`;
    const intents = seen
      .slice(0, seen.indexOf(call))
      .filter(({ slot, name, fate }) => slot === call.slot && name.startsWith('write Intended') && fate === '200');
    const announced = intents.some(({ body }) =>
      (statusBody.parse(body).status.placements ?? []).some(
        (entry) => Date.parse(entry.signedAt) === dateOf(call) && sameSet(entry.resourceIds, ids),
      ),
    );
    const again = told.has(signature);
    told.add(signature);
    return [
      ...(announced ? [] : [`a call for ${ids.join(', ')} left without its intent in the journal`]),
      ...(again ? [`a call for ${ids.join(', ')} left twice with one signature`] : []),
    ];
  });
}

/** X-Sdk-Date, such as 20260615T083000Z. */
function dateOf({ headers }: Seen): number {
  const text = String(headers['x-sdk-date']);
  return Date.parse(text.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
}

function unfinished({ requests }: Evidence): string[] {
  return requests
    .filter(({ status }) => !isConditionTrue(status.conditions, 'Complete'))
    .map(({ metadata }) => `${metadata.name} is not complete`);
}
