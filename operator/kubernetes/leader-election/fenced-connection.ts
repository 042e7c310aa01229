import type { Connection } from '../connection.ts';
import type { LeaderElection } from './leader-election.ts';

/**
 * The same connection for what only a leader may do: asks right before each write whether this process still leads, and
 * rejects with the LeaseLostError when it does not. Reads go through: who stands by fills its caches.
 *
 * A process that is stopped between the question and the socket still writes late; compare-and-swap is for that.
 */
export function fenceWrites(
  connection: Connection,
  { isLeader, lost }: Pick<LeaderElection, 'isLeader' | 'lost'>,
): Connection {
  return {
    ...connection,
    request: async (method, path, options) => {
      if (method !== 'GET' && !isLeader()) throw lost.reason ?? new Error('this process does not lead');
      return connection.request(method, path, options);
    },
  };
}
