import { expect, test } from 'vitest';
import { drainFinalizer } from '../../../operator/api/names.ts';
import { minutes } from '../../../operator/clock.ts';
import type { ServerObservation } from '../../../operator/inventory/observation.ts';
import { reconcileServer, type ServerContext } from '../../../operator/inventory/reconcile.ts';
import { aServer } from '../../builders/dccserver.ts';
import { anObservation, backedUp, unreadable } from '../../builders/observation.ts';
import { createVirtualClock } from '../../virtual-clock.ts';

const notNeeded = (): never => {
  throw new Error('a server that stands alone asks for nothing more');
};

/** A server alone in the world, of which each pass sees what `observed` holds. */
function alone(observed: ServerObservation[]) {
  let server = aServer('server-1', { metadata: { finalizers: [drainFinalizer] } });
  const told: string[] = [];
  const reminded: string[] = [];
  const context: ServerContext = {
    servers: {
      cached: () => ({ kind: 'Readable', object: server }),
      all: notNeeded,
      byIndex: notNeeded,
      live: notNeeded,
      writeRawStatus: notNeeded,
      holdFinalizer: notNeeded,
      releaseFinalizer: notNeeded,
      writeStatus: async (object, status) => {
        server = { ...object, status };
        return server;
      },
    },
    requestsNaming: () => [],
    liveRequest: notNeeded,
    tellIfLeft: notNeeded,
    unreadableRequests: () => new Set(),
    inventory: {
      look: async () => ({ observation: observed.shift() ?? anObservation(), judgeBackup: () => backedUp }),
    },
    clock: createVirtualClock(),
    pollInterval: minutes(1),
    announce: (_, { reason }) => told.push(reason),
    remind: (_, { reason }) => reminded.push(reason),
  };
  const pass = () => reconcileServer(context, 'datacenter', 'server-1', new AbortController().signal);
  return { pass, told, reminded };
}

test('a server that cannot be read is announced once and reminded of on every pass, until it can be', async () => {
  const down = anObservation({ subscription: unreadable() });
  const { pass, told, reminded } = alone([anObservation(), down, down, down, anObservation()]);
  for (let passes = 0; passes < 5; passes += 1) {
    expect(await pass()).toEqual({ kind: 'RequeueAfter', after: minutes(1) });
  }
  expect(told).toEqual(['Observed', 'CannotRead', 'Observed']);
  expect(reminded).toEqual(['CannotRead', 'CannotRead', 'CannotRead']);
});
