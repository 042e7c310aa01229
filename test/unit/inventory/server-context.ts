import { drainFinalizer } from '../../../operator/api/names.ts';
import type { DCCServer } from '../../../operator/api/objects.ts';
import { hours, minutes, seconds } from '../../../operator/clock.ts';
import { createFirstLooks } from '../../../operator/inventory/first-looks.ts';
import type { ServerContext } from '../../../operator/inventory/reconcile.ts';
import { everyMinute } from '../../builders/polls.ts';

const notNeeded = (): never => {
  throw new Error('a server that stands alone asks for nothing more');
};

/** What the controller of servers works with: these servers, which no request names; a released one is gone. */
export function aServerContext(
  servers: readonly DCCServer[],
  world: Pick<ServerContext, 'inventory' | 'clock'> & Partial<ServerContext>,
) {
  const known = new Map(servers.map((server) => [server.metadata.name, server]));
  const released: string[] = [];
  const context: ServerContext = {
    servers: {
      cached: (_, name) => {
        const object = known.get(name);
        return object === undefined ? undefined : { kind: 'Readable', object };
      },
      all: notNeeded,
      byIndex: notNeeded,
      live: notNeeded,
      writeRawStatus: notNeeded,
      holdFinalizer: notNeeded,
      releaseFinalizer: async ({ metadata: { name, finalizers } }) => {
        if (!finalizers?.includes(drainFinalizer)) return;
        released.push(name);
        known.delete(name);
      },
      writeStatus: async (object, status) => {
        const written = { ...object, status };
        known.set(object.metadata.name, written);
        return written;
      },
    },
    requestsNaming: () => [],
    liveRequest: notNeeded,
    tellIfLeft: async () => {},
    unreadableRequests: () => new Set(),
    accounts: { accountOf: notNeeded },
    callWindow: { window: minutes(20), clockBound: minutes(1), claimedOrders: () => new Set() },
    callsDeadAfter: hours(1),
    polls: everyMinute(world.clock),
    firstLooks: createFirstLooks(seconds(5)),
    announce: () => {},
    remind: () => {},
    ...world,
  };
  return { context, known, released };
}
