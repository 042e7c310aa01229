import type { Happening } from '../api/happenings.ts';
import type { DCCServer, Metadata, Parsed, UnsubscriptionRequest } from '../api/objects.ts';
import type { UnsubscriptionRequestStatus } from '../api/unsubscriptionrequest.ts';
import type { Clock, Milliseconds } from '../clock.ts';
import type { Accounts } from '../inventory/accounts.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Terms } from './steps.ts';

/** UnsubscriptionRequests as this controller reads and writes them. It is the only writer of their status. */
export interface Requests {
  /** As last heard of. */
  cached(namespace: string, name: string): Parsed<UnsubscriptionRequest> | undefined;
  /** A live read past every cache; undefined when there is none. */
  live(namespace: string, name: string, signal: AbortSignal): Promise<Parsed<UnsubscriptionRequest> | undefined>;
  /** Writes the status of exactly this version of the request, if it changed; a conflict rejects. */
  writeStatus(request: UnsubscriptionRequest, status: UnsubscriptionRequestStatus): Promise<UnsubscriptionRequest>;
  /** Says on an object that cannot be understood that it cannot, and leaves everything else as it is. */
  reportUnreadable(namespace: string, name: string, problem: string): Promise<void>;
  holdFinalizer(request: UnsubscriptionRequest): Promise<void>;
  releaseFinalizer(request: UnsubscriptionRequest): Promise<void>;
  /** Ids of all orders that the journal of any request in the cluster names. */
  claimedOrders(): ReadonlySet<string>;
}

/** DCCServers as this controller reads them; their own controller writes them. */
export interface Servers {
  cached(namespace: string, name: string): Parsed<DCCServer> | undefined;
  live(namespace: string, name: string, signal: AbortSignal): Promise<Parsed<DCCServer> | undefined>;
  inNamespace(namespace: string): readonly DCCServer[];
  /** All servers of the cluster that stand for a resource. */
  withResource(resourceId: string): readonly DCCServer[];
}

/** All that the controller of UnsubscriptionRequests works with. */
export interface RequestContext {
  requests: Requests;
  servers: Servers;
  inventory: Inventory;
  accounts: Accounts;
  terms: Terms;
  mode: 'ObserveOnly' | 'Place';
  /** Names this process in the journal. */
  holder: string;
  pollInterval: Milliseconds;
  /** How long the call that places an order may take. */
  callTimeout: Milliseconds;
  clock: Clock;
  log: Logger;
  /** Tells people what happened to an object. Never rejects. */
  announce(regarding: Metadata, happening: Happening): void;
}
