import { z } from 'zod';
import type { Milliseconds } from '../clock.ts';
import { conditions } from './conditions.ts';
import {
  amount,
  count,
  currency,
  duration,
  formatted,
  immutable,
  listMap,
  objectName,
  rules,
  set,
  text,
  timestamp,
} from './fields.ts';

const identity = (field: string) =>
  immutable(
    `${field} cannot be changed: it identifies the physical server. Create another DCCServer for another server.`,
  );

const virtualMachineService = z
  .enum(['ECS', 'CCE', 'MRS', 'RDS'])
  .describe('The cloud service that made the virtual machine.');
export type VirtualMachineService = z.infer<typeof virtualMachineService>;

const exclusion = z
  .strictObject({
    id: text(64, 'Id of the virtual machine or instance.'),
    service: z
      .enum([...virtualMachineService.options, 'Other'])
      .describe(
        'The cloud service that made it. Other: an instance that only the count of a DCC pool tells of (GaussDB, DDS, DCS), which is on another server of the pool.',
      ),
    reason: text(512, 'Why this one does not count. It is kept as the record of the decision.'),
  })
  .describe('A statement by a person that one virtual machine or instance does not count.');

const virtualMachinesSpec = z
  .strictObject({
    hypervisorHostnames: set(
      text(255, 'A hypervisor host name.'),
      16,
      'Virtual machines whose OS-EXT-SRV-ATTR:hypervisor_hostname is one of these are on this server.',
    ).optional(),
    hostIds: set(
      text(255, 'A host id.'),
      16,
      'Virtual machines whose hostId is one of these are on this server.',
    ).optional(),
    exclude: listMap(
      exclusion,
      'id',
      100,
      'Virtual machines or instances that a person states do not count, each with the reason.',
    ).optional(),
  })
  .describe(
    'Which virtual machines are on this server. The cloud tells it only for DeH. Without it, every virtual machine of the project in the availability zone counts for a DCC server: safe, but it blocks until the whole zone is empty.',
  );

const backupSpec = z
  .strictObject({
    requirement: z
      .enum(['Required', 'Waived'])
      .describe(
        'Required: every virtual machine that was deleted from the server needs a backup. Waived: a person takes responsibility for the data.',
      )
      .optional(),
    maxAge: duration(
      'How old the newest backup of a virtual machine may have been when it left the server. 24h when omitted.',
    ).optional(),
  })
  .describe('What is demanded of backups. Required with a maximum age of 24h when omitted.');

export const dccServerSpecSchema = z
  .strictObject({
    resourceId: formatted(
      64,
      /^[A-Za-z0-9][A-Za-z0-9_-]*$/,
      'Write the resource id that the billing centre shows for the server: letters, digits, - and _.',
      'Id of the server as a billing resource: what is unsubscribed.',
      [identity('resourceId')],
    ),
    region: formatted(
      32,
      /^[a-z]{2,4}-[a-z]+-[0-9]+$/,
      'Write a region id such as cn-north-4, ap-southeast-3 or eu-west-101 (not its display name).',
      'Region of the server.',
      [identity('region')],
    ),
    projectId: formatted(
      32,
      /^[0-9a-f]{32}$/,
      'Write the id of the project of that region: 32 hexadecimal digits (console: My Credentials).',
      'Project of the server.',
      [identity('projectId')],
    ),
    availabilityZone: formatted(
      64,
      /^[a-z0-9][a-z0-9.-]*$/,
      'Write an availability zone id such as cn-north-4a.',
      'Availability zone of the server.',
      [identity('availabilityZone')],
    ),
    hostType: z.enum(['DCC', 'DeH']).meta({
      description:
        'DCC: a server of a Dedicated Computing Cluster. DeH: a Dedicated Host, for which the cloud lists the virtual machines.',
      ...rules(identity('hostType')),
    }),
    virtualMachines: virtualMachinesSpec.optional(),
    backup: backupSpec.optional(),
    portfolio: text(
      63,
      'Name shared by all servers that were bought as one solution portfolio: they can only be unsubscribed together.',
    ).optional(),
    credentialsSecretRef: z
      .strictObject({
        name: objectName(
          'Name of a Secret in the same namespace with the keys HUAWEICLOUD_SDK_AK and HUAWEICLOUD_SDK_SK, and optionally HUAWEICLOUD_SDK_SECURITY_TOKEN and DCC_OPERATOR_SITE.',
        ),
      })
      .describe("Credentials of the account that owns the server; the operator's own when omitted.")
      .optional(),
  })
  .meta({
    description: 'Identity of the server and what is known about it that the cloud does not tell.',
    ...rules({
      rule: "self.hostType != 'DeH' || !has(self.virtualMachines) || !has(self.virtualMachines.exclude) || !self.virtualMachines.exclude.exists(e, e.service == 'Other')",
      message:
        'virtualMachines.exclude takes no service Other for a DeH server: what a dedicated host counts is on it. Delete the instance, or name the service whose list shows it.',
    }),
  });
export type DCCServerSpec = z.infer<typeof dccServerSpecSchema>;

const virtualMachine = z
  .strictObject({
    id: text(64, 'Id of the virtual machine.'),
    name: z.string().max(255).describe('Its name.'),
    service: virtualMachineService,
    status: text(64, 'Its status as the cloud says it, or InRecycleBin.'),
  })
  .describe('A virtual machine on the server.');
export type VirtualMachine = z.infer<typeof virtualMachine>;

/** What people call a machine: its name, or its id when it has none. */
export const labelOf = ({ id, name }: Pick<VirtualMachine, 'id' | 'name'>): string => (name === '' ? id : name);

const backupEvidence = z
  .strictObject({
    id: text(64, 'Id of the backup in CBR.'),
    createdAt: timestamp('When the backup was made.'),
  })
  .describe('The backup that protects the data of the virtual machine.');

const departedVirtualMachine = z
  .strictObject({
    id: text(64, 'Id of the virtual machine.'),
    name: z.string().max(255).describe('Its name when it was last seen.'),
    service: virtualMachineService,
    leftAt: timestamp('When it was first found missing from the server.'),
    fate: z
      .enum(['Unknown', 'Migrated', 'Deleted'])
      .describe('Migrated: alive elsewhere. Deleted: gone from the project. Unknown: not established yet.'),
    backup: backupEvidence.optional(),
    problem: z
      .enum(['BackupMissing', 'BackupTooOld', 'BackupNotRestorable', 'VaultFrozen'])
      .describe(
        'Why its data is not protected. VaultFrozen: the vault of its backups is frozen, locked, in error or being deleted.',
      )
      .optional(),
  })
  .describe('A virtual machine that was once seen on the server, and what became of it.');
export type DepartedVirtualMachine = z.infer<typeof departedVirtualMachine>;

const secondary = z
  .strictObject({
    resourceId: text(64, 'Id of the secondary resource.'),
    name: z.string().max(255).describe('Its name.'),
    type: z.string().max(128).describe('Its resource type code.'),
  })
  .describe('A resource that the cloud unsubscribes together with the server.');

const subscriptionStatus = z
  .strictObject({
    status: z
      .enum(['InUse', 'Closed', 'Frozen', 'Expired', 'Absent', 'Unknown'])
      .describe('State of the billing row. Absent: the billing centre has no such row.'),
    effectiveTime: timestamp('Start of the subscription.').optional(),
    expireTime: timestamp('End of the paid period.').optional(),
    autoRenewal: z.boolean().describe('Whether the cloud renews the subscription by itself.').optional(),
    secondaries: listMap(
      secondary,
      'resourceId',
      100,
      'Resources that would be unsubscribed with the server.',
    ).optional(),
  })
  .describe('The subscription as the billing centre shows it.');

const virtualMachinesStatus = z
  .strictObject({
    total: count('How many virtual machines are on the server.'),
    byService: z
      .partialRecord(virtualMachineService, count('Number of virtual machines.'))
      .describe('The total by the service that made them.'),
    remaining: listMap(virtualMachine, 'id', 500, 'The virtual machines on the server, sorted by name.'),
    omitted: count('How many of them are left out of the list.'),
    observedTime: timestamp('When this state was first observed.'),
  })
  .describe('What is on the server.');

const unsubscriptionStatus = z
  .strictObject({
    request: text(253, 'Name of the UnsubscriptionRequest.'),
    orderId: text(64, 'Id of the unsubscription order.').optional(),
    state: text(
      64,
      'State of the order, or of the call while it has none, as in status.placements of the request. Refused: the call was accepted, but not for this server.',
    ),
    code: text(64, "The cloud's error code when it refused the server.").optional(),
    orderedWith: set(
      text(64, 'A resource id.'),
      16,
      'The other resources of the same call: what is refused as part of a portfolio lacks a member that is not among these.',
    ).optional(),
    signedAt: timestamp('When the call was signed: it can take effect until its signature expires.').optional(),
    account: text(64, 'Id of the account (domain) that the call was signed for.').optional(),
    refund: z
      .strictObject({ amount: amount('Amount refunded.'), currency: currency('Currency of the amount.') })
      .describe('The refund as the cloud reports it.')
      .optional(),
  })
  .describe('The unsubscription of this server.');

const partialUnsubscriptionStatus = z
  .strictObject({
    request: text(253, 'Name of the UnsubscriptionRequest.'),
    resourceIds: set(text(64, 'A resource id.'), 10, 'The resources of the call.'),
    orderId: text(64, 'Id of the order.').optional(),
    state: text(64, 'State of the order, or of the call while it has none.'),
    signedAt: timestamp('When the call was signed: it can take effect until its signature expires.'),
    account: text(64, 'Id of the account (domain) that the call was signed for.').optional(),
  })
  .describe('The last call for a secondary resource of this server, or for its renewals only.');

export const dccServerStatusSchema = z
  .strictObject({
    observedGeneration: count('The metadata.generation that this status was computed from.').optional(),
    subscription: subscriptionStatus.optional(),
    virtualMachines: virtualMachinesStatus.optional(),
    departed: listMap(
      departedVirtualMachine,
      'id',
      1000,
      'Ledger of the virtual machines that were once seen here, and what became of each.',
    ).optional(),
    ledgerIncomplete: z
      .boolean()
      .describe(
        'True once more virtual machines were seen here than the lists hold: some were never followed, so nothing can show any more that all data is protected. It stays true.',
      )
      .optional(),
    claim: z
      .strictObject({ name: text(253, 'Name of the UnsubscriptionRequest.'), uid: text(64, 'Its uid.') })
      .describe('The one request that may unsubscribe this server.')
      .optional(),
    unsubscription: unsubscriptionStatus.optional(),
    partialUnsubscription: partialUnsubscriptionStatus.optional(),
    secondariesGivenBack: set(
      text(64, 'A resource id.'),
      100,
      'Secondary resources of this server that orders of the operator gave back: they are not ordered again, whatever the billing centre still shows of them.',
    ).optional(),
    conditions: conditions.optional(),
  })
  .describe('The server as observed. Written by the operator only.');
export type DCCServerStatus = z.infer<typeof dccServerStatusSchema>;

/** A call of ours that a server remembers, also once its request is gone. */
export type RememberedCall = NonNullable<DCCServerStatus['unsubscription'] | DCCServerStatus['partialUnsubscription']>;

/** How calls end: after any other state the call, or its order, may still take effect. */
const ends: ReadonlySet<string> = new Set(['Completed', 'Cancelled', 'Refused', 'Rejected', 'NotSent', 'NotPlaced']);

export const endIsKnown = ({ state }: RememberedCall): boolean => ends.has(state);

/** Whether a call, if nobody follows it any more, may still take effect: its request was let go by force, and it is not dead for sure yet. */
export const mayTakeEffect = (call: RememberedCall, now: Date, deadAfter: Milliseconds): boolean =>
  !endIsKnown(call) && call.signedAt !== undefined && now.getTime() <= new Date(call.signedAt).getTime() + deadAfter;

export const rememberedCalls = ({ unsubscription, partialUnsubscription }: DCCServerStatus): RememberedCall[] =>
  [unsubscription, partialUnsubscription].filter((call) => call !== undefined);
