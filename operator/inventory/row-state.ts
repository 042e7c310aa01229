/** State of the billing row of a resource; `Unknown` also when there are several that contradict each other. */
export type RowState = 'InUse' | 'Closed' | 'Frozen' | 'Expired' | 'Absent' | 'Unknown';

export const isGone = (row: RowState | undefined): boolean => row === 'Closed' || row === 'Absent';

/** Expired or frozen, it is there all the same. */
export const isThere = (row: RowState | undefined): boolean => row === 'InUse' || row === 'Frozen' || row === 'Expired';

/** Whether the rows show all of these as gone. */
export const areGone = (resourceIds: readonly string[], rows: ReadonlyMap<string, RowState>): boolean =>
  resourceIds.every((id) => isGone(rows.get(id)));
