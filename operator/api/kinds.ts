import type { z } from 'zod';
import { dccServerSpecSchema, dccServerStatusSchema } from './dccserver.ts';
import { unsubscriptionRequestSpecSchema, unsubscriptionRequestStatusSchema } from './unsubscriptionrequest.ts';

export interface PrinterColumn {
  name: string;
  type: 'string' | 'integer' | 'date';
  description: string;
  jsonPath: string;
  /** 0 is shown always, 1 only with `-o wide`. */
  priority?: 0 | 1;
}

/** All that `crds/generate.ts` needs to make a CustomResourceDefinition. */
export interface KindDefinition {
  kind: string;
  plural: string;
  singular: string;
  shortNames: string[];
  description: string;
  spec: z.ZodType;
  status: z.ZodType;
  selectableFields: string[];
  printerColumns: PrinterColumn[];
}

const readyReason = (description: string): PrinterColumn => ({
  name: 'State',
  type: 'string',
  description,
  jsonPath: '.status.conditions[?(@.type=="Ready")].reason',
});
const readyMessage: PrinterColumn = {
  name: 'Message',
  type: 'string',
  description: 'The state in words.',
  jsonPath: '.status.conditions[?(@.type=="Ready")].message',
  priority: 1,
};
const age: PrinterColumn = {
  name: 'Age',
  type: 'date',
  description: 'Time since the object was created.',
  jsonPath: '.metadata.creationTimestamp',
};

export const dccServerKind: KindDefinition = {
  kind: 'DCCServer',
  plural: 'dccservers',
  singular: 'dccserver',
  shortNames: ['dccs'],
  description:
    'DCCServer is one physical server of a Huawei Cloud Dedicated Computing Cluster, or a Dedicated Host, as observed. Deleting the object never unsubscribes the server.',
  spec: dccServerSpecSchema,
  status: dccServerStatusSchema,
  selectableFields: ['.spec.resourceId', '.spec.region', '.spec.hostType'],
  printerColumns: [
    { name: 'Type', type: 'string', description: 'DCC or DeH.', jsonPath: '.spec.hostType' },
    { name: 'Zone', type: 'string', description: 'Availability zone.', jsonPath: '.spec.availabilityZone' },
    {
      name: 'Subscription',
      type: 'string',
      description: 'State of the subscription.',
      jsonPath: '.status.subscription.status',
    },
    {
      name: 'VMs',
      type: 'integer',
      description: 'Virtual machines on the server.',
      jsonPath: '.status.virtualMachines.total',
    },
    readyReason('Where the server stands.'),
    {
      name: 'Claimed by',
      type: 'string',
      description: 'The request that may unsubscribe it.',
      jsonPath: '.status.claim.name',
    },
    age,
    { name: 'Resource', type: 'string', description: 'Resource id.', jsonPath: '.spec.resourceId', priority: 1 },
    readyMessage,
  ],
};

export const unsubscriptionRequestKind: KindDefinition = {
  kind: 'UnsubscriptionRequest',
  plural: 'unsubscriptionrequests',
  singular: 'unsubscriptionrequest',
  shortNames: ['unsub'],
  description:
    'UnsubscriptionRequest asks once for servers to be unsubscribed. Nothing is ordered before every condition holds and a person has approved the plan.',
  spec: unsubscriptionRequestSpecSchema,
  status: unsubscriptionRequestStatusSchema,
  selectableFields: ['.spec.scope', '.spec.approvedPlan'],
  printerColumns: [
    { name: 'Servers', type: 'string', description: 'The servers.', jsonPath: '.status.serverNames' },
    readyReason('Where the request stands.'),
    {
      name: 'Blockers',
      type: 'integer',
      description: 'How much keeps it from being placed.',
      jsonPath: '.status.blockerCount',
    },
    { name: 'Plan', type: 'string', description: 'The plan to approve.', jsonPath: '.status.plan.id' },
    {
      name: 'Approved',
      type: 'string',
      description: 'Whether that plan is approved.',
      jsonPath: '.status.conditions[?(@.type=="Approved")].status',
    },
    { name: 'Refund', type: 'string', description: 'What the cloud refunded.', jsonPath: '.status.refund' },
    age,
    readyMessage,
  ],
};

export const kinds = [dccServerKind, unsubscriptionRequestKind];
