/** Half of an object's size in memory is often this record of who set which field, and no controller reads it. */
export function withoutManagedFields(raw: unknown): unknown {
  if (isRecord(raw) && isRecord(raw['metadata'])) delete raw['metadata']['managedFields'];
  return raw;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
