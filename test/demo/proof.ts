import { sum } from '../../operator/api/money.ts';
import { demo } from '../huaweicloud/demo-world.ts';
import type { Ledger } from '../huaweicloud/world/ledger.ts';
import type { World } from '../huaweicloud/world/world.ts';
import { NotAsTold, type Stage } from './stage.ts';
import { requestIn, serverIn, stateOf, type View } from './view.ts';

/** A server that the demo has given back, and the request that asked for it. */
export interface Retired {
  readonly server: string;
  readonly resourceId: string;
  readonly request: string;
}

/**
 * Everything in the cloud's own record that is not as it must be at the end, in sentences; empty when all is well. The
 * cloud is asked, not the operator: only these orders, one for each server, no virtual machine lost, nothing refused, and
 * the refunds that the operator reports are those that the cloud paid out.
 */
export function faultsOf(retired: readonly Retired[], world: World, view: View): string[] {
  const { accepted, refused } = world.ledger;
  const others = accepted.filter(
    ({ resourceIds }) => !retired.some(({ resourceId }) => resourceIds.includes(resourceId)),
  );
  return [
    ...retired.flatMap((one) => faultsOfOne(one, world, view)),
    ...others.map(({ orderId, resourceIds }) => `order ${orderId} for ${resourceIds.join(', ')} was not asked for`),
    ...accepted.flatMap(({ orderId, vmsDestroyed }) =>
      vmsDestroyed.map(({ name }) => `order ${orderId} destroyed the virtual machine ${name}`),
    ),
    ...refused.map(({ code, resourceIds }) => `an order for ${resourceIds.join(', ')} had to be refused: ${code}`),
  ];
}

function faultsOfOne({ server, resourceId, request }: Retired, world: World, view: View): string[] {
  const orders = ordersFor(resourceId, world.ledger);
  const [order] = orders;
  if (order === undefined || orders.length > 1) return [`${server} has ${orders.length} orders instead of one`];
  const paid = world.orders.find(({ orderId }) => orderId === order.orderId);
  const refund = `${paid?.unsubscription?.refund} ${paid?.currency}`;
  const [reported, seen] = [requestIn(view, request), serverIn(view, server)];
  const facts: [string, boolean][] = [
    [`${request} is not Complete`, reported !== undefined && stateOf(reported) === 'Complete'],
    [`${request} reports a refund of ${reported?.status.refund}, not ${refund}`, reported?.status.refund === refund],
    [`${server} is not Unsubscribed`, seen !== undefined && stateOf(seen) === 'Unsubscribed'],
    [`${server} names another order`, seen?.status.unsubscription?.orderId === order.orderId],
  ];
  return facts.filter(([, holds]) => !holds).map(([fault]) => fault);
}

const ordersFor = (resourceId: string, { accepted }: Ledger) =>
  accepted.filter(({ resourceIds }) => resourceIds.includes(resourceId));

/** The servers that the story gives back. */
const retired: readonly Retired[] = [demo.servers.host01, demo.servers.host02, demo.servers.host03].map((server) => ({
  server: server.name,
  resourceId: server.resourceId,
  request: `retire-${server.name}`,
}));

/** Shows how everything stands at the end, and gives the refunds in words. @throws NotAsTold when anything is not as it must be. */
export async function prove(stage: Stage, world: World): Promise<string> {
  await stage.narrate('How the objects stand:');
  await stage.kubectl('get', 'dccservers', '-o', 'wide');
  await stage.kubectl('get', 'unsubscriptionrequests', '-o', 'wide');
  await stage.narrate("And the cloud's own record, which the operator cannot touch:");
  await stage.cloud('ledger');
  const faults = faultsOf(retired, world, stage.view());
  if (faults.length > 0) throw new NotAsTold(`the end is not as told: ${faults.join('; ')}`);
  const orders = world.orders.filter(({ unsubscription }) => unsubscription !== null);
  return `${sum(orders.map(({ unsubscription }) => unsubscription?.refund ?? '0'))} ${orders[0]?.currency}`;
}
