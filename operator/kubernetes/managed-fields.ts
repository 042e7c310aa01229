import { isRecord } from './objects.ts';

/** Half of an object's size in memory is often this record of who set which field, and no controller reads it. */
export function withoutManagedFields(raw: unknown): unknown {
  // Not deleted: an object that a property was deleted from takes several times its size in memory.
  if (isRecord(raw) && isRecord(raw['metadata'])) raw['metadata']['managedFields'] = undefined;
  return raw;
}
