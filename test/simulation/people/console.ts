import type { Placement } from '../../../operator/api/unsubscriptionrequest.ts';
import { minutes, seconds } from '../../../operator/clock.ts';
import { type LedgerOrder, settleWindow } from '../cloud.ts';
import type { Known } from './known.ts';

const briefly = seconds(3);
const forLong = minutes(4);

export function startMachine({ schedule, cloud, tell }: Known): void {
  const resourceId = schedule.pick(cloud.resources) ?? '';
  const id = `vm-${cloud.machines.length + 1}`;
  // Some stand for so long that no look may have missed them.
  const until = schedule.now + schedule.between(seconds(1), minutes(3));
  tell(`start ${id} on ${resourceId} until ${until / 1_000} s`);
  cloud.machines.push({ id, resourceId, from: schedule.now, until });
}

/** Nobody pays the bill, or a case is opened: for a while nothing may be ordered. */
export function makeTrouble({ schedule, cloud, tell }: Known): void {
  const resourceId = schedule.pick([undefined, ...cloud.resources]);
  const until = schedule.now + schedule.between(seconds(1), minutes(2));
  const trouble = resourceId === undefined ? 'let the account fall into arrears' : `freeze ${resourceId}`;
  tell(`${trouble} until ${until / 1_000} s`);
  cloud.troubles.push({ resourceId, from: schedule.now, until });
}

export function orderAnything(known: Known, spared: readonly string[] = []): void {
  const { schedule, cloud } = known;
  const ids = [...cloud.resources, ...cloud.disks.keys()].filter((id) => !spared.includes(id));
  // Some wait for their approval until long after somebody approved a request.
  order(known, [schedule.pick(ids) ?? ''], schedule.chance(0.2) ? forLong : undefined);
}

/** It ends while requests for the same wait for its end. */
export function orderLongBefore({ schedule, cloud }: Known): void {
  const since = schedule.now - minutes(10);
  const lasts = schedule.between(seconds(5), seconds(100)) - since;
  const resourceIds = [schedule.pick(cloud.resources) ?? ''];
  cloud.accept({ resourceIds, refused: [], signedAt: undefined, givesBack: true }, lasts, since);
}

function order({ cloud }: Known, resourceIds: readonly string[], lasts?: number, givesBack = true): void {
  if (cloud.standingOrders(resourceIds).length > 0) return;
  cloud.accept({ resourceIds, refused: [], signedAt: undefined, givesBack }, lasts);
}

/** Who sees in the console that an order came to nothing makes one there. */
export function orderAgain(known: Known, { ends, endsAt, signedAt, resourceIds: [resourceId] }: LedgerOrder): void {
  const { schedule, takesOccasion } = known;
  if (ends === 'Completed' || signedAt === undefined || resourceId === undefined || !takesOccasion()) return;
  const delay = endsAt - schedule.now + schedule.between(seconds(1), seconds(20));
  schedule.after(delay, () => order(known, [resourceId]));
}

/** Who sees no order of a call in the console makes one there, or one for a part of it, for more, or for its renewals. */
export function orderWhatIsMissing(known: Known, call: Placement): void {
  const { schedule, cloud, isResting } = known;
  if (isResting || !schedule.chance(0.7)) return;
  const own = call.resourceIds;
  const [first = '', ...others] = own;
  const soon = (deed: () => void) => schedule.after(schedule.between(0, seconds(30)), deed);
  if (others.length > 0 && schedule.chance(0.7)) soon(() => order(known, [first], briefly));
  else if (schedule.chance(0.15)) soon(() => order(known, own, briefly, false));
  else if (schedule.chance(0.2)) soon(() => order(known, cloud.resources.slice(0, 2), briefly));
  else orderAnotherFirst(known, call);
}

/** First another resource, unless somebody has just done so, and right before the window of a lost call is over, or later, what that was for. */
function orderAnotherFirst(known: Known, { resourceIds: own, signedAt }: Placement): void {
  const { schedule, cloud } = known;
  const other = schedule.pick(cloud.resources.filter((id) => !own.includes(id)));
  if (other === undefined) return;
  const isNew = (one: LedgerOrder) => one.signedAt === undefined && one.acceptedAt > schedule.now - settleWindow;
  if (!cloud.ledger.some(isNew))
    schedule.after(schedule.between(0, seconds(80)), () =>
      order(known, [other], schedule.pick([briefly, briefly, forLong])),
    );
  const rest = new Date(signedAt).getTime() + settleWindow - cloud.wallClock().getTime();
  const atLast = schedule.chance(0.8) ? rest - schedule.between(seconds(3), seconds(9)) : minutes(3);
  schedule.after(Math.max(0, atLast), () => {
    for (const id of own) order(known, [id], briefly);
  });
}
