import type { HuaweiAccount } from '../huaweicloud/account.ts';
import type { Backup } from '../huaweicloud/cbr.ts';
import { CloudError } from '../huaweicloud/errors.ts';

/** Finds out which backups their own run of the policy says it left out: those are no evidence. */
export interface Checkpoints {
  /** Ids of such backups, as far as one of them would be the newest of its machine. */
  skippedIn(account: HuaweiAccount, backups: readonly Backup[], signal: AbortSignal): Promise<ReadonlySet<string>>;
}

/** Ids of the machines that a checkpoint skipped. What a run skipped does not change, so each is read once. */
type Known = Map<string, ReadonlySet<string>>;

/** So many at a time: the first look may ask for one of each vault. */
const atATime = 10;

export function createCheckpoints(): Checkpoints {
  const byAccount = new WeakMap<HuaweiAccount, Known>();
  return {
    skippedIn: async (account, backups, signal) => {
      const known: Known = byAccount.get(account) ?? new Map();
      byAccount.set(account, known);
      const ids = new Set(backups.map(({ checkpointId }) => checkpointId));
      for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
      const skipped = new Set<string>();
      // Behind one that was skipped there may be an older one, which then is the newest.
      for (;;) {
        const newest = newestOfEach(backups.filter(({ id }) => !skipped.has(id)));
        const missing = newest.flatMap(({ checkpointId: id }) => (id === undefined || known.has(id) ? [] : [id]));
        await readAll(account, [...new Set(missing)], known, signal);
        const more = newest.filter(({ checkpointId, resourceId }) => known.get(checkpointId ?? '')?.has(resourceId));
        if (more.length === 0) return skipped;
        for (const { id } of more) skipped.add(id);
      }
    },
  };
}

function newestOfEach(backups: readonly Backup[]): Backup[] {
  const newest = new Map<string, Backup>();
  for (const backup of backups) {
    const other = newest.get(backup.resourceId);
    if (other === undefined || backup.createdAt > other.createdAt) newest.set(backup.resourceId, backup);
  }
  return [...newest.values()];
}

async function readAll(account: HuaweiAccount, ids: readonly string[], known: Known, signal: AbortSignal) {
  for (let first = 0; first < ids.length; first += atATime) {
    const some = ids.slice(first, first + atATime);
    await Promise.all(some.map(async (id) => known.set(id, await skippedBy(account, id, signal))));
  }
}

/** One that is gone says nothing: its backups are still there, and a replica's is in another region. */
async function skippedBy({ cbr }: HuaweiAccount, id: string, signal: AbortSignal): Promise<ReadonlySet<string>> {
  try {
    const { skippedResources } = await cbr.checkpoint(id, signal);
    return new Set(skippedResources.map((resource) => resource.id));
  } catch (error) {
    if (error instanceof CloudError && error.class === 'NotFound' && error.explained) return new Set();
    throw error;
  }
}
