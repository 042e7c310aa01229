import { settlePrefix } from '../../../operator/api/names.ts';
import type { Placement } from '../../../operator/api/unsubscriptionrequest.ts';
import type { StoredObject } from '../api-server.ts';
import { isFor } from '../cloud.ts';
import { journalOf, openCalls, statusOf } from '../objects.ts';
import type { Known } from './known.ts';
import { annotate } from './manifests.ts';

function state(known: Known, object: StoredObject | undefined, says: (call: Placement) => string | undefined): void {
  if (object === undefined) return;
  for (const call of journalOf(object))
    if (call.state === 'Unknown' || call.state === 'Intended')
      annotate(known, object, `${settlePrefix}${call.id}`, says(call));
}

const whatBecameOf = ({ cloud }: Known, call: Placement): string =>
  cloud.ledger.find((order) => isFor(order, call))?.orderId ?? 'none';

/** Who says what became of a call looks at the ledger, and says what is true then. */
export function stateWhatIsTrue(known: Known, object: StoredObject | undefined): void {
  state(known, object, (call) => whatBecameOf(known, call));
}

export function stateWhatIsFalse(known: Known, object: StoredObject | undefined): void {
  state(known, object, () => 'CS0');
}

export function stateAll(known: Known): void {
  for (const request of known.requests()) stateWhatIsTrue(known, request);
}

const isStuck = (object: StoredObject): boolean =>
  statusOf(object).conditions?.some(({ type }) => type === 'Stalled') ?? false;

/** What was said before it was asked for is taken back first, as the operator demands. */
export function answerIfStuck(known: Known, object: StoredObject): void {
  if (isStuck(object))
    state(known, object, (call) => (call.askedAt === undefined ? undefined : whatBecameOf(known, call)));
}

/** What was refused of a call and is still there: nobody may have heard of it, and then the call does not come to its end. */
const refusedPart = ({ cloud, schedule }: Known, call: Placement): string[] =>
  cloud.ledger
    .filter((order) => isFor(order, call))
    .flatMap(({ refused }) => refused.filter((id) => !cloud.isGone(id, schedule.now)));

/** Gives whether anything was refused. At first people take one for the other: what is gone for what was refused. */
export function stateRefusals(known: Known, object: StoredObject): boolean {
  const stated = openCalls(object).map((call) => {
    const part = refusedPart(known, call);
    const others = call.resourceIds.filter((id) => !part.includes(id));
    const key = `${settlePrefix}${call.id}`;
    const isCorrected = object.metadata.annotations?.[key]?.startsWith('refused=') ?? false;
    if (part.length > 0) annotate(known, object, key, `refused=${(isCorrected ? part : others).join()}`);
    return part.length > 0;
  });
  return stated.includes(true);
}
