import type {
  UnsubscriptionRequestSpec,
  UnsubscriptionRequestStatus,
} from '../../../operator/api/unsubscriptionrequest.ts';
import { minutes } from '../../../operator/clock.ts';
import { aServerSpec } from '../../builders/dccserver.ts';
import { aRequestSpec } from '../../builders/unsubscriptionrequest.ts';
import type { StoredObject } from '../api-server.ts';
import { requestsPlural, serversPlural, specOf, statusOf } from '../objects.ts';
import type { Known } from './known.ts';

const requestNames = ['retire-1', 'retire-2', 'retire-3'] as const;

const serverSpec = ({ isPortfolio }: Known, name: string, ...others: string[]) =>
  aServerSpec(name, {
    virtualMachines: { hypervisorHostnames: [name, ...others] },
    ...(isPortfolio ? { portfolio: 'solution' } : {}),
  });

export function applyServers(known: Known): void {
  for (const name of known.servers)
    known.server.create(serversPlural, { kind: 'DCCServer', name, spec: serverSpec(known, name) });
}

/** What a server states of itself is part of each plan for it. */
export function editServer(known: Known): void {
  const { schedule, server, servers, tell } = known;
  const name = schedule.pick(servers) ?? '';
  tell(`edit ${name}`);
  const spec = serverSpec(known, name, ...(schedule.chance(0.5) ? ['another'] : []));
  server.change(serversPlural, name, () => ({ spec }));
}

export function applyRequest(known: Known): void {
  const { schedule, server, cloud, servers, isPortfolio, tell, soon } = known;
  const name = schedule.pick(requestNames.slice(0, 2)) ?? '';
  const picked = servers.filter(() => schedule.chance(isPortfolio ? 0.9 : 0.6));
  const named = picked.length > 0 ? picked : servers.slice(0, 1);
  tell(`apply ${name} for ${named.join(', ')}`);
  const spec = aRequestSpec({
    servers: named.map((one) => ({ name: one })),
    onFailure: schedule.chance(0.5) ? 'Continue' : 'Stop',
    scope: schedule.chance(0.15) ? 'RenewalsOnly' : 'ResourceAndRenewals',
    ...(cloud.disks.size > 0 ? { secondaryResources: 'Separately' } : {}),
    ...times(known),
  });
  server.create(requestsPlural, { kind: 'UnsubscriptionRequest', name, spec });
  soon(() => approveAll(known));
}

/** By the cloud's clock: few say when, and those mean soon. */
function times({ schedule, cloud }: Known): Pick<UnsubscriptionRequestSpec, 'notBefore' | 'deadline'> {
  const within = (least: number, most: number) =>
    new Date(cloud.wallClock().getTime() + schedule.between(least, most)).toISOString();
  return {
    ...(schedule.chance(0.1) ? { notBefore: within(0, minutes(1)) } : {}),
    ...(schedule.chance(0.1) ? { deadline: within(minutes(1), minutes(3)) } : {}),
  };
}

export function applyAs({ server, tell }: Known, old: StoredObject | undefined): void {
  const another = requestNames.find((one) => server.get(requestsPlural, one) === undefined);
  if (old === undefined || another === undefined) return;
  tell(`apply ${another} as ${old.metadata.name} was`);
  server.create(requestsPlural, { kind: 'UnsubscriptionRequest', name: another, spec: specOf(old) });
}

export function change(
  { server, tell }: Known,
  object: StoredObject | undefined,
  what: string,
  spec: Partial<UnsubscriptionRequestSpec>,
): void {
  if (object === undefined) return;
  tell(`${what} ${object.metadata.name}`);
  server.change(requestsPlural, object.metadata.name, (now) => ({ spec: { ...specOf(now), ...spec } }));
}

export function annotate(
  { server, tell }: Known,
  object: StoredObject | undefined,
  key: string,
  value: string | undefined,
): void {
  if (object === undefined || object.metadata.annotations?.[key] === value) return;
  tell(`annotate ${object.metadata.name} ${key}=${value}`);
  server.change(requestsPlural, object.metadata.name, ({ metadata: { annotations = {} } }) => {
    const { [key]: _, ...others } = annotations;
    return { metadata: { annotations: value === undefined ? others : { ...others, [key]: value } } };
  });
}

export function remove({ server, tell }: Known, plural: string, name: string | undefined): void {
  if (name === undefined) return;
  tell(`delete ${name}`);
  server.remove(plural, name);
}

/** What is approved is a plan as it was read, for whichever request that was written down. */
function approveWith(known: Known, object: StoredObject, plan: UnsubscriptionRequestStatus['plan']): void {
  if (plan === undefined || specOf(object).approvedPlan === plan.id) return;
  known.approved.set(plan.id, JSON.stringify(plan.orders));
  change(known, object, 'approve', { approvedPlan: plan.id });
  known.meddle(object);
}

export function approveAll(known: Known): void {
  for (const request of known.requests()) approveWith(known, request, statusOf(request).plan);
}

export function approveAmiss(known: Known): void {
  const [object, other] = [known.someRequest(), known.someRequest()];
  if (object !== undefined && other !== undefined) approveWith(known, object, statusOf(other).plan);
}
