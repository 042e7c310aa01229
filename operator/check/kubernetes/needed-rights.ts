import { kinds } from '../../api/kinds.ts';
import { group } from '../../api/names.ts';
import type { Config } from '../../config.ts';

/** One thing that the operator does to the API server. Without a namespace in all of them, without a name to any object. */
export interface Right {
  readonly verb: string;
  readonly group: string;
  readonly resource: string;
  readonly subresource?: string | undefined;
  readonly namespace?: string | undefined;
  readonly name?: string | undefined;
}

export interface RightsOptions {
  config: Pick<Config, 'namespaces' | 'leader-election' | 'lease-name' | 'halt-config-map'>;
  /** Where the Lease and the ConfigMap of the operator are. */
  operatorNamespace: string;
  /** Secrets that DCCServers name. */
  secrets: readonly { readonly namespace: string; readonly name: string }[];
}

/** Everything that the operator does, as the chart grants it (`templates/rbac.yaml`). Pure. */
export function neededRights({ config, operatorNamespace, secrets }: RightsOptions): Right[] {
  const scopes = config.namespaces.length === 0 ? [undefined] : config.namespaces;
  return [
    ...scopes.flatMap(rightsIn),
    ...(config['leader-election'] === 'Off' ? [] : leaseRights(operatorNamespace, config['lease-name'])),
    { verb: 'get', group: '', resource: 'configmaps', namespace: operatorNamespace, name: config['halt-config-map'] },
    ...secrets.map((secret) => ({ verb: 'get', group: '', resource: 'secrets', ...secret })),
  ];
}

const rightsIn = (namespace: string | undefined): Right[] => [
  ...kinds.flatMap(({ plural: resource }) => [
    // `release` is the verb by which the admission policies let it take its finalizers off.
    ...['get', 'list', 'watch', 'patch', 'release'].map((verb) => ({ verb, group, resource, namespace })),
    { verb: 'update', group, resource, subresource: 'status', namespace },
  ]),
  ...['create', 'patch'].map((verb) => ({ verb, group: 'events.k8s.io', resource: 'events', namespace })),
];

function leaseRights(namespace: string, name: string): Right[] {
  const lease = { group: 'coordination.k8s.io', resource: 'leases', namespace };
  // Who creates something names it in the body, where RBAC does not look.
  return [
    { verb: 'create', ...lease },
    { verb: 'get', ...lease, name },
    { verb: 'update', ...lease, name },
  ];
}

/** Such as `get, list dccservers.dcc-operator.io in team-a`: rights that differ by the verb alone are told together. */
export function inWords(rights: readonly Right[]): string {
  const byObject = Map.groupBy(rights, objectOf);
  return [...byObject].map(([object, of]) => `${of.map(({ verb }) => verb).join(', ')} ${object}`).join('; ');
}

function objectOf({ group: of, resource, subresource, namespace, name }: Right): string {
  const kind = [resource, of].filter(Boolean).join('.');
  const part = subresource === undefined ? kind : `${kind}/${subresource}`;
  const named = name === undefined ? part : `${part} "${name}"`;
  return `${named} in ${namespace ?? 'every namespace'}`;
}
