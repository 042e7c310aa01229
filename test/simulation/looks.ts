import { resourceIdOf } from '../builders/dccserver.ts';
import type { Glance } from './cloud.ts';
import type { LiveRead } from './live-reads.ts';
import { specOf } from './objects.ts';
import type { Intent } from './violations.ts';

/** What the process of an intent had read of its request past its cache, and seen of the servers. */
export interface Looked {
  /** Oldest first. */
  readonly reads: readonly LiveRead[];
  readonly glances: readonly Glance[];
}

/** When the last look began, at the servers of an intent each: at the one that was looked at first. Zero without one. */
export function lastLookAt({ entry }: Pick<Intent, 'entry'>, looked: Looked): number {
  return Math.min(...entry.servers.map((name) => looksAt(name, entry.holder, looked).at(-1)?.from ?? 0));
}

/**
 * The looks of a process at one server, oldest first: each begins with reading the request live. Without a glance at the server such a
 * reading is no look: passes of other servers read the request as well, when they still bear a claim of its name.
 */
function looksAt(server: string, process: string | undefined, { reads, glances }: Looked) {
  const ofServer = glances.filter((glance) => glance.process === process && glance.resourceId === resourceIdOf(server));
  const from = reads.map(({ at }) => at);
  const until = [...from.slice(1), Number.POSITIVE_INFINITY];
  return from
    .map((began, i) => ({ from: began, glances: ofServer.filter(({ at }) => at >= began && at < (until[i] ?? 0)) }))
    .filter((look) => look.glances.length > 0);
}

/**
 * An order follows two fresh looks at each of its servers, in none of which anything spoke against it: the one before it, and one
 * before that, each of which begins with reading the request live.
 */
export function violationsOfLooks(
  { entry, request }: Pick<Intent, 'entry' | 'request'>,
  looked: Looked,
  named: ReadonlyMap<string, number>,
): string[] {
  const givesBack = specOf(request).scope === 'ResourceAndRenewals';
  const objections = ({ against, machines, foreignOrders }: Glance): string[] => [
    ...against,
    ...(givesBack ? machines : []),
    // One that a journal names is known for what it is.
    ...foreignOrders.filter((orderId) => !named.has(orderId)).map((orderId) => `${orderId} was open`),
  ];
  return entry.servers.flatMap((name) => {
    const looks = looksAt(name, entry.holder, looked).slice(-2);
    const bad = looks.find(({ glances }) => !glances.some((glance) => objections(glance).length === 0));
    if (looks.length === 2 && bad === undefined) return [];
    const why = bad === undefined ? 'there were not two looks' : bad.glances.flatMap(objections)[0];
    return [`the intent ${entry.id} of ${request.metadata.name} was written though of ${name} ${why}`];
  });
}
