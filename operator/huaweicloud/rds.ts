import { z } from 'zod';
import { counted, optional } from './answers.ts';
import type { ServiceReader } from './calls.ts';
import { collectCounted, type Listing } from './paging.ts';

/** A database instance. Nothing in the API ties it to a virtual machine or a physical server: only its zones are known. */
export interface RdsInstance {
  readonly id: string;
  readonly name: string;
  /** ACTIVE, FROZEN, … as the cloud writes it. */
  readonly status: string;
  /** The zone of each of its nodes, sorted; none while it has no node yet. */
  readonly availabilityZones: readonly string[];
  /** prePaid or postPaid, as the cloud writes it. */
  readonly chargeMode: string | undefined;
}

/** Relational Database Service. */
export interface Rds {
  /** All instances of the project, all pages. */
  instances(signal?: AbortSignal): Promise<RdsInstance[]>;
}

const instance = z.object({
  id: z.string().min(1),
  name: z.string(),
  status: z.string(),
  nodes: z.array(z.object({ availability_zone: z.string() })),
  charge_info: optional(z.object({ charge_mode: optional(z.string()) })),
});
const instancePage = counted('total_count', 'instances', instance);

/** Creates the client; its calls are bound to the project. */
export function createRds(reader: ServiceReader<'rds'>): Rds {
  return {
    async instances(signal) {
      const operation = 'ListInstances';
      const listing: Listing<z.infer<typeof instance>> = { operation: `rds.${operation}`, key: (row) => row.id };
      const rows = await collectCounted(listing, ({ offset }) => {
        const path = (project: string) => ['v3', project, 'instances'];
        const query = { limit: 100, offset };
        return reader.read({ operation, path, query, schema: instancePage }, signal);
      });
      return rows.map((row) => ({
        id: row.id,
        name: row.name,
        status: row.status,
        availabilityZones: row.nodes.map((node) => node.availability_zone).sort(),
        chargeMode: row.charge_info?.charge_mode,
      }));
    },
  };
}
