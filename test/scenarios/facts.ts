import type { UnsubscriptionRequest } from '../../operator/api/objects.ts';
import { hours, parseDuration } from '../../operator/clock.ts';
import { touches } from '../huaweicloud/world/orders.ts';
import type { Scenario as Stage } from '../integration/operator/scenario.ts';
import type { PlaceholderName, Values } from './placeholders.ts';

/** What a file says by name, as it is in this run. */
export interface Facts {
  /** The orders that the operator placed, by the names of their resources. */
  orders(): string[][];
  /** What the placeholders stand for; `request` is the one of the moment. */
  values(request: UnsubscriptionRequest | undefined): Values;
  /** Remembers the machines that there are: they may be deleted by the time when their ids are asked for. */
  note(): void;
}

export function factsOf(stage: Stage, began: Date): Facts {
  const { world } = stage.cloud;
  const machines = new Map<string, string>();
  const note = () => {
    for (const { name, id } of [...world.virtualMachines, ...world.rdsInstances]) machines.set(name, id);
  };
  note();
  const nameOf = (id: string) => world.billingResources.find(({ resourceId }) => resourceId === id)?.resourceName ?? id;
  const rowOf = (name: string) =>
    world.billingResources.find(({ resourceName }) => resourceName === name) ?? unknown(`resource ${name}`);
  const newestOrder = (name: string) => {
    const id = rowOf(name).resourceId;
    const order = world.orders.findLast((one) => one.type > 2 && touches(one, id));
    return order?.orderId ?? unknown(`order about ${name}`);
  };
  const value = (name: PlaceholderName, argument: string, request: UnsubscriptionRequest | undefined): string => {
    switch (name) {
      case 'plan':
        return request?.status.plan?.id ?? unknown('plan');
      case 'approved':
        return request?.spec.approvedPlan ?? unknown('approved plan');
      case 'resourceId':
        return rowOf(argument).resourceId;
      case 'machineId':
        return machines.get(argument) ?? unknown(`virtual machine ${argument}`);
      case 'order':
        return newestOrder(argument);
      case 'renewalDay':
        return renewalDay(rowOf(argument));
      case 'namespace':
        return stage.namespace;
      case 'time':
        return timeAt(began, argument);
    }
  };
  return {
    note,
    orders: () =>
      stage.orders
        .filter(({ placedBy }) => placedBy === 'api')
        .map(({ resourceIds }) => resourceIds.map(nameOf).sort()),
    values: (request) => (name, argument) => value(name, argument, request),
  };
}

/** The cloud takes the money for the next period seven days before the end of this one. */
function renewalDay({ expireTime }: { expireTime: string }): string {
  return new Date(Date.parse(expireTime) - hours(7 * 24)).toISOString().slice(0, 10);
}

function timeAt(began: Date, argument: string): string {
  const distance = parseDuration(argument.slice(1)) ?? 0;
  return new Date(began.getTime() + (argument.startsWith('-') ? -distance : distance)).toISOString();
}

function unknown(what: string): never {
  throw new Error(`there is no ${what} by now`);
}
