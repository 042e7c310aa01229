import type { Happening } from '../api/happenings.ts';
import type { DCCServer, Metadata, Parsed, UnsubscriptionRequest } from '../api/objects.ts';
import type { Clock, Milliseconds } from '../clock.ts';
import type { Accounts } from '../inventory/accounts.ts';
import type { Inventory } from '../inventory/inventory.ts';
import type { ParsedObjects } from '../kubernetes/parsed-objects.ts';
import type { Logger } from '../telemetry/log.ts';
import type { Terms } from './steps.ts';

/** What the controller of UnsubscriptionRequests asks of the other objects in the cluster, as last heard of. */
export interface Cluster {
  serversIn(namespace: string): readonly Parsed<DCCServer>[];
  /** All servers, in whatever namespace, that stand for a resource. */
  serversWith(resourceId: string): readonly DCCServer[];
  /** Ids of all orders that the journal of any request names. */
  claimedOrders(): ReadonlySet<string>;
}

/** All that the controller of UnsubscriptionRequests works with. */
export interface RequestContext {
  /** The only writer of their status is this controller. */
  requests: ParsedObjects<UnsubscriptionRequest>;
  /** Read only: their own controller writes them. */
  servers: Pick<ParsedObjects<DCCServer>, 'cached' | 'live' | 'isSelected'>;
  cluster: Cluster;
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
