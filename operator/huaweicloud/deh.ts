import { z } from 'zod';
import { mayBeMissing, optional } from './answers.ts';
import type { ServiceReader } from './calls.ts';
import { collectMarked } from './paging.ts';

/** A dedicated host as its service shows it. */
export interface DedicatedHost {
  readonly id: string;
  readonly name: string;
  /** available, fault or released, as the cloud writes it. */
  readonly state: string;
  readonly availabilityZone: string;
  /** The host's own count of instances: more than are listed means that one is hidden. */
  readonly instanceTotal: number;
  /** Undefined when the cloud does not tell. */
  readonly instanceIds: readonly string[] | undefined;
  readonly availableVcpus: number;
  /** Whether machines that name no host may be placed here; undefined when the cloud does not tell. */
  readonly autoPlacement: boolean | undefined;
}

/** `Gone`: the service itself says that it knows no such host. */
export type DedicatedHostState = { readonly kind: 'Present'; readonly host: DedicatedHost } | { readonly kind: 'Gone' };

/** A virtual machine on a dedicated host. */
export interface HostedServer {
  readonly id: string;
  readonly name: string;
  readonly status: string;
}

/** Dedicated Host. */
export interface Deh {
  /** One host (`GET /v1.0/{project}/dedicated-hosts/{id}`). */
  dedicatedHost(id: string, signal?: AbortSignal): Promise<DedicatedHostState>;
  /** The machines on a host, all pages. Throws `NotFound` when there is no such host. */
  serversOf(id: string, signal?: AbortSignal): Promise<HostedServer[]>;
}

const shown = z.object({
  dedicated_host: z.object({
    dedicated_host_id: z.string(),
    name: z.string(),
    state: z.string(),
    availability_zone: z.string(),
    instance_total: z.int().nonnegative(),
    instance_uuids: optional(z.array(z.string())),
    available_vcpus: z.number(),
    auto_placement: optional(z.string()),
  }),
});
const servers = z.object({
  servers: z.array(z.object({ id: z.string().min(1), name: z.string(), status: z.string() })),
});

/** Creates the client; its calls are bound to the project. */
export function createDeh(reader: ServiceReader<'deh'>): Deh {
  const host = (project: string, id: string) => ['v1.0', project, 'dedicated-hosts', id];
  return {
    async dedicatedHost(id, signal) {
      const path = (project: string) => host(project, id);
      try {
        const answer = await reader.read({ operation: 'ShowDedicatedHost', path, schema: shown }, signal);
        return { kind: 'Present', host: dedicatedHostOf(answer.dedicated_host) };
      } catch (error) {
        // In what form it says so is not documented.
        if (mayBeMissing(error)) return { kind: 'Gone' };
        throw error;
      }
    },
    serversOf(id, signal) {
      const operation = 'ListServersDedicatedHost';
      return collectMarked({ operation: `deh.${operation}`, key: (server) => server.id }, async (marker) => {
        const path = (project: string) => [...host(project, id), 'servers'];
        const page = await reader.read({ operation, path, query: { limit: 100, marker }, schema: servers }, signal);
        return { items: page.servers, next: page.servers.at(-1)?.id };
      });
    },
  };
}

function dedicatedHostOf(host: z.infer<typeof shown>['dedicated_host']): DedicatedHost {
  return {
    id: host.dedicated_host_id,
    name: host.name,
    state: host.state,
    availabilityZone: host.availability_zone,
    instanceTotal: host.instance_total,
    instanceIds: host.instance_uuids,
    availableVcpus: host.available_vcpus,
    autoPlacement: host.auto_placement === undefined ? undefined : host.auto_placement === 'on',
  };
}
