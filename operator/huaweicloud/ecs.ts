import { z } from 'zod';
import { counted, filled, instant, named, optional, type Unrecognised } from './answers.ts';
import type { ServiceReader } from './calls.ts';
import { CloudError, unparsable } from './errors.ts';
import { collectCounted, collectMarked, type Listing } from './paging.ts';

/** How a server is paid for. */
export type ChargingMode = 'PayPerUse' | 'YearlyMonthly' | 'Spot' | Unrecognised;

/** A virtual machine, put together from both lists of the service. What only one list holds is undefined without it. */
export interface CloudServer {
  readonly id: string;
  readonly name: string;
  /** ACTIVE, SHUTOFF, BUILD, DELETED, … as the cloud writes it. */
  readonly status: string;
  /** Empty while the cloud has not placed the machine. */
  readonly availabilityZone: string;
  /** `hostId`: the host, hashed. Undefined when the cloud does not tell. */
  readonly hostId: string | undefined;
  /** `OS-EXT-SRV-ATTR:hypervisor_hostname`. Undefined when the cloud does not tell. */
  readonly hypervisorHostname: string | undefined;
  /** The dedicated host (DeH) that the machine is on, when it is on one. */
  readonly dedicatedHostId: string | undefined;
  readonly flavorId: string;
  readonly tags: Readonly<Record<string, string>>;
  readonly metadata: Readonly<Record<string, string>>;
  /** A machine in the recycle bin still occupies its host. */
  readonly inRecycleBin: boolean;
  readonly chargingMode: ChargingMode | undefined;
  readonly created: Date | undefined;
  /** `0` is the default one; undefined when the cloud does not tell. */
  readonly enterpriseProjectId: string | undefined;
}

/**
 * A machine in the recycle bin. Which fields its rows carry is not documented: what tells its host is read when it is there,
 * in the shape of the v1 list.
 */
export interface RecycledServer extends Pick<CloudServer, 'id' | 'name' | 'hostId' | 'hypervisorHostname'> {
  readonly availabilityZone: string | undefined;
  /** The dedicated host that it was made for. */
  readonly dedicatedHostId: string | undefined;
}

/** Elastic Cloud Server: the virtual machines. */
export interface Ecs {
  /**
   * Every machine of the project in one zone (of all zones without it), all enterprise projects: the union of the v1.1
   * list, and the v1 list that alone tells the host. A machine whose zone is still empty is part of every zone.
   */
  servers(availabilityZone?: string, signal?: AbortSignal): Promise<CloudServer[]>;
  /** The machines in the recycle bin: the union of its own list, where the region has one, and of the v1.1 list. */
  recycleBin(signal?: AbortSignal): Promise<RecycledServer[]>;
}

const keyValues = z.array(z.string()).transform((tags) =>
  Object.fromEntries(
    tags.map((tag) => {
      const [key = '', ...value] = tag.split('=');
      return [key, value.join('=')];
    }),
  ),
);
const described = {
  id: z.string().min(1),
  name: z.string(),
  status: z.string(),
  created: optional(instant),
  tags: optional(keyValues),
  metadata: optional(z.record(z.string(), z.coerce.string())),
  enterprise_project_id: filled,
};
const listed = z.object({
  ...described,
  // Not among the fields that `expect-fields` can ask for, and not promised without it.
  flavor: optional(z.object({ id: z.string() })),
  availability_zone: filled,
  in_recycle_bin: optional(z.boolean()),
  dedicated_host_id: filled,
});
const hosting = {
  hostId: filled,
  'OS-EXT-SRV-ATTR:hypervisor_hostname': filled,
  'os:scheduler_hints': optional(z.object({ dedicated_host_id: optional(z.array(z.string())) })),
};
const detailed = z.object({
  ...described,
  ...hosting,
  flavor: z.object({ id: z.string() }),
  'OS-EXT-AZ:availability_zone': filled,
});
const recycled = z.object({
  id: z.string().min(1),
  name: z.string(),
  ...hosting,
  'OS-EXT-AZ:availability_zone': filled,
});
const listedPage = z.object({ servers: z.array(listed) });
const detailedPage = counted('count', 'servers', detailed);
const recycledPage = z.object({ servers: z.array(recycled) });
type Listed = z.infer<typeof listed>;
type Detailed = z.infer<typeof detailed>;

const chargingModes = named({ 0: 'PayPerUse', 1: 'YearlyMonthly', 2: 'Spot' });
const allEnterpriseProjects = 'all_granted_eps';

/** Creates the client; its calls are bound to the project. */
export function createEcs(reader: ServiceReader<'ecs'>): Ecs {
  return {
    async servers(availabilityZone, signal) {
      const [byMarker, byPage] = await Promise.all([
        listCloudServers(reader, availabilityZone, signal),
        listServersDetails(reader, signal),
      ]);
      const inZone = (server: CloudServer) =>
        availabilityZone === undefined ||
        server.availabilityZone === '' ||
        server.availabilityZone === availabilityZone;
      return union(byMarker, byPage).filter(inZone);
    },
    async recycleBin(signal) {
      const [own, filtered] = await Promise.all([listOwnRecycleBin(reader, signal), listRecycled(reader, signal)]);
      const known = new Set(own.map(({ id }) => id));
      return [...own, ...filtered.filter(({ id }) => !known.has(id))];
    },
  };
}

/** The bin's own list, which alone may tell the host; it is documented for some regions only. */
async function listOwnRecycleBin(reader: ServiceReader<'ecs'>, signal?: AbortSignal): Promise<RecycledServer[]> {
  try {
    return await listRecycleBin(reader, signal);
  } catch (error) {
    if (isNoSuchApi(error)) return [];
    throw error;
  }
}

async function listRecycleBin(reader: ServiceReader<'ecs'>, signal?: AbortSignal): Promise<RecycledServer[]> {
  const operation = 'ListRecycleBinServers';
  const listing: Listing<z.infer<typeof recycled>> = { operation: `ecs.${operation}`, key: (row) => row.id };
  const rows = await collectMarked(listing, async (marker) => {
    const query = { limit: 100, marker };
    const path = (project: string) => ['v1', project, 'recycle-bin', 'cloudservers'];
    const { servers } = await reader.read({ operation, path, query, schema: recycledPage }, signal);
    return { items: servers, next: servers.at(-1)?.id };
  });
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    availabilityZone: row['OS-EXT-AZ:availability_zone'],
    hostId: row.hostId,
    hypervisorHostname: row['OS-EXT-SRV-ATTR:hypervisor_hostname'],
    dedicatedHostId: hintedHost(row),
  }));
}

/** The gateway's answer where a region does not have an API; the other calls show that the address is right. */
const isNoSuchApi = (error: unknown): boolean =>
  error instanceof CloudError && error.httpStatus === 404 && /^APIGW?\.0101$/.test(error.code);

/** What the v1.1 list says is in it, of all enterprise projects: the bin's own list has no parameter for those. */
async function listRecycled(reader: ServiceReader<'ecs'>, signal?: AbortSignal): Promise<RecycledServer[]> {
  const rows = await listCloudServers(reader, undefined, signal, { in_recycle_bin: true });
  const recycledRows = rows.filter((row) => row.in_recycle_bin !== false);
  return recycledRows.map((row) => ({
    id: row.id,
    name: row.name,
    availabilityZone: row.availability_zone,
    hostId: undefined,
    hypervisorHostname: undefined,
    dedicatedHostId: row.dedicated_host_id,
  }));
}

/** v1.1, by marker: a page may be short without being the last, so only an empty one ends the list. */
function listCloudServers(
  reader: ServiceReader<'ecs'>,
  zone: string | undefined,
  signal?: AbortSignal,
  filter: { in_recycle_bin?: true } = {},
): Promise<Listed[]> {
  const operation = 'ListCloudServers';
  return collectMarked<Listed>({ operation: `ecs.${operation}`, key: (server) => server.id }, async (marker) => {
    const query = {
      enterprise_project_id: allEnterpriseProjects,
      availability_zone_eq: zone,
      ...filter,
      'expect-fields': ['tenancy', 'dedicated_host_id', 'metadata', 'tags', 'market_info', 'enterprise_project_id'],
      limit: 100,
      marker,
    };
    const path = (project: string) => ['v1.1', project, 'cloudservers', 'detail'];
    const { servers } = await reader.read({ operation, path, query, schema: listedPage }, signal);
    return { items: servers, next: servers.at(-1)?.id };
  });
}

/** v1: `offset` is a page number from 1, and there is no filter by zone. */
function listServersDetails(reader: ServiceReader<'ecs'>, signal?: AbortSignal): Promise<Detailed[]> {
  const operation = 'ListServersDetails';
  return collectCounted({ operation: `ecs.${operation}`, key: (server) => server.id }, ({ page }) => {
    const query = { enterprise_project_id: allEnterpriseProjects, limit: 1_000, offset: page };
    const path = (project: string) => ['v1', project, 'cloudservers', 'detail'];
    return reader.read({ operation, path, query, schema: detailedPage }, signal);
  });
}

/** A machine that only one of the two lists shows is part of the result: it may have come or gone in between. */
function union(byMarker: readonly Listed[], byPage: readonly Detailed[]): CloudServer[] {
  const details = new Map(byPage.map((server) => [server.id, server]));
  const listedIds = new Set(byMarker.map((server) => server.id));
  return [
    ...byMarker.map((server) => merge(server, server, details.get(server.id))),
    ...byPage.filter((server) => !listedIds.has(server.id)).map((server) => merge(server, undefined, server)),
  ];
}

function merge(base: Listed | Detailed, listed: Listed | undefined, detail: Detailed | undefined): CloudServer {
  const metadata = base.metadata ?? detail?.metadata ?? {};
  const mode = metadata['charging_mode'];
  const flavorId = base.flavor?.id ?? detail?.flavor.id;
  // Whether a pool can run a machine is decided by its flavor, so an unknown one must not pass for any other.
  if (flavorId === undefined) throw unparsable('ecs.ListCloudServers', 'a machine came without its flavor');
  return {
    id: base.id,
    name: base.name,
    status: base.status,
    availabilityZone: listed?.availability_zone ?? detail?.['OS-EXT-AZ:availability_zone'] ?? '',
    hostId: detail?.hostId,
    hypervisorHostname: detail?.['OS-EXT-SRV-ATTR:hypervisor_hostname'],
    dedicatedHostId: listed === undefined ? hintedHost(detail) : listed.dedicated_host_id,
    flavorId,
    tags: base.tags ?? detail?.tags ?? {},
    metadata,
    inRecycleBin: listed?.in_recycle_bin ?? false,
    chargingMode: mode === undefined ? undefined : chargingModes.parse(mode),
    created: base.created ?? detail?.created,
    enterpriseProjectId: base.enterprise_project_id ?? detail?.enterprise_project_id,
  };
}

/** Where the machine was to be made. It may have moved since, so v1.1, which tells where it is, goes before it. */
const hintedHost = (detail: Pick<Detailed, 'os:scheduler_hints'> | undefined): string | undefined =>
  detail?.['os:scheduler_hints']?.dedicated_host_id?.[0];
