import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { apiVersion, group } from '../../operator/api/names.ts';
import type { MeasuredCluster } from '../bench/cluster.ts';
import { readStored, type StoredObject, storedAt, writeStored } from '../bench/stored-objects.ts';
import { accountsOf, availabilityZone, type Fleet, type FleetServer, region, serversOf } from './fleet.ts';

const secretName = 'huaweicloud';

/** Makes the objects of a fleet, in a namespace for each account: Secrets, servers and requests that nothing has touched. */
export async function fill(cluster: MeasuredCluster, fleet: Fleet): Promise<void> {
  const { api, etcd } = cluster;
  for (const { name, accessKey, secretKey } of accountsOf(fleet)) {
    const stringData = { HUAWEICLOUD_SDK_AK: accessKey, HUAWEICLOUD_SDK_SK: secretKey };
    await api.send('/api/v1/namespaces', { method: 'POST', body: { metadata: { name } } });
    const body = { metadata: { name: secretName }, stringData };
    await api.send(`/api/v1/namespaces/${name}/secrets`, { method: 'POST', body });
  }
  const servers = serversOf(fleet);
  await writeStored(etcd, await copies(cluster, 'dccservers', serverManifest(fleet), servers));
  const named = servers.filter((_, index) => isNth(index, fleet.requestsPerServer));
  if (named.length > 0)
    await writeStored(etcd, await copies(cluster, 'unsubscriptionrequests', requestManifest, named));
}

/** Whether a share of all includes the one of this number: every tenth for 0.1. */
const isNth = (index: number, share: number) => Math.floor((index + 1) * share) > Math.floor(index * share);

/** What is replaced in a copy of the template; the API server takes these for what they stand for. */
const template: FleetServer = {
  account: 'default',
  name: 'template-of-a-server',
  resourceId: 'template-of-a-resource',
  projectId: 'dcc0dcc0dcc0dcc0dcc0dcc0dcc0dcc0',
  hypervisorHostname: 'template-of-a-hypervisor',
};

const serverManifest = ({ hostType }: Fleet) => ({
  apiVersion,
  kind: 'DCCServer',
  metadata: { name: template.name },
  spec: {
    ...{ resourceId: template.resourceId, region, projectId: template.projectId, availabilityZone, hostType },
    virtualMachines: { hypervisorHostnames: [template.hypervisorHostname] },
    credentialsSecretRef: { name: secretName },
  },
});

const requestManifest = {
  apiVersion,
  kind: 'UnsubscriptionRequest',
  metadata: { name: template.name },
  spec: {
    servers: [{ name: template.name }],
    scope: 'ResourceAndRenewals',
    reason: { type: 'Other', text: 'end of the project' },
    acknowledge: { dataUnrecoverable: true, handlingFee: true },
  },
};

const createdSchema = z.object({ metadata: z.object({ uid: z.string() }) });

/** Has the API server take one object, and copies what it stored for each of the servers. */
async function copies(
  { api, etcd }: MeasuredCluster,
  plural: string,
  body: object,
  servers: readonly FleetServer[],
): Promise<StoredObject[]> {
  const path = `/apis/${apiVersion}/namespaces/${template.account}/${plural}`;
  const { uid } = createdSchema.parse(JSON.parse(await api.send(path, { method: 'POST', body }))).metadata;
  const value = await readStored(etcd, storedAt(group, plural, template.account, template.name));
  await api.send(`${path}/${template.name}`, { method: 'DELETE' });
  return servers.map((server) => ({
    key: storedAt(group, plural, server.account, server.name),
    value: value
      .replace(`"namespace":"${template.account}"`, `"namespace":"${server.account}"`)
      .replaceAll(uid, randomUUID())
      .replaceAll(template.name, server.name)
      .replaceAll(template.resourceId, server.resourceId)
      .replaceAll(template.projectId, server.projectId)
      .replaceAll(template.hypervisorHostname, server.hypervisorHostname),
  }));
}
