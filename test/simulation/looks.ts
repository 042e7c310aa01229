import { resourceIdOf } from '../builders/dccserver.ts';
import type { Glance } from './cloud.ts';
import { specOf } from './objects.ts';
import type { Intent } from './violations.ts';

/**
 * An order follows two fresh looks at each of its servers, in none of which anything spoke against it: the one before it, and one
 * before that, each of which begins with reading the request live.
 */
export function violationsOfLooks(
  { entry, request }: Intent,
  looks: readonly number[],
  glances: readonly Glance[],
  named: ReadonlyMap<string, number>,
): string[] {
  const [first = Number.POSITIVE_INFINITY, second = Number.POSITIVE_INFINITY] = looks;
  const givesBack = specOf(request).scope === 'ResourceAndRenewals';
  const objections = ({ against, machines, foreignOrders }: Glance): string[] => [
    ...against,
    ...(givesBack ? machines : []),
    // One that a journal names is known for what it is.
    ...foreignOrders.filter((orderId) => !named.has(orderId)).map((orderId) => `${orderId} was open`),
  ];
  return entry.servers.flatMap((name) => {
    const ofServer = glances.filter(
      ({ process, resourceId }) => process === entry.holder && resourceId === resourceIdOf(name),
    );
    const within = [ofServer.filter(({ at }) => at >= first && at < second), ofServer.filter(({ at }) => at >= second)];
    const bad = within.find((some) => !some.some((glance) => objections(glance).length === 0));
    if (bad === undefined) return [];
    const why = bad.length === 0 ? 'there were not two looks' : bad.flatMap(objections)[0];
    return [`the intent ${entry.id} of ${request.metadata.name} was written though of ${name} ${why}`];
  });
}
