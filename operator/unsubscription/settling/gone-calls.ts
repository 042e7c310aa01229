import type { Placement } from '../../api/unsubscriptionrequest.ts';
import { areGone } from '../../inventory/row-state.ts';
import type { PlacementEvidence } from '../snapshot.ts';

/** Lost calls whose resources are all gone. */
export interface GoneCalls {
  /**
   * Notes what a reading shows, and gives since when all the resources of the call are gone in every reading of this process: at the latest,
   * by the time of the cloud. Undefined while one of them is not.
   */
  note(call: Placement, evidence: Pick<PlacementEvidence, 'rows' | 'readUntil'>): Date | undefined;
}

/**
 * Kept in memory: rows that come and go would have the journal written again and again, and a process that has just begun only waits once
 * more.
 */
export function createGoneCalls(): GoneCalls {
  const known = new Map<string, Date>();
  return {
    note: ({ signedAt, resourceIds, state }, { rows, readUntil }) => {
      const key = [signedAt, ...resourceIds].join();
      if (state === 'Accepted' || !areGone(resourceIds, rows)) {
        known.delete(key);
        return undefined;
      }
      const since = known.get(key) ?? readUntil;
      known.set(key, since);
      return since;
    },
  };
}
