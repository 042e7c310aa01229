import type { DCCServer, UnsubscriptionRequest } from '../api/objects.ts';
import type { Milliseconds } from '../clock.ts';
import type { JudgeBackup } from './ledger.ts';
import type { Reading, ServerObservation } from './observation.ts';

/** What one pass over a server found. */
export interface ServerPass {
  server: DCCServer;
  observation: ServerObservation;
  judgeBackup: JudgeBackup;
  /** All requests of the namespace that name the server. */
  namingRequests: readonly UnsubscriptionRequest[];
  /** Uids of requests that cannot be read. */
  unreadableRequests: ReadonlySet<string>;
  /** After which time a call that nobody follows is dead. */
  callsDeadAfter: Milliseconds;
  /** Ids of orders that may be those of calls which nobody follows, and take away what is still there; none unless the server is being deleted. */
  abandonedOrders: Reading<readonly string[]>;
}
