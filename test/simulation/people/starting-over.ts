import { forceReleaseAnnotation } from '../../../operator/api/names.ts';
import { seconds } from '../../../operator/clock.ts';
import type { StoredObject } from '../api-server.ts';
import { hasEnded, requestsPlural, serversPlural, specOf } from '../objects.ts';
import type { Known } from './known.ts';
import { annotate, applyAs, applyServers, remove } from './manifests.ts';

/** Who gave something up makes a new request for it, approved as the old one was: so it comes from Git. */
export function replace(known: Known, old: StoredObject | undefined): void {
  if (old === undefined) return;
  if (!hasEnded(old)) remove(known, requestsPlural, old.metadata.name);
  applyAs(known, old);
}

/** Lets a request go by force; the product sees to it that its servers know of what is open. */
export function force(known: Known, object: StoredObject | undefined, then: () => void = () => undefined): void {
  if (object === undefined) return;
  const { schedule, server } = known;
  const { name, uid } = object.metadata;
  remove(known, requestsPlural, name);
  const insist = () => {
    const now = server.get(requestsPlural, name);
    if (now?.metadata.uid !== uid) return then();
    annotate(known, now, forceReleaseAnnotation, 'nobody waits any longer');
    schedule.after(schedule.between(seconds(1), seconds(10)), insist);
  };
  insist();
}

export function forceAndStartOver(known: Known, object: StoredObject | undefined): void {
  force(known, object, () => startOver(known, object));
}

/** Whoever lets a request go may clear up after it: what its servers remember of it is gone with them. */
function startOver(known: Known, old: StoredObject | undefined): void {
  if (old !== undefined && known.schedule.chance(0.6))
    for (const { name } of specOf(old).servers) remove(known, serversPlural, name);
  applyAs(known, old);
  known.soon(() => applyServers(known));
}
