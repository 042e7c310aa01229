import type { Service } from './endpoints.ts';

/**
 * What lets an IAM user or agency make a call, in one of the two models of IAM. `Documented`: the vendor's own pages name it.
 * `Presumed`: no page that could be read does, and the name follows from its neighbours: `docs/permissions.md` says from what.
 */
export type Grant =
  | { readonly kind: 'Documented' | 'Presumed'; readonly actions: readonly string[] }
  | { readonly kind: 'NotNeeded' };

/** What one call needs. */
export interface Permission {
  /** In a policy of the older model (roles and policies, IAM v3). */
  readonly policy: Grant;
  /** In an identity policy (IAM v5). */
  readonly identityPolicy: Grant;
  /** `Check`: only `--check` makes it. Of all calls, only the one that orders changes anything. */
  readonly use: 'Read' | 'Order' | 'Check';
}

const documented = (...actions: string[]): Grant => ({ kind: 'Documented', actions });
const presumed = (...actions: string[]): Grant => ({ kind: 'Presumed', actions });
const notNeeded: Grant = { kind: 'NotNeeded' };
const read = (policy: Grant, identityPolicy: Grant) => ({ policy, identityPolicy, use: 'Read' }) as const;

/**
 * Every call that the operator makes, as `service.Operation`; each with its source is in `docs/permissions.md`. A read that is not
 * among them does not compile.
 */
export const permissions = {
  'iam.KeystoneListAuthDomains': read(notNeeded, notNeeded),
  'sts.GetCallerIdentity': read(notNeeded, notNeeded),
  'iam.KeystoneListProjects': {
    policy: presumed('iam:projects:listProjects'),
    identityPolicy: presumed('iam:projects:listProjects'),
    use: 'Check',
  },
  'billing.ListServiceTypes': read(notNeeded, notNeeded),
  'billing.ShowCustomerAccountBalances': read(documented('bss:balance:view'), documented('billing:balance:view')),
  'billing.ListPayPerUseCustomerResources': read(documented('bss:order:view'), documented('billing:subscription:view')),
  'billing.ListCustomerOrders': read(documented('bss:order:view'), documented('billing:order:view')),
  'billing.ShowCustomerOrderDetails': read(documented('bss:order:view'), documented('billing:order:view')),
  'billing.ShowRefundOrderDetails': read(presumed('bss:order:view'), documented('billing:order:view')),
  'billing.ListCustomerselfResourceRecords': read(presumed('bss:bill:view'), documented('billing:billDetail:view')),
  'billing.CancelResourcesSubscription': {
    policy: documented('bss:unsubscribe:update'),
    identityPolicy: documented('billing:subscription:unsubscribe'),
    use: 'Order',
  },
  'dcc.ShowResourceClusters': read(presumed('dcc:*:get*', 'dcc:*:list*'), presumed('dcc:*:get*', 'dcc:*:list*')),
  'deh.ShowDedicatedHost': read(documented('deh:dedicatedHosts:get'), presumed('deh:dedicatedHosts:get')),
  'deh.ListServersDedicatedHost': read(documented('deh:dedicatedHosts:get'), presumed('deh:dedicatedHosts:get')),
  'ecs.ListCloudServers': read(documented('ecs:cloudServers:list'), documented('ecs:cloudServers:listServersDetails')),
  'ecs.ListServersDetails': read(documented('ecs:cloudServers:list'), presumed('ecs:cloudServers:listServersDetails')),
  'ecs.ListRecycleBinServers': read(presumed('ecs:recycleBin:listServers'), documented('ecs:recycleBin:listServers')),
  'cce.ListClusters': read(presumed('cce:cluster:list'), documented('cce:cluster:list')),
  'cce.ListNodes': read(presumed('cce:node:list'), presumed('cce:node:list')),
  'mrs.ListClusters': read(documented('mrs:cluster:list'), notNeeded),
  'mrs.ListNodes': read(presumed('mrs:cluster:get'), notNeeded),
  'rds.ListInstances': read(documented('rds:instance:list'), documented('rds:instance:listAll')),
  'cbr.ListBackups': read(presumed('cbr:backups:list'), notNeeded),
  'cbr.ListVault': read(documented('cbr:vaults:list'), notNeeded),
  'cbr.ShowCheckpoint': read(presumed('cbr:backups:get'), notNeeded),
} as const satisfies Readonly<Record<`${Service}.${string}`, Permission>>;

type Permissions = typeof permissions;

/** A call that the operator makes. */
export type Call = keyof Permissions;

/** The reads of one service, by the names of their operations. The call that orders is none. */
export type ReadOf<Of extends Service> = {
  [Each in Call]: Each extends `${Of}.${infer Operation}`
    ? Permissions[Each]['use'] extends 'Order'
      ? never
      : Operation
    : never;
}[Call];

const isCall = (name: string): name is Call => Object.hasOwn(permissions, name);

/** What a call needs; undefined for one that is not known. */
export const permissionOf = (call: string): Permission | undefined => (isCall(call) ? permissions[call] : undefined);

/** The actions of a grant; none when it needs none. */
export const actionsOf = (grant: Grant): readonly string[] => (grant.kind === 'NotNeeded' ? [] : grant.actions);

/** What to grant for a call, in words; undefined for a call that is not known or needs nothing. */
export function grantInWords(operation: string): string | undefined {
  const permission = permissionOf(operation);
  if (permission === undefined) return undefined;
  const policy = inWords(permission.policy);
  const identityPolicy = inWords(permission.identityPolicy);
  const parts = [
    ...(policy === undefined ? [] : [`${policy} (policies)`]),
    ...(identityPolicy === undefined ? [] : [`${identityPolicy} (identity policies)`]),
  ];
  return parts.length === 0 ? undefined : parts.join(' or ');
}

function inWords(grant: Grant): string | undefined {
  if (grant.kind === 'NotNeeded') return undefined;
  return `${grant.kind === 'Presumed' ? 'presumably ' : ''}${grant.actions.join(' and ')}`;
}
