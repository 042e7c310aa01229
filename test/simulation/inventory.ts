import type { DCCServer } from '../../operator/api/objects.ts';
import type { Milliseconds } from '../../operator/clock.ts';
import type { HuaweiAccount } from '../../operator/huaweicloud/account.ts';
import type { Inventory } from '../../operator/inventory/inventory.ts';
import { judgedAnew } from '../../operator/inventory/ledger.ts';
import type { Look } from '../../operator/inventory/look.ts';
import type { Reading, ServerObservation } from '../../operator/inventory/observation.ts';
import type { Polls } from '../../operator/polls.ts';
import {
  aMachine,
  anAccount,
  anObservation,
  anOpenOrder,
  aSubscription,
  backedUp,
  dependents,
  read,
  unreadable,
} from '../builders/observation.ts';
import { type Cloud, type Shown, serviceTypeOf } from './cloud.ts';
import type { CloudFaults } from './cloud-transport.ts';
import type { Host } from './host.ts';
import type { Schedule } from './schedule.ts';

/** What one reading of the project saw: each source as it was at a time of its own, or not at all. */
interface ProjectReading {
  readonly startedAt: Milliseconds;
  endedAt?: Milliseconds;
  readonly seen: Promise<SeenProject>;
}

interface SeenProject extends Pick<ServerObservation, 'observedAt' | 'readBy' | 'nextPollAt'> {
  readonly times: Readonly<Record<Source, number | undefined>>;
}

type Source = 'account' | 'subscription' | 'dependents';

/**
 * In the place of `readProject`: the same sharing of readings, but what they see comes straight from what is true, some seconds
 * late. How pages are read and joined is tested elsewhere. One call is real, because from its answer the account learns the cloud's
 * time.
 */
export function createSimulatedInventory(
  cloud: Cloud,
  host: Host,
  schedule: Schedule,
  { faults, account, polls }: { faults: CloudFaults; account: HuaweiAccount; polls: Polls },
): Inventory {
  let current: ProjectReading | undefined;

  const readSources = async (): Promise<SeenProject['times']> => {
    const source = (what: Shown) => (faults.isCutOff || schedule.chance(faults.failed) ? undefined : cloud.shown(what));
    const wait = (most: number) =>
      new Promise<void>((resolve) => schedule.after(schedule.between(1, most), () => host.run(resolve)));
    const isHeard = await account.billing.balances().then(
      () => true,
      () => false,
    );
    const first = { account: isHeard ? source('Orders') : undefined, subscription: source('Rows') };
    await wait(faults.longReading);
    return { ...first, dependents: source('Machines') };
  };

  const startReading = (): ProjectReading => {
    const { clock } = host;
    const seen = readSources().then((times) => {
      reading.endedAt = clock.elapsed();
      return { times, observedAt: clock.now(), readBy: clock.elapsed(), nextPollAt: polls.next() };
    });
    const reading: ProjectReading = { startedAt: clock.elapsed(), seen };
    return reading;
  };

  return {
    look: async (server, { that, since }) => {
      const at = schedule.now;
      const age = that === 'Began' ? current?.startedAt : (current?.endedAt ?? since);
      if (current === undefined || age === undefined || age < since) current = startReading();
      const seen = await current.seen;
      if (that === 'Began') cloud.glance({ ...glanceAt(server, cloud, seen), process: host.name, at });
      return lookOf(server, cloud, seen);
    },
  };
}

const judgeBackup = () => backedUp;

/** What the sources have shown, in the words of who watches from outside. */
function glanceAt({ spec: { resourceId } }: DCCServer, cloud: Cloud, { times }: SeenProject) {
  const { account, subscription, dependents } = times;
  const facts: readonly (readonly [string, boolean])[] = [
    ['the account had not been read', account === undefined],
    ['the billing row had not been read', subscription === undefined],
    ['the account was in arrears', account !== undefined && cloud.isInArrears(account)],
    ['the server was frozen', subscription !== undefined && cloud.isFrozen(resourceId, subscription)],
  ];
  const machines = dependents === undefined ? undefined : cloud.machinesOn(resourceId, dependents);
  return {
    resourceId,
    against: facts.flatMap(([fact, isSo]) => (isSo ? [fact] : [])),
    machines: machines?.map(({ id }) => `${id} was seen`) ?? ['the machines had not been read'],
    foreignOrders: account === undefined ? [] : foreignOrders(cloud, account, resourceId),
  };
}

const foreignOrders = (cloud: Cloud, at: number, resourceId: string) =>
  cloud.ledger
    .filter(({ signedAt, acceptedAt, endsAt }) => signedAt === undefined && acceptedAt <= at && at < endsAt)
    .filter(({ resourceIds: [first] }) => serviceTypeOf(cloud, first) === serviceTypeOf(cloud, resourceId))
    .map(({ orderId }) => orderId);

function lookOf(server: DCCServer, cloud: Cloud, { times, ...when }: SeenProject): Look {
  const { resourceId } = server.spec;
  const statusAt = (at: number) => {
    if (cloud.isGone(resourceId, at)) return 'Closed';
    return cloud.isFrozen(resourceId, at) ? 'Frozen' : 'InUse';
  };
  const machines = (at: number) => cloud.machinesOn(resourceId, at).map(({ id }) => aMachine(id, { id }));
  const observation = anObservation({
    ...when,
    account: sourceAt(times.account, 'The orders', (at) =>
      anAccount({
        ...{ openOrders: openOrders(cloud, at), cloudTime: cloud.wallClock(at) },
        inArrears: cloud.isInArrears(at),
      }),
    ),
    subscription: sourceAt(times.subscription, 'The billing centre', (at) =>
      aSubscription({ status: statusAt(at), secondaries: disksOf(cloud, resourceId, at) }),
    ),
    dependents: sourceAt(times.dependents, 'ECS servers', (at) => dependents({ machines: machines(at) })),
    departed: judgedAnew(server.status.departed ?? [], {
      judge: judgeBackup,
      aliveElsewhere: new Set(),
      excluded: new Set(),
    }),
  });
  return { judgeBackup, observation };
}

function sourceAt<Value>(at: number | undefined, source: string, value: (at: number) => Value): Reading<Value> {
  return at === undefined ? unreadable('Unavailable', source) : read(value(at));
}

const disksOf = (cloud: Cloud, server: string, at: number) =>
  [...cloud.disks]
    .filter(([disk, of]) => of === server && !cloud.isGone(disk, at))
    .map(([resourceId]) => ({ resourceId, name: '', type: 'hws.resource.type.volume' }));

const openOrders = (cloud: Cloud, at: number) =>
  cloud.ledger
    .filter(({ acceptedAt, endsAt }) => acceptedAt <= at && at < endsAt)
    .map(({ orderId, resourceIds }) => anOpenOrder({ orderId, serviceTypeCode: serviceTypeOf(cloud, resourceIds[0]) }));
