import type { FoundServer, Snapshot, Subscription } from '../snapshot.ts';
import { type Blocker, eachServer, unreadable } from './rule.ts';

type Found = Blocker<'ServersActive'>;

/** The billing row of each server says that it is in use: a frozen, expired or closed one cannot be unsubscribed. */
export const serversActive = eachServer<'ServersActive'>((found, snapshot) => {
  const reading = found.observation.subscription;
  if (reading.kind === 'Unreadable') {
    return [{ condition: 'ServersActive', reason: 'CannotRead', server: found.name, ...unreadable(reading.failure) }];
  }
  const problem = problemOf(found, reading.value, snapshot);
  if (problem === undefined) return [];
  return [{ condition: 'ServersActive', status: 'False', server: found.name, ...problem }];
});

type Problem = Pick<Found, 'reason' | 'message' | 'remedy'> & Partial<Pick<Found, 'status'>>;

function problemOf(found: FoundServer, subscription: Subscription, snapshot: Snapshot): Problem | undefined {
  const { resourceId } = found.server.spec;
  const { unsubscription } = found.server.status;
  // Whatever the row says: for some time the cloud may go on showing what it has taken away, and another request must not order it again.
  if (unsubscription?.state === 'Completed') {
    return already(`The server was unsubscribed by the request ${unsubscription.request}.`, snapshot);
  }
  switch (subscription.status) {
    case 'InUse':
      return misplaced(found, subscription);
    case 'Frozen':
      return {
        reason: 'ServerFrozen',
        message: `The server is frozen: the cloud refuses to unsubscribe ${resourceId}.`,
        remedy:
          'Settle what froze it (arrears, or a legal or security case: Billing Center), then wait until its status is in use.',
      };
    case 'Expired':
      return {
        reason: 'ServerExpired',
        message: `The subscription of ${resourceId} has expired.`,
        remedy: 'Renew it first, or release it in the Billing Center: an expired server is not unsubscribed.',
      };
    case 'Closed':
      return already(`The subscription of ${resourceId} is closed.`, snapshot);
    case 'Absent':
      return absent(found);
    case 'Unknown':
      return {
        status: 'Unknown',
        reason: 'StatusUnknown',
        message: `The billing centre gives ${resourceId} a status that this version does not know, or rows that contradict each other.`,
        remedy:
          'Look at the resource in the Billing Center. Report a new status to the maintainers; rows that contradict each other pass.',
      };
  }
}

function absent({ server: { spec } }: FoundServer): Problem {
  return {
    reason: 'NotYearlyMonthly',
    message: `The billing centre has no yearly/monthly resource ${spec.resourceId}.`,
    remedy: 'Compare spec.resourceId and the account of the credentials with the Billing Center.',
  };
}

/** The servers of a request cannot be changed, so the others need one of their own. */
const already = (message: string, { request }: Snapshot): Problem => ({
  reason: 'AlreadyUnsubscribed',
  message,
  remedy:
    request.spec.servers.length === 1
      ? 'Nothing is left to unsubscribe: delete this request and the DCCServer.'
      : 'Nothing is left to unsubscribe of this server: delete its DCCServer and this request, then create a request for the others.',
});

function misplaced({ server: { spec } }: FoundServer, subscription: Subscription): Problem | undefined {
  if (!subscription.isPrimary) {
    return {
      reason: 'NotPrimary',
      message: `${spec.resourceId} is a secondary resource, not a server.`,
      remedy: 'Name the primary resource in a DCCServer.',
    };
  }
  const { region = spec.region, projectId = spec.projectId } = subscription;
  const differing = [
    ...(region === spec.region ? [] : [`region ${region}`]),
    ...(projectId === spec.projectId ? [] : [`project ${projectId}`]),
  ];
  if (differing.length === 0) return undefined;
  return {
    reason: 'RegionMismatch',
    message: `The billing centre has ${spec.resourceId} in ${differing.join(' and ')}, not where spec says.`,
    remedy:
      'Create a DCCServer with the right region and projectId: its virtual machines were looked for in the wrong place.',
  };
}
