import './official-core.ts';
import {
  DeleteServersRequest,
  DeleteServersRequestBody,
  ListCloudServersRequest,
  ListRecycleBinServersRequest,
  ListServersDetailsRequest,
  ServerId,
  ShowServerRequest,
} from '@huaweicloud/huaweicloud-sdk-ecs';
import { describe, expect, it } from 'vitest';
import { minutes } from '../../operator/clock.ts';
import { aLiveCloud, officialEcs } from './official-clients.ts';
import { aWorld } from './seed.ts';
import { aCloud, aTestWorld, vmId } from './test-cloud.ts';

const oneServer = () => aWorld().withServer({ name: 'dcc-host-01' });
const manyVms = (count: number) =>
  Array.from({ length: count }, (_, index) => `vm-${index}`).reduce(
    (world, name) => world.withVm({ name }, 'dcc-host-01'),
    oneServer(),
  );

describe('ECS through the official client', () => {
  it('lists servers with the fields that were asked for (v1.1)', async () => {
    const ecs = officialEcs(
      await aLiveCloud(oneServer().withVm({ name: 'web-01', tags: ['tier=web'] }, 'dcc-host-01')),
    );
    const { servers } = await ecs.listCloudServers(
      new ListCloudServersRequest()
        .withEnterpriseProjectId('all_granted_eps')
        .withAvailabilityZoneEq('cn-north-4a')
        .withExpectFields(['tenancy', 'metadata', 'tags']),
    );
    expect(servers).toMatchObject([
      {
        id: vmId(1),
        name: 'web-01',
        status: 'ACTIVE',
        tenancy: 'dedicated',
        tags: ['tier=web'],
        in_recycle_bin: false,
      },
    ]);
    expect(servers?.[0]).toHaveProperty('metadata.charging_mode', '0');
    expect(servers?.[0]).not.toHaveProperty('locked');
  });

  it('pages v1.1 by the last id, ten at a time by default', async () => {
    const ecs = officialEcs(await aLiveCloud(manyVms(12)));
    const first = await ecs.listCloudServers();
    expect(first.servers).toHaveLength(10);
    expect(first).toMatchObject({
      servers_links: [{ rel: 'next', href: expect.stringContaining(`marker=${vmId(10)}`) }],
    });
    const second = await ecs.listCloudServers(
      new ListCloudServersRequest().withMarker(first.servers?.at(-1)?.id ?? ''),
    );
    expect(second.servers?.map(({ id }) => id)).toEqual([vmId(11), vmId(12)]);
    expect(second).toMatchObject({ servers_links: [] });
  });

  it.each([
    ['a limit over 100', new ListCloudServersRequest().withLimit(101)],
    ['a limit of 0', new ListCloudServersRequest().withLimit(0)],
    ['an unknown marker', new ListCloudServersRequest().withMarker('unknown')],
  ])('refuses %s on v1.1', async (_, query) => {
    const ecs = officialEcs(await aLiveCloud(manyVms(1)));
    await expect(ecs.listCloudServers(query)).rejects.toMatchObject({ httpStatusCode: 400, errorCode: 'Ecs.0005' });
  });

  it('shows the host-like fields of the details list (v1)', async () => {
    const ecs = officialEcs(await aLiveCloud(oneServer().withVm({ name: 'web-01' }, 'dcc-host-01')));
    const { count, servers } = await ecs.listServersDetails(
      new ListServersDetailsRequest().withEnterpriseProjectId('all_granted_eps'),
    );
    expect(count).toBe(1);
    expect(servers?.[0]).toMatchObject({
      hostId: expect.stringMatching(/^01fc3c/),
      'OS-EXT-SRV-ATTR:hypervisor_hostname': 'nova001@101',
      'OS-EXT-AZ:availability_zone': 'cn-north-4a',
      'os:scheduler_hints': {},
      enterprise_project_id: '0',
    });
  });

  it('counts pages of the details list from 1', async () => {
    const ecs = officialEcs(await aLiveCloud(manyVms(5)));
    const page = async (offset: number) =>
      (await ecs.listServersDetails(new ListServersDetailsRequest().withLimit(2).withOffset(offset))).servers?.map(
        ({ name }) => name,
      );
    expect(await page(1)).toEqual(['vm-0', 'vm-1']);
    expect(await page(2)).toEqual(['vm-2', 'vm-3']);
    expect(await page(3)).toEqual(['vm-4']);
    expect(await page(4)).toEqual([]);
  });

  it('refuses more than 1000 on the details list', async () => {
    const ecs = officialEcs(await aLiveCloud(oneServer()));
    await expect(ecs.listServersDetails(new ListServersDetailsRequest().withLimit(1_001))).rejects.toMatchObject({
      httpStatusCode: 400,
    });
  });

  it('shows one server, and 404 when it is not there', async () => {
    const ecs = officialEcs(await aLiveCloud(oneServer().withVm({ name: 'web-01' }, 'dcc-host-01')));
    expect((await ecs.showServer(new ShowServerRequest(vmId(1)))).server).toMatchObject({ name: 'web-01' });
    await expect(ecs.showServer(new ShowServerRequest(vmId(2)))).rejects.toMatchObject({
      httpStatusCode: 404,
      errorCode: 'Ecs.0114',
      requestId: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('refuses a wrong secret key with 401', async () => {
    const ecs = officialEcs(await aLiveCloud(oneServer()), 'wrong');
    await expect(ecs.listCloudServers()).rejects.toMatchObject({ httpStatusCode: 401, errorCode: 'APIGW.0301' });
  });

  it('deletes a server: it shows the task until it is gone', async () => {
    const cloud = await aLiveCloud(oneServer().withVm({ name: 'web-01' }, 'dcc-host-01'));
    const ecs = officialEcs(cloud);
    const deletion = await ecs.deleteServers(
      new DeleteServersRequest().withBody(new DeleteServersRequestBody([new ServerId(vmId(1))])),
    );
    expect(deletion).toMatchObject({ job_id: expect.any(String) });
    expect((await ecs.showServer(new ShowServerRequest(vmId(1)))).server).toHaveProperty(
      'OS-EXT-STS:task_state',
      'deleting',
    );
    await expect
      .poll(() => ecs.showServer(new ShowServerRequest(vmId(1))).catch(({ httpStatusCode }) => httpStatusCode), {
        timeout: 5_000,
      })
      .toBe(404);
    expect((await ecs.listRecycleBinServers(new ListRecycleBinServersRequest())).servers).toEqual([]);
  });
});

describe('ECS', () => {
  const details = '/v1/0dcc0000000000000000000000000001/cloudservers/detail';
  const bin = '/v1/0dcc0000000000000000000000000001/recycle-bin/cloudservers';
  const servers = '/v1.1/0dcc0000000000000000000000000001/cloudservers/detail';
  const withServer = (project: object = {}) => aTestWorld({}, project).withServer({ name: 'dcc-host-01' });

  it('shows only the default enterprise project unless all are asked for', async () => {
    const cloud = await aCloud(withServer().withVm({ name: 'web-01', enterpriseProjectId: 'eps-1' }, 'dcc-host-01'));
    const query = { enterprise_project_id: 'all_granted_eps' };
    expect((await cloud.get(servers)).body).toMatchObject({ servers: [] });
    expect((await cloud.get(servers, { query })).body).toMatchObject({ servers: [{ name: 'web-01' }] });
    expect((await cloud.get(details)).body).toMatchObject({ count: 0 });
    expect((await cloud.get(details, { query })).body).toMatchObject({ count: 1 });
  });

  it('hides the machines of databases', async () => {
    const cloud = await aCloud(withServer().withRdsInstance('orders', 'dcc-host-01'));
    expect((await cloud.get(servers)).body).toMatchObject({ servers: [] });
  });

  it('keeps a deleted server in the recycle bin of a project that has one, until its time is over', async () => {
    const cloud = await aCloud(withServer({ recycleBin: true }).withVm({ name: 'web-01' }, 'dcc-host-01'), {
      recycleBinRetention: minutes(1),
    });
    await cloud.control.deleteVm('web-01');
    cloud.clock.advance(cloud.cloud.settings.vmDeletion);
    expect((await cloud.get(servers)).body).toMatchObject({ servers: [] });
    expect((await cloud.get(bin)).body).toMatchObject({ servers: [{ name: 'web-01', status: 'SOFT_DELETED' }] });
    expect((await cloud.get(servers, { query: { in_recycle_bin: 'true' } })).body).toMatchObject({
      servers: [{ in_recycle_bin: true }],
    });
    cloud.clock.advance(cloud.cloud.settings.recycleBinRetention);
    expect((await cloud.get(bin)).body).toEqual({ servers: [] });
  });

  it('moves a migrated server to the other host only when the migration has finished', async () => {
    const cloud = await aCloud(
      withServer().withServer({ name: 'dcc-host-02' }).withVm({ name: 'web-01' }, 'dcc-host-01'),
    );
    const where = async () => (await cloud.get(details)).body['servers'];
    await cloud.control.migrateVm('web-01', 'dcc-host-02');
    expect(await where()).toMatchObject([
      { status: 'MIGRATING', 'OS-EXT-SRV-ATTR:hypervisor_hostname': 'nova001@101' },
    ]);
    cloud.clock.advance(cloud.cloud.settings.vmMigration);
    expect(await where()).toMatchObject([{ status: 'ACTIVE', 'OS-EXT-SRV-ATTR:hypervisor_hostname': 'nova002@102' }]);
  });

  it('refuses to delete a yearly/monthly server, which must be unsubscribed', async () => {
    const cloud = await aCloud(withServer().withVm({ name: 'web-01', chargingMode: '1' }, 'dcc-host-01'));
    const body = { servers: [{ id: vmId(1) }] };
    expect(await cloud.post('/v1/0dcc0000000000000000000000000001/cloudservers/delete', { body })).toMatchObject({
      status: 400,
    });
  });
});
