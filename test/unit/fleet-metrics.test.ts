import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import type { DCCServer, Parsed, UnsubscriptionRequest } from '../../operator/api/objects.ts';
import { type Fleet, registerFleetMetrics } from '../../operator/fleet-metrics.ts';
import { aServer } from '../builders/dccserver.ts';
import { aMetadata, lookedAt, minutesLater } from '../builders/metadata.ts';
import { aPlacement, aRequest } from '../builders/unsubscriptionrequest.ts';

const ready = <T>(object: T): Parsed<T> => ({ kind: 'Readable', object });
const at = (date: Date) => date.getTime() / 1_000;

/** Lines of one metric as they are scraped, without comments and sorted. */
async function scraped(name: string, now: Partial<Fleet>, ...later: Partial<Fleet>[]): Promise<string[]> {
  const registry = new Registry();
  const fleets: Fleet[] = [now, ...later].map((fleet) => ({ servers: [], requests: [], ...fleet }));
  let scrape = 0;
  const fleet = (): Fleet => fleets[scrape] ?? expect.fail('nobody expected another scrape');
  registerFleetMetrics(registry, fleet);
  let text = '';
  for (scrape = 0; scrape < fleets.length; scrape += 1) text = await registry.getSingleMetricAsString(name);
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .sort();
}

const condition = (type: string, status: 'True' | 'False', reason: string) => ({
  ...{ type, status, reason, message: 'So it is.' },
  lastTransitionTime: minutesLater(-7).toISOString(),
});
const standing = (reason: string, name?: string): Parsed<UnsubscriptionRequest> =>
  ready(aRequest({ status: { conditions: [condition('Ready', 'False', reason)] } }, name));
const withCalls = (...placements: ReturnType<typeof aPlacement>[]): Partial<Fleet> => ({
  requests: [ready(aRequest({ status: { placements } }))],
});

test('servers and requests are counted by their state, unreadable and new ones too', async () => {
  const unreadable = { kind: 'Unreadable', metadata: aMetadata('odd'), problem: 'spec: is missing' } as const;
  const fleet = {
    servers: [ready(aServer()), unreadable],
    requests: [standing('Blocked'), standing('Blocked', 'other'), standing('Complete')],
  };
  expect(await scraped('dcc_servers', fleet)).toEqual([
    'dcc_servers{state="New"} 1',
    'dcc_servers{state="Unreadable"} 1',
  ]);
  expect(await scraped('dcc_unsubscription_requests', fleet)).toEqual([
    'dcc_unsubscription_requests{state="Blocked"} 2',
    'dcc_unsubscription_requests{state="Complete"} 1',
  ]);
});

test('what was is no longer told when it is no more', async () => {
  expect(
    await scraped('dcc_unsubscription_requests', { requests: [standing('Blocked')] }, { requests: [standing('Held')] }),
  ).toEqual(['dcc_unsubscription_requests{state="Held"} 1']);
});

test('calls are counted by their state, or their result', async () => {
  const fleet = withCalls(
    aPlacement({ state: 'NotPlaced' }),
    aPlacement({ id: '1.2', state: 'Accepted', result: 'Completed' }),
    aPlacement({ id: '2.1', state: 'Unknown' }),
  );
  expect(await scraped('dcc_unsubscription_calls', fleet)).toEqual([
    'dcc_unsubscription_calls{state="Completed"} 1',
    'dcc_unsubscription_calls{state="NotPlaced"} 1',
    'dcc_unsubscription_calls{state="Unknown"} 1',
  ]);
});

test('an open call says when it was signed', async () => {
  const fleet = withCalls(aPlacement({ state: 'NotPlaced' }), aPlacement({ id: '1.2', state: 'Unknown' }));
  expect(await scraped('dcc_unsubscription_open_call_signed_timestamp_seconds', fleet)).toEqual([
    `dcc_unsubscription_open_call_signed_timestamp_seconds{namespace="datacenter",request="retire",call="1.2",state="Unknown"} ${at(lookedAt)}`,
  ]);
});

test.each([
  ['while its order stands', 'Processing', 2, [2]],
  ['while it may', 'Unknown', 2, [2]],
  ['not when there are none', 'Processing', 0, []],
  ['not once it has ended', 'Cancelled', 2, []],
])('a server tells of the machines on it: %s', async (_, state, total, values) => {
  const virtualMachines = { total, byService: {}, remaining: [], omitted: 0, observedTime: lookedAt.toISOString() };
  const status = { unsubscription: { request: 'retire', state }, virtualMachines };
  expect(await scraped('dcc_server_machines_while_ordered', { servers: [ready(aServer('host', { status }))] })).toEqual(
    values.map(
      (value) => `dcc_server_machines_while_ordered{namespace="datacenter",server="host",request="retire"} ${value}`,
    ),
  );
});

test('a request that goes no further says since when', async () => {
  const conditions = [condition('Stalled', 'True', 'OutcomeUnknown')];
  const fine = ready(aRequest({ status: { conditions: [condition('Stalled', 'False', 'Working')] } }, 'fine'));
  const fleet = { requests: [ready(aRequest({ status: { conditions } })), fine] };
  expect(await scraped('dcc_unsubscription_stalled_since_timestamp_seconds', fleet)).toEqual([
    `dcc_unsubscription_stalled_since_timestamp_seconds{namespace="datacenter",request="retire",reason="OutcomeUnknown"} ${at(minutesLater(-7))}`,
  ]);
});

test('of blockers of one kind the oldest is told', async () => {
  const blocker = (server: string, since: Date) => ({
    ...{ condition: 'DependentsDrained', reason: 'VirtualMachinesRemain', server, message: 'm', remedy: 'r' },
    since: since.toISOString(),
  });
  const blockers = [blocker('a', minutesLater(-5)), blocker('b', minutesLater(-9)), blocker('c', minutesLater(-1))];
  expect(
    await scraped('dcc_unsubscription_blocked_since_timestamp_seconds', {
      requests: [ready(aRequest({ status: { blockers } }))],
    }),
  ).toEqual([
    `dcc_unsubscription_blocked_since_timestamp_seconds{namespace="datacenter",request="retire",condition="DependentsDrained",reason="VirtualMachinesRemain"} ${at(minutesLater(-9))}`,
  ]);
});

test('a refund below its estimate is told with what is missing, and no other', async () => {
  const estimate = { refund: '100.00', atLeast: '90.00', currency: 'CNY' };
  const refunded = (refund: string | undefined) =>
    withCalls(
      aPlacement({
        ...{ state: 'Accepted', result: 'Completed', estimate },
        orders: [{ orderId: 'CS1', state: 'Completed', ...(refund && { refund, fee: '1.00', currency: 'CNY' }) }],
      }),
    );
  expect(await scraped('dcc_unsubscription_refund_missing', refunded('50.50'))).toEqual([
    'dcc_unsubscription_refund_missing{namespace="datacenter",request="retire",call="1.1",currency="CNY"} 39.5',
  ]);
  expect(await scraped('dcc_unsubscription_refund_missing', refunded('90.00'))).toEqual([]);
  // What is not told has not come back.
  expect(await scraped('dcc_unsubscription_refund_missing', refunded(undefined))).toEqual([
    'dcc_unsubscription_refund_missing{namespace="datacenter",request="retire",call="1.1",currency="CNY"} 90',
  ]);
});

test('an object that is being deleted and held says since when', async () => {
  const deletionTimestamp = minutesLater(-3).toISOString();
  const held = { deletionTimestamp, finalizers: ['dcc-operator.io/drain'] };
  const servers: Parsed<DCCServer>[] = [
    ready(aServer('held', { metadata: held })),
    ready(aServer('free', { metadata: { deletionTimestamp, finalizers: ['somebody.else/waits'] } })),
    { kind: 'Unreadable', metadata: aMetadata('odd', held), problem: 'spec: is missing' },
  ];
  const requests = [ready(aRequest({ metadata: { deletionTimestamp } })), ready(aRequest({}, 'standing'))];
  const told = await scraped('dcc_deleting_since_timestamp_seconds', { servers, requests });
  expect(told.map((line) => /name="(\w+)",kind="(\w+)"/.exec(line)?.slice(1).join(' '))).toEqual([
    'held DCCServer',
    'odd DCCServer',
    'retire UnsubscriptionRequest',
  ]);
  expect(told[0]).toContain(`} ${at(minutesLater(-3))}`);
});
