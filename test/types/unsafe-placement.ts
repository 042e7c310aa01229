/**
 * Wrong programs, each under `@ts-expect-error`: `npm run typecheck` fails when one of them compiles. Above each stands the
 * right program that differs from it in one thing, so that it is that thing which the compiler refuses. Nothing runs this file.
 */
import { seconds } from '../../operator/clock.ts';
import type { HuaweiAccount } from '../../operator/huaweicloud/account.ts';
import {
  type SignedUnsubscription,
  sendUnsubscription,
  signUnsubscription,
  type UnsubscriptionOrder,
} from '../../operator/huaweicloud/billing-unsubscribe.ts';
import type { OrderChannel } from '../../operator/huaweicloud/order-channel.ts';
import type { RequestContext } from '../../operator/unsubscription/context.ts';
import { type RecordedIntent, recordIntent } from '../../operator/unsubscription/placement/intent.ts';
import type { Cleared, LastLook, PlaceDecision } from '../../operator/unsubscription/placement/last-look.ts';
import { place } from '../../operator/unsubscription/placement/place.ts';
import { send } from '../../operator/unsubscription/placement/send.ts';
import type { Snapshot } from '../../operator/unsubscription/snapshot.ts';
import type { Decision } from '../../operator/unsubscription/steps.ts';

declare const context: RequestContext;
declare const account: HuaweiAccount;
declare const order: UnsubscriptionOrder;
declare const snapshot: Snapshot;
declare const decision: Decision;
declare const placing: PlaceDecision;
declare const look: LastLook;
declare const cleared: Cleared;
declare const intent: RecordedIntent;
declare const signed: SignedUnsubscription;
declare const signal: AbortSignal;
const limits = { deadline: seconds(30) };

// Everything that the proof says, without the proof.
const { seen } = cleared;
const written = { ...intent.written, signed };
const dated = { resourceIds: signed.resourceIds, signedAt: signed.signedAt };

export const wrongPrograms = {
  forgesCleared: (): Cleared[] => [
    cleared,
    // @ts-expect-error: only `lastLook` makes one.
    seen,
    // @ts-expect-error: what was cleared is not cleared for something else.
    { ...cleared, seen: { ...seen, decision: placing } },
    // @ts-expect-error: nor is a copy of it.
    { ...cleared },
  ],
  forgesRecordedIntent: (): RecordedIntent[] => [
    intent,
    // @ts-expect-error: only `recordIntent` makes one.
    written,
    // @ts-expect-error: one proof is no other.
    cleared,
    // @ts-expect-error: an intent is not one for another call.
    { ...intent, written },
    // @ts-expect-error: nor is a copy of it.
    { ...intent },
  ],
  forgesSignedUnsubscription: (): SignedUnsubscription[] => [
    signed,
    // @ts-expect-error: only `signUnsubscription` makes one.
    dated,
  ],
  forgesOrderChannel: (): OrderChannel[] => [
    account.orderChannel,
    // @ts-expect-error: only an account makes one.
    {},
    // @ts-expect-error: an account is not its channel.
    account,
  ],
  signsWithoutAccount: () => [
    signUnsubscription(account.orderChannel, order),
    // @ts-expect-error: no account made this channel.
    signUnsubscription({ kind: 'OrderChannel' }, order),
  ],
  sendsWhatIsNotSigned: () => [
    sendUnsubscription(signed, limits),
    // @ts-expect-error: an order is not a signed order.
    sendUnsubscription(order, limits),
    // @ts-expect-error: a signature that is still being made is none.
    sendUnsubscription(signUnsubscription(account.orderChannel, order), limits),
  ],
  sendsWithoutIntent: () => [
    send(intent, limits),
    // @ts-expect-error: a signed order without an intent in the journal.
    send(signed, limits),
    // @ts-expect-error: what the last look cleared is not intended yet.
    send(cleared, limits),
    // @ts-expect-error: an entry of the journal that somebody else may have written.
    send(written, limits),
    // @ts-expect-error: what the proof holds, in its shape.
    send({ written: intent.written }, limits),
    // @ts-expect-error: an intent that is still being written.
    send(recordIntent(context, cleared, signal), limits),
  ],
  intendsWithoutLastLook: () => [
    recordIntent(context, cleared, signal),
    // @ts-expect-error: what was read for the decision is not the last look.
    recordIntent(context, seen, signal),
    // @ts-expect-error: nor is it in the shape of the proof.
    recordIntent(context, { seen }, signal),
    // @ts-expect-error: the last look may have shown that something changed.
    recordIntent(context, look, signal),
    ...(look.kind === 'Cleared' ? [recordIntent(context, look.cleared, signal)] : []),
    // @ts-expect-error: and then it cleared nothing.
    ...(look.kind === 'Changed' ? [recordIntent(context, look.cleared, signal)] : []),
  ],
  placesAnotherDecision: () => [
    place(context, snapshot, placing, signal),
    // @ts-expect-error: the steps may have decided to wait.
    place(context, snapshot, decision, signal),
    // @ts-expect-error: a decision to follow an order is no order.
    place(context, snapshot, { do: 'RecordPlacement', placement: written.placement }, signal),
    ...(decision.do === 'Place' ? [place(context, snapshot, decision, signal)] : []),
  ],
};
