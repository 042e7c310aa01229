import { z } from 'zod';
import { instantSchema } from './account.ts';

/** CCE, MRS and RDS: services that make VMs of their own. `vmId` ties a node to its VM in the world. */
export const cceClusterSchema = z.strictObject({
  uid: z.string(),
  name: z.string(),
  projectId: z.string(),
  phase: z.string().default('Available'),
  flavor: z.string().default('cce.dec.s1.small'),
  version: z.string().default('v1.31'),
  createdAt: instantSchema,
  nodes: z
    .array(
      z.strictObject({
        uid: z.string(),
        name: z.string(),
        vmId: z.string(),
        phase: z.string().default('Active'),
      }),
    )
    .default([]),
});

export const mrsClusterSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  projectId: z.string(),
  state: z.string().default('running'),
  availabilityZone: z.string(),
  enterpriseProjectId: z.string().default('0'),
  createdAt: instantSchema,
  nodes: z
    .array(
      z.strictObject({
        name: z.string(),
        type: z.enum(['Master', 'Core', 'Task']).default('Core'),
        vmId: z.string(),
        resourceId: z.string(),
        status: z.string().default('normal'),
      }),
    )
    .default([]),
});

export const rdsInstanceSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  projectId: z.string(),
  region: z.string(),
  status: z.string().default('ACTIVE'),
  type: z.enum(['Single', 'Ha', 'Replica']).default('Single'),
  chargeMode: z.enum(['prePaid', 'postPaid']).default('postPaid'),
  enterpriseProjectId: z.string().default('0'),
  createdAt: instantSchema,
  nodes: z.array(
    z.strictObject({
      id: z.string(),
      name: z.string(),
      role: z.enum(['master', 'slave', 'readreplica']).default('master'),
      status: z.string().default('ACTIVE'),
      availabilityZone: z.string(),
      /** Known to the world only: the API has no server or host id for a database node. */
      vmId: z.string(),
    }),
  ),
});

export type CceCluster = z.infer<typeof cceClusterSchema>;
export type MrsCluster = z.infer<typeof mrsClusterSchema>;
export type RdsInstance = z.infer<typeof rdsInstanceSchema>;
