import type { DCCServer, UnsubscriptionRequest } from '../api/objects.ts';
import type { JudgeBackup } from './ledger.ts';
import type { ServerObservation } from './observation.ts';

/** What one pass over a server found. */
export interface ServerPass {
  server: DCCServer;
  observation: ServerObservation;
  judgeBackup: JudgeBackup;
  /** All requests of the namespace that name the server. */
  namingRequests: readonly UnsubscriptionRequest[];
  /** Uids of requests that cannot be read. */
  unreadableRequests: ReadonlySet<string>;
}
