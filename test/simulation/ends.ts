import type { DCCServerStatus } from '../../operator/api/dccserver.ts';
import type { Placement } from '../../operator/api/unsubscriptionrequest.ts';
import { isOpen } from '../../operator/api/unsubscriptionrequest.ts';
import { resourceIdOf } from '../builders/dccserver.ts';
import type { StoredObject } from './api-server.ts';
import { isFor, type LedgerOrder } from './cloud.ts';
import { hasEnded, journalOf, requestsPlural, serversPlural, specOf, statusOf } from './objects.ts';
import type { Watched } from './violations.ts';

/** What has not come to its end, though nothing that people or the cloud did hinders it, nor another that is hindered itself. */
export function violationsOfLeftOver({ server, cloud, schedule }: Watched, isGlassBroken: boolean): string[] {
  const left = server.list(requestsPlural).filter((request) => !hasEnded(request));
  const servers = new Map(server.list(serversPlural).map((object) => [object.metadata.name, object]));
  const named = (request: StoredObject) => specOf(request).servers.map(({ name }) => name);
  const isGoneByOthers = (resourceId: string, request: StoredObject) =>
    cloud.isGone(resourceId, schedule.now, (order) => !journalOf(request).some((entry) => isFor(order, entry)));
  const isHindered = (request: StoredObject) =>
    named(request).some((name) => {
      const resourceId = resourceIdOf(name);
      return isGoneByOthers(resourceId, request);
    }) ||
    isStale(request) ||
    journalOf(request).some((entry) => isRefusalUnheard(entry, cloud.ledger)) ||
    (isGlassBroken && isHeldByAbandoned(request));
  const hindered = new Set(left.filter(isHindered).map(({ metadata }) => metadata.uid));
  const isBehind = (request: StoredObject) =>
    named(request).some((name) => {
      const object = servers.get(name);
      const { claim } = (object?.status ?? {}) as DCCServerStatus;
      return claim !== undefined && claim.uid !== request.metadata.uid && hindered.has(claim.uid);
    });
  const isOverdue = (request: StoredObject) => journalOf(request).some((entry) => isEndedInPart(entry, cloud.ledger));
  return left.filter((request) => isOverdue(request) || (!isHindered(request) && !isBehind(request))).map(unfinished);
}

/** Of a call that was refused in part, as its journal knows, the order has come to its end: nothing more is to be waited for. */
const isEndedInPart = (entry: Placement, ledger: readonly LedgerOrder[]): boolean =>
  entry.failed !== undefined &&
  isOpen(entry) &&
  ledger.some((order) => order.ends === 'Completed' && isFor(order, entry));

/** A part of a call was refused, and the answer that said so was lost: a person has to say it. */
const isRefusalUnheard = (entry: Placement, ledger: readonly LedgerOrder[]): boolean =>
  entry.failed === undefined && ledger.some((order) => order.refused.length > 0 && isFor(order, entry));

/**
 * Its server was edited, made anew, or lost its disk, when a call had been made already; or the order for the disk came to nothing; or it never
 * named the whole portfolio; or its time is over.
 */
const isStale = (request: StoredObject): boolean =>
  (statusOf(request).blockers ?? []).some(
    ({ reason }) => hindrances.includes(reason) && !(reason === 'SecondaryResourcesPresent' && keepsDisks(request)),
  );

/** It is for renewals alone, and no order for those of a disk came to nothing. */
const keepsDisks = (request: StoredObject): boolean =>
  specOf(request).scope === 'RenewalsOnly' && !journalOf(request).some(cameToNothing);

const hindrances = ['RecordedPlanDiffers', 'SecondaryResourcesPresent', 'PortfolioPartial', 'DeadlinePassed'];

/**
 * A call that was let go by force may still take effect, or its end is not known to its server: for an hour that is not ordered, and if it
 * is deleted not let go.
 */
const isHeldByAbandoned = (request: StoredObject): boolean =>
  (statusOf(request).blockers ?? []).some(({ reason }) => reason === 'CallUnsettled' || reason === 'ServerDeleting');

/** What a request is for is gone once it is complete. */
export function violationsOfCompleted({ server, cloud, schedule }: Watched): string[] {
  const complete = server.list(requestsPlural).filter((request) => {
    const isComplete = statusOf(request).conditions?.some(({ type }) => type === 'Complete') ?? false;
    return isComplete && specOf(request).scope === 'ResourceAndRenewals';
  });
  return complete.flatMap((request) =>
    specOf(request)
      .servers.filter(({ name }) => !cloud.isGone(resourceIdOf(name), schedule.now))
      .map(({ name }) => `${request.metadata.name} is complete, and ${name} was not given back`),
  );
}

export function unfinished(request: StoredObject): string {
  const ready = statusOf(request).conditions?.find(({ type }) => type === 'Ready');
  return `${request.metadata.name} has not come to its end: ${ready?.message}`;
}

/** A request fails only by an order that came to nothing, in whole or in part. */
export function violationsOfFailed(request: StoredObject): string[] {
  const hasFailed = statusOf(request).conditions?.some(({ type, status }) => type === 'Failed' && status === 'True');
  if (hasFailed !== true || journalOf(request).some(cameToNothing)) return [];
  return [`${request.metadata.name} has failed, and none of its orders came to nothing`];
}

/** The last of ten attempts did, too. */
const cameToNothing = ({ state, result, failed = [], attempt }: Placement): boolean =>
  result === 'Cancelled' || failed.length > 0 || state === 'Rejected' || (result === undefined && attempt === 10);
