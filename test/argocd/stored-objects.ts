import type { ReadyReason } from '../../operator/api/conditions.ts';
import { apiVersion } from '../../operator/api/names.ts';
import {
  type DCCServer,
  fitDCCServerStatus,
  fitUnsubscriptionRequestStatus,
  type Metadata,
  type UnsubscriptionRequest,
} from '../../operator/api/objects.ts';
import { unreadableStatus } from '../../operator/api/unreadable.ts';
import { hours } from '../../operator/clock.ts';
import { reportServer } from '../../operator/inventory/report.ts';
import { blockersOf } from '../../operator/unsubscription/blockers/rules.ts';
import { withEntry } from '../../operator/unsubscription/placement/journal.ts';
import { report } from '../../operator/unsubscription/report.ts';
import type { Snapshot } from '../../operator/unsubscription/snapshot.ts';
import { decide } from '../../operator/unsubscription/steps.ts';
import { aServer, type ServerChanges } from '../builders/dccserver.ts';
import { lookedAt } from '../builders/metadata.ts';
import { anObservation, read, unreadable } from '../builders/observation.ts';
import { terms } from '../builders/terms.ts';
import { aRequest, type RequestChanges } from '../builders/unsubscriptionrequest.ts';

/** An object as the API server gives it to Argo CD. */
export interface StoredObject {
  readonly apiVersion: string;
  readonly kind: 'DCCServer' | 'UnsubscriptionRequest';
  readonly metadata: Metadata;
  readonly spec: object;
  readonly status?: object;
}

/** What Ready may give as its reason on a DCCServer. */
export type ServerReadyReason = 'Observed' | 'Unsubscribed' | 'CannotRead' | 'Deleting' | 'Unreadable';
export type { ReadyReason };

/** The object as it is stored: what is undefined in memory is not there, and its status fits the schema. */
const stored = (
  kind: StoredObject['kind'],
  object: DCCServer | UnsubscriptionRequest,
  status: object | undefined,
): StoredObject => JSON.parse(JSON.stringify({ apiVersion, kind, ...object, status }));

/** The request after the operator has seen this and decided by its own steps, as its own report writes it. */
export function requestAfter(snapshot: Snapshot): StoredObject {
  const { request } = snapshot;
  const decision = decide(snapshot, terms);
  const { placements = [] } = request.status;
  const now = decision.do === 'RecordPlacement' ? withEntry(placements, decision.placement) : placements;
  const after = { ...request, status: { ...request.status, ...(now.length === 0 ? {} : { placements: now }) } };
  const status = report({ snapshot, request: after, decision, blockers: blockersOf(snapshot) });
  return stored('UnsubscriptionRequest', request, fitUnsubscriptionRequestStatus(status));
}

/** The server after the operator has seen this. */
export function serverAfter(
  observation: Parameters<typeof anObservation>[0] = {},
  changes: ServerChanges = {},
  ...requests: UnsubscriptionRequest[]
): StoredObject {
  const server = aServer('server-1', changes);
  const status = reportServer({
    server,
    observation: anObservation(observation),
    judgeBackup: () => unreadable(),
    namingRequests: requests,
    unreadableRequests: new Set(),
    callsDeadAfter: hours(1),
    abandonedOrders: read([]),
  });
  return stored('DCCServer', server, fitDCCServerStatus(status));
}

/** The object after the operator found that it cannot be understood. */
export const afterFailingToUnderstand = (object: StoredObject): StoredObject => ({
  ...object,
  status: unreadableStatus(object, 'spec.region: expected string', lookedAt),
});

/** Objects that the operator has not looked at. */
export const newServer = (changes: ServerChanges = {}): StoredObject =>
  stored('DCCServer', aServer('server-1', changes), undefined);
export const newRequest = (changes: RequestChanges = {}): StoredObject =>
  stored('UnsubscriptionRequest', aRequest(changes), undefined);

/** The object after somebody changed it, and before the operator has looked at that. */
export const changedSince = (object: StoredObject, metadata: Partial<Metadata> = {}): StoredObject => ({
  ...object,
  metadata: { ...object.metadata, ...metadata, generation: object.metadata.generation + 1 },
});

/** The object after it was deleted, and before the operator has looked at that: the API server counts it as a change. */
export const deletedSince = (object: StoredObject): StoredObject =>
  changedSince(object, { deletionTimestamp: lookedAt.toISOString() });
