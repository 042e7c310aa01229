import type { DCCServer } from '../api/objects.ts';
import type { Snapshot } from './snapshot.ts';

/**
 * What people state about a server and the cloud cannot confirm, a sentence each. Whoever approves a plan approves these
 * too: changing one changes the plan. Pure, and always in the same order.
 */
export function statementsOn(
  { metadata: { name }, spec }: DCCServer,
  { seesAllNamespaces }: Pick<Snapshot, 'seesAllNamespaces'>,
): string[] {
  const { hypervisorHostnames = [], hostIds = [], exclude = [] } = spec.virtualMachines ?? {};
  const mapped = [
    ...[...hypervisorHostnames].sort().map((host) => `virtual machines on the hypervisor ${host} are on it`),
    ...[...hostIds].sort().map((host) => `virtual machines with the host id ${host} are on it`),
  ];
  const statements = [
    `${spec.hostType} server ${spec.resourceId} in ${spec.availabilityZone} of project ${spec.projectId}`,
    ...(mapped.length > 0 || spec.hostType === 'DeH' ? mapped : ['every virtual machine of its zone counts']),
    ...exclude.map(({ id, service, reason }) => `${named(id, service)} does not count: ${reason}`).sort(),
    backups(spec),
    ...(spec.credentialsSecretRef === undefined ? [] : [`credentials of the Secret ${spec.credentialsSecretRef.name}`]),
    ...(seesAllNamespaces ? [] : ['no DCCServer of a namespace that this operator does not see stands for it']),
  ];
  return statements.map((statement) => `${name}: ${statement}`);
}

const named = (id: string, service: string): string =>
  service === 'Other' ? `instance ${id}, which no list shows,` : `${service} ${id}`;

function backups({ backup }: DCCServer['spec']): string {
  if (backup?.requirement === 'Waived') return 'no backups are demanded';
  return `backups of its virtual machines are demanded, not older than ${backup?.maxAge ?? '24h'}`;
}
