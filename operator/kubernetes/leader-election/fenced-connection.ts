import type { Connection } from '../connection.ts';
import type { LeaderElection } from './leader-election.ts';

/**
 * The same connection for what only a leader may do: each write asks whether this process still leads, at once and again when a
 * connection takes it, and rejects with the LeaseLostError when it does not. Reads go through: who stands by fills its caches.
 *
 * What a process that is stopped had given to Node, which sends it in the next turn of its loop, or to the kernel, still goes
 * out late; compare-and-swap is for that.
 */
export function fenceWrites(
  connection: Connection,
  { isLeader, lost }: Pick<LeaderElection, 'isLeader' | 'lost'>,
): Connection {
  const admit = () => {
    if (!isLeader()) throw lost.reason ?? new Error('this process does not lead');
  };
  return {
    ...connection,
    request: async (method, path, options) => {
      if (method === 'GET') return connection.request(method, path, options);
      admit();
      return connection.request(method, path, { ...options, admit });
    },
  };
}
