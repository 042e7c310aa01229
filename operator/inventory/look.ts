import type { DCCServer } from '../api/objects.ts';
import { type Clock, hours, parseDuration } from '../clock.ts';
import type { Polls } from '../polls.ts';
import { judgeBackups, type MachineBackup } from './backup-evidence.ts';
import { dependentsOf } from './dependents.ts';
import { type JudgeBackup, judgedAnew } from './ledger.ts';
import { excludedIds } from './machines.ts';
import type { Dependents, ReadFailure, Reading, ServerObservation, Subscription } from './observation.ts';
import { oncePer } from './once-per.ts';
import type { ProjectInventory } from './project.ts';

/** A look at a server, and how the backups of its machines are judged by it. */
export interface Look {
  observation: ServerObservation;
  judgeBackup: JudgeBackup;
}

/** How old the newest backup of a machine may have been when it left, unless spec says otherwise. */
const defaultMaxAge = hours(24);

const byMachine = oncePer(
  (backups: readonly MachineBackup[]): ReadonlyMap<string, readonly MachineBackup[]> =>
    Map.groupBy(backups, ({ machineId }) => machineId),
);

/** What a reading of a project says of one server. Pure. */
export function lookAt(server: DCCServer, project: ProjectInventory): Look {
  const { backups, readAt } = project;
  const maxAge = parseDuration(server.spec.backup?.maxAge ?? '') ?? defaultMaxAge;
  const judgeBackup: JudgeBackup = (machineId, leftAt) =>
    backups.kind === 'Unreadable'
      ? backups
      : judgeBackups(byMachine(backups.value).get(machineId) ?? [], { machineId, leftAt, now: readAt }, maxAge);
  const dependents = dependentsOf(server, project, (machineId) => judgeBackup(machineId, readAt));
  return {
    judgeBackup,
    observation: {
      observedAt: readAt,
      readBy: project.readBy,
      nextPollAt: project.nextPollAt,
      account: project.account,
      subscription: subscriptionIn(project, server.spec.resourceId),
      dependents,
      autoPlacement: isOpenToAll(server, project),
      departed: departedNow(server, dependents, judgeBackup),
    },
  };
}

function isOpenToAll({ spec }: DCCServer, { hosts }: ProjectInventory): boolean {
  const host = hosts.get(spec.resourceId);
  return host?.kind === 'Read' && host.value.state.kind === 'Present' && host.value.state.host.autoPlacement === true;
}

/** What is said of a server whose account cannot be opened: nothing is known of anything. */
export function unreadableLook(
  server: DCCServer,
  failure: ReadFailure,
  { clock, polls }: { clock: Clock; polls: Polls },
): Look {
  const unreadable = { kind: 'Unreadable', failure } as const;
  const judgeBackup = () => unreadable;
  const departed = departedNow(server, unreadable, judgeBackup);
  return {
    judgeBackup,
    observation: {
      observedAt: clock.now(),
      readBy: clock.elapsed(),
      nextPollAt: polls.next(),
      account: unreadable,
      subscription: unreadable,
      dependents: unreadable,
      departed,
      autoPlacement: false,
    },
  };
}

function departedNow(
  server: DCCServer,
  dependents: Reading<Dependents>,
  judge: JudgeBackup,
): ServerObservation['departed'] {
  const aliveElsewhere = dependents.kind === 'Read' ? dependents.value.aliveElsewhere : new Set<string>();
  return judgedAnew(server.status.departed ?? [], { judge, aliveElsewhere, excluded: excludedIds(server) });
}

/** No row for a resource that was asked for: the billing centre does not know it (any more). */
function subscriptionIn({ subscriptions }: ProjectInventory, resourceId: string): Reading<Subscription> {
  if (subscriptions.kind === 'Unreadable') return subscriptions;
  return { kind: 'Read', value: subscriptions.value.get(resourceId) ?? absent };
}

const absent: Subscription = {
  status: 'Absent',
  isPrimary: true,
  region: undefined,
  projectId: undefined,
  serviceTypeCode: undefined,
  effectiveTime: undefined,
  expireTime: undefined,
  autoRenewal: false,
  secondaries: [],
};
