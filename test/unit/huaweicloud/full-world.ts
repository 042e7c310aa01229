import { aWorld } from '../../huaweicloud/seed.ts';
import type { VirtualMachine } from '../../huaweicloud/world/virtual-machines.ts';
import type { World } from '../../huaweicloud/world/world.ts';

const hour = 3_600_000;

/** Names and ids of what is in `fullWorld`. */
export const full = {
  servers: ['dcc00000-0000-4000-8000-000000000001', 'dcc00000-0000-4000-8000-000000000002'],
  expired: 'dcc00000-0000-4000-8000-000000000003',
  dedicatedHost: 'dcc00000-0000-4000-8000-000000000004',
  enterpriseProjects: ['0', 'ep-2'],
} as const;

/** Something of everything, and enough of it for three pages of two: every state, zone, tag and empty field that the reads know. */
export function fullWorld(): World {
  const recycleBin = { since: at(-hour), until: at(100 * hour) };
  const world = aWorld(new Date(), { balance: '1234.56', debt: '0.07' })
    .withServer({ name: 'host-01' }, { paid: '36000.10' }, { expirePolicy: 3 })
    .withServer({ name: 'host-02' }, {}, { frozen: true, enterpriseProjectId: 'ep-2' })
    .withServer({ name: 'host-03', availabilityZone: 'cn-north-4b', hostSpec: 'c6' }, { daysAgo: 500 })
    .withServer({ name: 'deh-01', hostType: 'DeH', autoPlacement: false })
    .withSecondary('disk-01', 'host-01')
    .withSecondary('disk-02', 'host-01')
    .withSecondary('disk-03', 'host-01')
    .withRenewal('host-01', '35000.90')
    .withVm({ name: 'web-01', tags: ['team=web', 'url=https://a?b=c', 'empty='] }, 'host-01')
    .withVm({ name: '数据 ü', status: 'SHUTOFF', enterpriseProjectId: 'ep-2', metadata: { note: 'a b/c' } }, 'host-01')
    .withVm({ name: 'web-03', chargingMode: '1', frozen: true }, 'host-02')
    .withVm({ name: 'web-04', status: 'BUILD', chargingMode: '2' }, 'host-03')
    .withVm({ name: 'deh-vm-01' }, 'deh-01')
    .withVm({ name: 'deh-vm-02', status: 'ERROR' }, 'deh-01')
    .withVm({ name: 'deh-vm-03' }, 'deh-01')
    .withVm({ name: 'binned-01', status: 'SOFT_DELETED', recycleBin }, 'host-01')
    .withVm({ name: 'binned-02', status: 'SOFT_DELETED', recycleBin, enterpriseProjectId: 'ep-2' }, 'deh-01')
    .withVm({ name: 'binned-03', status: 'SOFT_DELETED', recycleBin }, 'host-02')
    .withCceNode('node-01', 'host-01')
    .withCceNode('node-02', 'deh-01')
    .withCceNode('node-03', 'host-01')
    .withMrsNode('core-01', 'host-01')
    .withMrsNode('core-02', 'host-02', 'ep-2')
    .withMrsNode('core-03', 'host-01')
    .withMrsNode('core-04', 'host-01')
    .withRdsInstance('db-01', 'host-01')
    .withRdsInstance('db-02', 'deh-01')
    .withRdsInstance('db-03', 'host-02')
    .withVault('vault-01')
    .withVault('vault-02')
    .withVault('vault-03')
    .withBackup('web-01')
    .withBackup('数据 ü', { expiredAt: at(1_000 * hour), restoreMode: 'na', createdAt: at(-2 * hour) })
    .withBackup('web-03', { imageType: 'replication', createdAt: at(-3 * hour), enterpriseProjectId: 'ep-2' })
    .withBackup('web-04', { status: 'error', createdAt: at(-4 * hour) })
    .withBackup('web-01', { createdAt: at(-5 * hour) })
    .build();
  addWhatNoBuilderKnows(world);
  return world;
}

function addWhatNoBuilderKnows(world: World): void {
  const [mrs, ...others] = world.mrsClusters;
  mrs?.nodes.push(...others.filter((one) => one.enterpriseProjectId === '0').flatMap((one) => one.nodes));
  const [, frozenDatabase] = world.rdsInstances;
  if (frozenDatabase !== undefined)
    Object.assign(frozenDatabase, { status: 'FROZEN', chargeMode: 'prePaid', type: 'Ha' });
  const [, frozenVault] = world.vaults;
  if (frozenVault !== undefined) Object.assign(frozenVault, { billingStatus: 'frozen', frozenScene: 'ARREAR' });
  world.checkpoints[0]?.skipped.push({ id: 'ec50', name: 'left out', reason: 'the machine was locked' });
  const [order] = world.orders;
  const [line] = order?.lineItems ?? [];
  if (line !== undefined) {
    order?.lineItems.push({ ...line, id: 'line-2', periodType: 'month', periodNum: 3, amountAfterDiscount: '0.01' });
    order?.lineItems.push({ ...line, id: 'line-3', couponAmount: '5.55', amountAfterDiscount: '12.30' });
  }
  const [bill] = world.bills;
  if (bill !== undefined) {
    world.bills.push({ ...bill, id: 'bill-2', couponAmount: '100.01', storedCardAmount: '0.99' });
    world.bills.push({ ...bill, id: 'bill-3', flexipurchaseCouponAmount: '20.00' });
  }
}

const at = (fromNow: number): string => new Date(Date.now() + fromNow).toISOString();

/** What ECS shows of the machines of the project, outside or inside of the recycle bin. */
export const machinesIn = (world: World, { recycled }: { recycled: boolean }): VirtualMachine[] =>
  world.virtualMachines.filter((machine) => machine.listedByEcs && (machine.recycleBin !== null) === recycled);

/** An instant as the services write it in whole seconds. */
export const wholeSeconds = (instant: string): Date => new Date(Math.floor(Date.parse(instant) / 1_000) * 1_000);

/** Month of a bill, in UTC+8 as the billing centre counts. */
export const cycleOf = (instant: string): string => new Date(Date.parse(instant) + 8 * hour).toISOString().slice(0, 7);
