import type { DCCServer } from '../../operator/api/objects.ts';
import type { Milliseconds } from '../../operator/clock.ts';
import type { HuaweiAccount } from '../../operator/huaweicloud/account.ts';
import type { Inventory } from '../../operator/inventory/inventory.ts';
import { judgedAnew } from '../../operator/inventory/ledger.ts';
import type { Look } from '../../operator/inventory/look.ts';
import type {
  BackupJudgement,
  Dependents,
  ReadFailure,
  Reading,
  ServerObservation,
  Subscription,
} from '../../operator/inventory/observation.ts';
import type { Cloud } from './cloud.ts';
import type { CloudFaults } from './cloud-transport.ts';
import type { Host } from './host.ts';
import type { Schedule } from './schedule.ts';

/** What one reading of the project saw: each source as it was at a time of its own, or not at all. */
interface ProjectReading {
  readonly startedAt: Milliseconds;
  readonly times: Promise<Readonly<Record<Source, number | undefined>>>;
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
  { faults, account }: { faults: CloudFaults; account: HuaweiAccount },
): Inventory {
  let current: ProjectReading | undefined;

  const read = async (): ProjectReading['times'] => {
    const source = () => (faults.isCutOff || schedule.chance(faults.failed) ? undefined : cloud.shown());
    const wait = (most: number) =>
      new Promise<void>((resolve) => schedule.after(schedule.between(1, most), () => host.run(resolve)));
    const isHeard = await account.billing.balances().then(
      () => true,
      () => false,
    );
    const first = { account: isHeard ? source() : undefined, subscription: source() };
    await wait(faults.latency * 4);
    return { ...first, dependents: source() };
  };

  return {
    look: async (server, since) => {
      if (current === undefined || current.startedAt < since)
        current = { startedAt: host.clock.elapsed(), times: read() };
      const times = await current.times;
      return lookOf(server, cloud, times, host);
    },
  };
}

const judgeBackup = (): BackupJudgement => ({ kind: 'Protected', id: 'backup-1', createdAt: '2026-03-01T03:00:00Z' });

function lookOf(server: DCCServer, cloud: Cloud, times: Awaited<ProjectReading['times']>, { clock }: Host): Look {
  const { resourceId } = server.spec;
  const observedAt = clock.now();
  const dependents = seen(
    times.dependents,
    'ECS servers',
    (at): Dependents => ({
      basis: 'Mapping',
      machines: cloud.machinesOn(resourceId, at).map(({ id }) => ({
        ...{ id, name: id, service: 'ECS' as const, status: 'ACTIVE', placed: 'Here' as const },
        backup: judgeBackup(),
      })),
      mismatch: undefined,
      aliveElsewhere: new Set(),
    }),
  );
  const observation: ServerObservation = {
    observedAt,
    readBy: clock.elapsed(),
    account: seen(times.account, 'The orders', (at) => ({
      ...{ debt: '0', currency: 'CNY', inArrears: false },
      openOrders: openOrders(cloud, at),
    })),
    subscription: seen(times.subscription, 'The billing centre', (at) => subscription(cloud.isGone(resourceId, at))),
    dependents,
    autoPlacement: false,
    departed: judgedAnew(server.status.departed ?? [], {
      judge: judgeBackup,
      aliveElsewhere: new Set(),
      excluded: new Set(),
    }),
  };
  return { judgeBackup, observation };
}

function seen<Value>(at: number | undefined, source: string, value: (at: number) => Value): Reading<Value> {
  return at === undefined ? { kind: 'Unreadable', failure: failureOf(source) } : { kind: 'Read', value: value(at) };
}

const failureOf = (source: string): ReadFailure => ({
  source,
  cause: 'Unavailable',
  message: 'No answer came.',
  remedy: 'It is read again.',
});

const openOrders = ({ ledger }: Cloud, at: number) =>
  ledger
    .filter(({ acceptedAt, endsAt }) => acceptedAt <= at && at < endsAt)
    .map(({ orderId }) => ({ orderId, state: 'Processing' as const, serviceTypeCode: 'hws.service.type.dcc' }));

const subscription = (isGone: boolean): Subscription => ({
  status: isGone ? 'Closed' : 'InUse',
  isPrimary: true,
  region: undefined,
  projectId: undefined,
  serviceTypeCode: 'hws.service.type.dcc',
  effectiveTime: '2026-01-01T00:00:00Z',
  expireTime: '2027-01-01T00:00:00Z',
  autoRenewal: false,
  secondaries: [],
});
