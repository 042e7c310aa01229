import { z } from 'zod';
import { instantSchema } from './account.ts';

const destroyedSchema = z.strictObject({ id: z.string(), name: z.string(), serverId: z.string() });

/** One accepted unsubscription order: the proof of what the cloud was told to do. */
export const acceptedSchema = z.strictObject({
  orderId: z.string(),
  time: instantSchema,
  requestId: z.string(),
  domainId: z.string(),
  placedBy: z.enum(['api', 'console']),
  resourceIds: z.array(z.string()),
  unsubscribeType: z.union([z.literal(1), z.literal(2)]),
  reasonType: z.int().nullable(),
  reason: z.string().nullable(),
  /** The VMs that were on a released server when the order was accepted or when it was completed. */
  vmsDestroyed: z.array(destroyedSchema),
});

/** One unsubscription that the cloud refused. */
export const refusedSchema = z.strictObject({
  time: instantSchema,
  requestId: z.string(),
  domainId: z.string(),
  resourceIds: z.array(z.string()),
  code: z.string(),
  message: z.string(),
});

export const ledgerSchema = z.strictObject({
  accepted: z.array(acceptedSchema).default([]),
  refused: z.array(refusedSchema).default([]),
});

export type Ledger = z.infer<typeof ledgerSchema>;
export type AcceptedUnsubscription = z.infer<typeof acceptedSchema>;
