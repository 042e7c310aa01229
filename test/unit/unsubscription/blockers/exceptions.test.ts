import { describe, expect, test } from 'vitest';
import { blockersOf } from '../../../../operator/unsubscription/blockers/rules.ts';
import { planOf } from '../../../../operator/unsubscription/plan.ts';
import type { Snapshot, Subscription } from '../../../../operator/unsubscription/snapshot.ts';
import { aDepartedMachine, aSeenMachine, machinesSeen } from '../../../builders/dccserver.ts';
import { lookedAt, minutesLater } from '../../../builders/metadata.ts';
import {
  aMachine,
  anAccount,
  anOpenOrder,
  aSubscription,
  dependents,
  read,
  unreadable,
} from '../../../builders/observation.ts';
import { aFoundServer, approve, aSnapshot, withJournal } from '../../../builders/snapshot.ts';

const oneServer = (changes: Parameters<typeof aFoundServer>[1], spec: Snapshot['request']['spec'] | object = {}) =>
  aSnapshot({ servers: [aFoundServer('server-1', changes)], request: { spec } });
const occupied = { observation: { dependents: read(dependents({ machines: [aMachine('vm-1')] })) } };
const lostData = { departed: [aDepartedMachine('vm-1', { backup: undefined, problem: 'BackupMissing' as const })] };
const disk = { resourceId: 'disk-1', name: '', type: 'hws.resource.type.volume' };
const subscribed = (changes: Partial<Subscription>) => ({
  observation: { subscription: read(aSubscription(changes)) },
});
const ordering = (...orders: Partial<ReturnType<typeof anOpenOrder>>[]) => ({
  observation: { account: read(anAccount({ openOrders: orders.map(anOpenOrder) })) },
});
const portfolioOf = (count: number) =>
  Array.from({ length: count }, (_, index) => aFoundServer(`server-${index + 1}`, { spec: { portfolio: 'suite' } }));

const harmless: [what: string, snapshot: Snapshot][] = [
  ['virtual machines when only renewals are cancelled', oneServer(occupied, { scope: 'RenewalsOnly' })],
  ['lost data when only renewals are cancelled', oneServer({ status: lostData }, { scope: 'RenewalsOnly' })],
  [
    'an unreadable list of machines when only renewals are cancelled',
    oneServer({ observation: { dependents: unreadable() } }, { scope: 'RenewalsOnly' }),
  ],
  [
    'that the cloud refused it alone, once its portfolio is declared',
    aSnapshot({
      servers: [
        aFoundServer('server-1', {
          spec: { portfolio: 'suite' },
          status: { unsubscription: { request: 'earlier', state: 'Rejected', code: 'CBC.99003185' } },
        }),
        aFoundServer('server-2', { spec: { portfolio: 'suite' } }),
      ],
    }),
  ],
  [
    'that the cloud refused it for another reason, which has passed',
    oneServer({ status: { unsubscription: { request: 'earlier', state: 'Rejected', code: 'CBC.99003651' } } }),
  ],
  [
    'lost data that a person waived',
    oneServer({ spec: { backup: { requirement: 'Waived' } }, status: { ...lostData, virtualMachines: undefined } }),
  ],
  [
    'lost data of a machine that a person excluded',
    oneServer({
      spec: { virtualMachines: { exclude: [{ id: 'id-of-vm-1', service: 'ECS', reason: 'A test machine.' }] } },
      status: lostData,
    }),
  ],
  [
    'a machine that is neither there nor in the ledger, but excluded',
    oneServer({
      spec: { virtualMachines: { exclude: [{ id: 'id-of-vm-1', service: 'ECS', reason: 'A test machine.' }] } },
      status: { virtualMachines: machinesSeen(aSeenMachine('vm-1')) },
    }),
  ],
  [
    'a machine that moved elsewhere',
    oneServer({ status: { departed: [aDepartedMachine('vm-1', { fate: 'Migrated', backup: undefined })] } }),
  ],
  ['a machine that was deleted with a backup', oneServer({ status: { departed: [aDepartedMachine('vm-1')] } })],
  ['a portfolio of ten that is named as a whole', aSnapshot({ servers: portfolioOf(10) })],
  [
    'a disk that is ordered by itself',
    oneServer(subscribed({ secondaries: [disk] }), { secondaryResources: 'Separately' }),
  ],
  ['an open order about another type of service', oneServer(ordering({ serviceTypeCode: 'hws.service.type.vpc' }))],
  [
    'an open order about another type of service once the disk that was ordered by itself is gone',
    oneServer(
      {
        status: { secondariesGivenBack: ['disk-1'] },
        observation: {
          ...ordering({ serviceTypeCode: 'hws.service.type.vpc' }).observation,
          ...subscribed({ secondaries: [disk] }).observation,
        },
      },
      { secondaryResources: 'Separately' },
    ),
  ],
  [
    'an order that a journal ties to another server',
    { ...oneServer(ordering({ orderId: 'CS1' })), claimedOrders: new Set(['CS1']) },
  ],
  ['a region and a project that are as in spec', oneServer(subscribed(aFoundServer().server.spec))],
  ['the moment of notBefore', oneServer({}, { notBefore: lookedAt.toISOString() })],
  ['the minute before the deadline', oneServer({}, { deadline: minutesLater(1).toISOString() })],
  ['a suspension that was lifted', oneServer({}, { suspend: false })],
  [
    'an annotation that only resembles a hold',
    aSnapshot({ request: { metadata: { annotations: { 'dcc-operator.io/hold': 'x', 'hold.example.com/y': 'z' } } } }),
  ],
  ['a server whose orders were all placed', afterPlacement()],
  ['an unsettled call of another request whose signature is long dead', unsettled({ signedAt: minutesLater(-61) })],
  ['a call of another request that was settled', unsettled({ signedAt: lookedAt, state: 'NotPlaced' })],
];

const stillBlocked: [what: string, snapshot: Snapshot, condition: string][] = [
  [
    'a server that was unsubscribed is not ordered again while its row still says that it is in use',
    oneServer({ status: { unsubscription: { request: 'earlier', state: 'Completed' } } }),
    'ServersActive',
  ],
  ['a waiver of backups does not let machines remain', oneServer({ ...occupied, spec: waived() }), 'DependentsDrained'],
  [
    'renewals are not cancelled for a frozen server either',
    oneServer(subscribed({ status: 'Frozen' }), { scope: 'RenewalsOnly' }),
    'ServersActive',
  ],
  [
    'an RDS instance blocks as a machine, not for want of a backup in CBR',
    oneServer({
      observation: {
        dependents: read(
          dependents({
            machines: [aMachine('db-1', { service: 'RDS', backup: { kind: 'Unprotected', problem: 'BackupMissing' } })],
          }),
        ),
      },
    }),
    'DependentsDrained',
  ],
  ['an open order of no stated type counts', oneServer(ordering({ serviceTypeCode: undefined })), 'OrdersSettled'],
  [
    'any open order counts for a server of no stated type',
    oneServer({
      observation: {
        ...ordering({ serviceTypeCode: 'hws.service.type.vpc' }).observation,
        ...subscribed({ serviceTypeCode: undefined }).observation,
      },
    }),
    'OrdersSettled',
  ],
  [
    'any open order counts while a disk is to be ordered by itself',
    oneServer(
      {
        observation: {
          ...ordering({ serviceTypeCode: 'hws.service.type.ebs' }).observation,
          ...subscribed({ secondaries: [disk] }).observation,
        },
      },
      { secondaryResources: 'Separately' },
    ),
    'OrdersSettled',
  ],
  [
    'a disk whose own order was refused is not taken along by the order for its server',
    afterDiskFailed(),
    'SecondariesHandled',
  ],
  ['a disk that came after the first order is in no order', afterDiskCame(), 'SecondariesHandled'],
  [
    'a portfolio of which nobody told the members is not complete',
    aSnapshot({ servers: portfolioOf(1), portfolios: new Map() }),
    'PortfolioComplete',
  ],
];

describe('nothing blocks because of', () => {
  test.each(harmless)('%s', (_, snapshot) => {
    expect(blockersOf(snapshot)).toEqual([]);
  });
});

describe('still blocked:', () => {
  test.each(stillBlocked)('%s', (_, snapshot, condition) => {
    expect(new Set(blockersOf(snapshot).map((blocker) => blocker.condition))).toEqual(new Set([condition]));
  });
});

describe('the words for machines whose server the cloud does not tell', () => {
  const wordsFor = (service: 'ECS' | 'RDS', basis: 'WholeZone' | 'Mapping') => {
    const machines = [aMachine('m', { service, placed: 'MaybeHere' })];
    const blockers = blockersOf(oneServer({ observation: { dependents: read(dependents({ basis, machines })) } }));
    return blockers.find(({ condition }) => condition === 'DependentsDrained');
  };
  const exclusion = (service: string) =>
    `add it to spec.virtualMachines.exclude of the DCCServer, with id id-of-m, service ${service} and the reason.`;

  test('say that it may be, and point to the mapping', () => {
    const { message, remedy } = wordsFor('ECS', 'WholeZone') ?? {};
    expect(message).toBe('m (ECS) may be on the server.');
    expect(remedy).toContain('spec.virtualMachines.hypervisorHostnames');
  });

  test('point to the exclusion where there is a mapping', () => {
    const { message, remedy } = wordsFor('ECS', 'Mapping') ?? {};
    expect(message).toBe('m (ECS) may be on the server.');
    expect(remedy).toContain(exclusion('ECS'));
  });

  test.each(['WholeZone', 'Mapping'] as const)('point to the exclusion for an RDS instance: %s', (basis) => {
    const { message, remedy } = wordsFor('RDS', basis) ?? {};
    expect(message).toBe('m (RDS) may be on the server.');
    expect(remedy).toContain(exclusion('RDS'));
  });
});

function waived() {
  return { backup: { requirement: 'Waived' as const } };
}

function accepted(orderId: string) {
  return { state: 'Accepted' as const, orders: [{ orderId, state: 'Processing' }] };
}

/** Server-1 was ordered while server-2 was not: the plan and the approval stay those of before. */
function afterPlacement(): Snapshot {
  const before = withJournal(
    aSnapshot({ servers: [aFoundServer('server-1'), aFoundServer('server-2')] }),
    accepted('CS1'),
  );
  return { ...before, servers: [{ kind: 'Ordered', name: 'server-1' }, aFoundServer('server-2')] };
}

/** The disk of server-1 was unplanned when the first order, which had no effect, was placed. */
function afterDiskCame(): Snapshot {
  const before = withJournal(oneServer({}, { secondaryResources: 'Separately' }), { state: 'NotSent' });
  const servers = [aFoundServer('server-1', subscribed({ secondaries: [disk] }))];
  return approve({ ...before, servers });
}

/** The disk was ordered first, and refused; the request goes on. */
function afterDiskFailed(): Snapshot {
  const spec = { secondaryResources: 'Separately' as const, onFailure: 'Continue' as const };
  return withJournal(oneServer(subscribed({ secondaries: [disk] }), spec), { state: 'Rejected', mayRetry: false });
}

test('the snapshot of an ordered server still has its plan', () => {
  expect(planOf(afterPlacement())?.orders.map(({ servers }) => servers)).toEqual([['server-1'], ['server-2']]);
});

test('backups that cannot be read are said once for each server, not for each machine', () => {
  const dark = { backup: unreadable('Permission', 'CBR backups') };
  const there = read(dependents({ machines: ['a', 'b', 'c'].map((name) => aMachine(name, dark)) }));
  const blockers = blockersOf(oneServer({ observation: { dependents: there, departed: dark.backup } }));
  expect(blockers.filter(({ reason }) => reason === 'CannotRead')).toHaveLength(1);
});

describe('the words for a server that is unsubscribed already', () => {
  const closed = aFoundServer('server-1', subscribed({ status: 'Closed' }));
  const remedies = (...servers: Snapshot['servers']) => blockersOf(aSnapshot({ servers })).map(({ remedy }) => remedy);

  test('say that nothing is left when it is the only one', () => {
    expect(remedies(closed)).toEqual(['Nothing is left to unsubscribe: delete this request and the DCCServer.']);
  });

  test('ask for a request for the others', () => {
    expect(remedies(closed, aFoundServer('server-2'))).toEqual([
      expect.stringContaining('create a request for the others'),
    ]);
  });
});

function unsettled({ signedAt, state = 'Unknown' }: { signedAt: Date; state?: string }): Snapshot {
  const unsubscription = { request: 'gone', state, signedAt: signedAt.toISOString() };
  return aSnapshot({ servers: [aFoundServer('server-1', { status: { unsubscription } })] });
}

test('a portfolio of which much is missing names five of its servers, and how many more there are', () => {
  const members = ['server-1', ...Array.from({ length: 500 }, (_, index) => `server-${index + 2}`)];
  const partial = (count: number) =>
    blockersOf(
      aSnapshot({
        servers: [aFoundServer('server-1', { spec: { portfolio: 'suite' } })],
        portfolios: new Map([['suite', members.slice(0, count + 1)]]),
      }),
    ).map(({ message }) => message);
  expect(partial(3)).toEqual([
    'The portfolio suite has more servers than the request names: server-2, server-3, server-4.',
  ]);
  expect(partial(500)).toEqual([
    'The portfolio suite has more servers than the request names: server-2, server-3, server-4, server-5, server-6 and 495 more.',
  ]);
});
