import type { HuaweiAccount } from '../huaweicloud/account.ts';
import { saysMissing } from '../huaweicloud/answers.ts';
import type { Backup } from '../huaweicloud/cbr.ts';

/** Finds out which backups their own run of the policy says it left out: those are no evidence. */
export interface Checkpoints {
  /** Ids of such backups. */
  skippedIn(account: HuaweiAccount, backups: readonly Backup[], signal: AbortSignal): Promise<ReadonlySet<string>>;
}

/** Ids of the machines that a checkpoint skipped. What a run skipped does not change, so each is read once. */
type Known = Map<string, ReadonlySet<string>>;

/** So many at a time: the first look asks for one of each vault and day that has backups. */
const atATime = 10;

export function createCheckpoints(): Checkpoints {
  const byAccount = new WeakMap<HuaweiAccount, Known>();
  return {
    skippedIn: async (account, backups, signal) => {
      const known: Known = byAccount.get(account) ?? new Map();
      byAccount.set(account, known);
      const ids = new Set(backups.flatMap(({ checkpointId }) => checkpointId ?? []));
      for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
      await readAll(
        account,
        [...ids].filter((id) => !known.has(id)),
        known,
        signal,
      );
      const isSkipped = ({ checkpointId = '', resourceId }: Backup) =>
        known.get(checkpointId)?.has(resourceId) === true;
      return new Set(backups.filter(isSkipped).map(({ id }) => id));
    },
  };
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
    if (saysMissing(error)) return new Set();
    throw error;
  }
}
