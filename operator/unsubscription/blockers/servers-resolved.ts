import { mayTakeEffect, rememberedCalls } from '../../api/dccserver.ts';
import { forceReleaseAnnotation } from '../../api/names.ts';
import { anyOrderOf, sentence } from '../../api/sentence.ts';
import type { FoundServer, ServerSnapshot, Snapshot } from '../snapshot.ts';
import { type Blocker, type Rule, unreadable } from './rule.ts';

type Found = Blocker<'ServersResolved'>;

/** Every server that the request names exists, is not being deleted, and is claimed by this request alone. */
export const serversResolved: Rule<'ServersResolved'> = (snapshot) =>
  snapshot.servers.flatMap((entry) => problemOf(entry, snapshot) ?? []);

function problemOf(entry: ServerSnapshot, snapshot: Snapshot): Found | undefined {
  const base = { condition: 'ServersResolved', status: 'False', server: entry.name } as const;
  switch (entry.kind) {
    case 'Missing':
      return {
        ...base,
        reason: 'ServerNotFound',
        message: `There is no DCCServer ${entry.name} in this namespace.`,
        remedy: `Apply a DCCServer named ${entry.name}, or delete this request and create one that names the right server.`,
      };
    case 'NotSelected':
      return {
        ...base,
        reason: 'ServerNotSelected',
        message: `DCCServer ${entry.name} is not looked after by this operator: its labels do not match ${entry.selector}.`,
        remedy: 'Give the request and all its servers labels by which the same operator looks after them.',
      };
    case 'Unreadable':
      return {
        ...base,
        status: 'Unknown',
        reason: 'ServerUnreadable',
        message: `DCCServer ${entry.name} cannot be understood: ${sentence(entry.problem)}`,
        remedy: 'Correct the object, or upgrade the operator and its CustomResourceDefinitions together.',
      };
    case 'Ordered':
      return undefined;
    case 'Found':
      return (
        deleting(entry) ??
        duplicate(entry) ??
        claim(entry, snapshot) ??
        followedElsewhere(entry) ??
        unsettled(entry, snapshot) ??
        completedUnseen(entry)
      );
  }
}

function deleting({ name, server }: FoundServer): Found | undefined {
  if (server.metadata.deletionTimestamp === undefined) return undefined;
  return {
    condition: 'ServersResolved',
    reason: 'ServerDeleting',
    status: 'False',
    server: name,
    message: `DCCServer ${name} is being deleted.`,
    remedy: 'Let the deletion finish, apply the DCCServer again, then create a new request.',
  };
}

function duplicate({ name, server, duplicateOf }: FoundServer): Found | undefined {
  const base = { condition: 'ServersResolved', server: name } as const;
  if (duplicateOf.kind === 'Unreadable') return { ...base, reason: 'CannotRead', ...unreadable(duplicateOf.failure) };
  if (duplicateOf.value === undefined) return undefined;
  return {
    ...base,
    reason: 'DuplicateServer',
    status: 'False',
    message: `DCCServer ${duplicateOf.value} stands for the same resource ${server.spec.resourceId}.`,
    remedy: 'Delete one of the two objects: deleting a DCCServer never unsubscribes anything.',
  };
}

function claim({ name, server }: FoundServer, { request }: Snapshot): Found | undefined {
  const owner = server.status.claim;
  if (owner?.uid === request.metadata.uid) return undefined;
  const base = { condition: 'ServersResolved', status: 'False', server: name } as const;
  if (owner === undefined) {
    return {
      ...base,
      status: 'Unknown',
      reason: 'NotClaimed',
      message: `DCCServer ${name} is not claimed for this request yet.`,
      remedy: 'Wait: the operator claims it as soon as it has observed the server.',
    };
  }
  return {
    ...base,
    reason: 'ClaimedByOther',
    message: `DCCServer ${name} is claimed by the request ${owner.name}.`,
    remedy: `Wait until ${owner.name} has ended, or delete it.`,
  };
}

/** A call that another request follows, for the same resource under another name. */
function followedElsewhere({ name, openElsewhere }: FoundServer): Found | undefined {
  if (openElsewhere === undefined) return undefined;
  const { request, resourceId, isUnreadable } = openElsewhere;
  const base = { condition: 'ServersResolved', reason: 'CallUnsettled', server: name } as const;
  if (isUnreadable) {
    return {
      ...base,
      status: 'Unknown',
      message: `The request ${request} cannot be understood and may have a call for ${resourceId} open.`,
      remedy: 'Correct the object, or upgrade the operator and its CustomResourceDefinitions together.',
    };
  }
  return {
    ...base,
    status: 'False',
    message: `The request ${request} has a call for ${resourceId} open.`,
    remedy: 'Wait until that call has ended; delete one of the two DCCServers.',
  };
}

/** A call of another request, taken away by force before it had come to its end, may still take effect. */
function unsettled({ name, server }: FoundServer, { request, cloudTime, callsDeadAfter }: Snapshot): Found | undefined {
  const own = new Set(request.status.placements?.map(({ signedAt }) => signedAt));
  const others = rememberedCalls(server.status).filter(({ signedAt = '' }) => !own.has(signedAt));
  const call = others.find((known) => mayTakeEffect(known, cloudTime.earliest, callsDeadAfter));
  return (
    call && {
      condition: 'ServersResolved',
      reason: 'CallUnsettled',
      status: 'Unknown',
      server: name,
      message: `A call of the request ${call.request} for ${name} was never settled and may still take effect.`,
      remedy: 'Wait an hour from the call on, and look in Billing Center > My Orders for its order.',
    }
  );
}

/** Nobody followed such an order, and the row may be behind when it is completed: another would take the same away twice. */
function completedUnseen({ name, abandonedOrders }: FoundServer): Found | undefined {
  const base = { condition: 'ServersResolved', reason: 'CallUnsettled', status: 'Unknown', server: name } as const;
  if (abandonedOrders.kind === 'Unreadable') return { ...base, ...unreadable(abandonedOrders.failure) };
  const orders = anyOrderOf(abandonedOrders.value);
  if (orders === undefined) return undefined;
  return {
    ...base,
    message: `${orders} may be that of a call for ${name} whose request is gone.`,
    remedy: `Look in Billing Center > My Orders. If it is for ${name}, wait until the billing centre shows its end; if not, delete the DCCServer, let it go by force (the annotation ${forceReleaseAnnotation}: <reason>), apply it again, and approve the plan anew.`,
  };
}
