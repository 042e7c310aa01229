import { describe, expect, it } from 'vitest';
import { demo, demoWorld } from './demo-world.ts';
import { resourceStatus } from './world/billing.ts';
import { machinesOn } from './world/virtual-machines.ts';
import { worldSchema } from './world/world.ts';

const now = new Date('2026-06-15T08:30:00Z');
const world = demoWorld(now);
const { host01, host02, host03, host04, host05 } = demo.servers;
const names = (resourceId: string) => machinesOn(world, resourceId).map(({ name }) => name);
const backedUp = (vmId: string) =>
  world.backups.some(({ resourceId, status }) => resourceId === vmId && status === 'available');
const status = (id: string) =>
  world.billingResources.filter(({ resourceId }) => resourceId === id).map((row) => resourceStatus(world, row, now));

describe('the world of the demo', () => {
  it('has a server with two machines, both backed up', () => {
    expect(names(host01.resourceId)).toEqual(['web-01', 'web-02']);
    expect([demo.vms.web01.id, demo.vms.web02.id].every(backedUp)).toBe(true);
  });

  it('has a server with a machine that has no backup', () => {
    expect(names(host02.resourceId)).toEqual(['batch-01']);
    expect(backedUp(demo.vms.batch01.id)).toBe(false);
  });

  it('has an empty frozen server, an empty spare one, and a neighbour', () => {
    expect([names(host03.resourceId), status(host03.resourceId)]).toEqual([[], [4]]);
    expect([names(host04.resourceId), status(host04.resourceId)]).toEqual([[], [2]]);
    expect(names(host05.resourceId)).toEqual(['neighbour-01']);
  });

  it('has the ids and host names that the examples use', () => {
    for (const { resourceId, hypervisorHostname, name } of Object.values(demo.servers)) {
      expect(world.servers).toContainEqual(expect.objectContaining({ resourceId, hypervisorHostname, name }));
    }
  });

  it('survives being written to a file and read back', () => {
    expect(worldSchema.parse(JSON.parse(JSON.stringify(world)))).toEqual(world);
  });

  it('shares nothing with another world', () => {
    const other = demoWorld(now);
    other.ledger.refused.push({ time: '', requestId: '', domainId: '', resourceIds: [], code: '', message: '' });
    expect(world.ledger.refused).toEqual([]);
  });
});
