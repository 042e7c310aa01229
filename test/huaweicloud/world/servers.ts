import { z } from 'zod';
import { instantSchema } from './account.ts';

/** A pool of a Dedicated Computing Cluster: all hosts of one spec in one zone. The API shows only its totals. */
export const poolSchema = z.strictObject({
  projectId: z.string(),
  availabilityZone: z.string(),
  /** Host spec code, such as "s3"; a server belongs to the pool with its project, zone and spec. */
  hostSpec: z.string(),
  cpuCores: z.int().default(22),
  cpuSpeed: z.string().default('2.2'),
  memoryMbPerHost: z.int().default(262_144),
  vcpusPerHost: z.int().default(144),
  flavors: z.array(z.string()).default(['s3.large.2']),
});

/** A physical server: a host of a DCC pool, or a Dedicated Host (DeH), which has an API of its own. */
export const physicalServerSchema = z.strictObject({
  resourceId: z.string().min(1),
  name: z.string().min(1),
  projectId: z.string(),
  availabilityZone: z.string(),
  hostType: z.enum(['DCC', 'DeH']),
  /** Of a dedicated host: whether machines that name no host may be placed on it. */
  autoPlacement: z.boolean().default(true),
  hostSpec: z.string().default('s3'),
  hypervisorHostname: z.string(),
  hostId: z.string(),
  /** Servers bought as one solution portfolio; they can only be unsubscribed as a whole. */
  portfolio: z.string().nullable().default(null),
  state: z.enum(['available', 'fault', 'released']).default('available'),
  allocatedAt: instantSchema,
  releasedAt: instantSchema.nullable().default(null),
  enterpriseProjectId: z.string().default('0'),
});

export type Pool = z.infer<typeof poolSchema>;
export type PhysicalServer = z.infer<typeof physicalServerSchema>;
