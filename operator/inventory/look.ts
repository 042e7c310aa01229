import type { DCCServer } from '../api/objects.ts';
import { hours, parseDuration } from '../clock.ts';
import { judgeBackups } from './backup-evidence.ts';
import { dependentsOf } from './dependents.ts';
import type { JudgeBackup } from './ledger.ts';
import type { ReadFailure, Reading, ServerObservation, Subscription } from './observation.ts';
import type { ProjectInventory } from './project.ts';

/** A look at a server, and how the backups of its machines are judged by it. */
export interface Look {
  observation: ServerObservation;
  judgeBackup: JudgeBackup;
}

/** How old the newest backup of a machine may have been when it left, unless spec says otherwise. */
const defaultMaxAge = hours(24);

/** What a reading of a project says of one server. Pure. */
export function lookAt(server: DCCServer, project: ProjectInventory): Look {
  const { backups, readAt } = project;
  const maxAge = parseDuration(server.spec.backup?.maxAge ?? '') ?? defaultMaxAge;
  const judgeBackup: JudgeBackup = (machineId, leftAt) =>
    backups.kind === 'Unreadable' ? backups : judgeBackups(backups.value, machineId, leftAt, maxAge);
  return {
    judgeBackup,
    observation: {
      observedAt: readAt,
      account: project.account,
      subscription: subscriptionIn(project, server.spec.resourceId),
      dependents: dependentsOf(server, project, (machineId) => judgeBackup(machineId, readAt)),
    },
  };
}

/** What is said of a server whose account cannot be opened: nothing is known of anything. */
export function unreadableLook(failure: ReadFailure, observedAt: Date): Look {
  const unreadable = { kind: 'Unreadable', failure } as const;
  return {
    judgeBackup: () => unreadable,
    observation: { observedAt, account: unreadable, subscription: unreadable, dependents: unreadable },
  };
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
