import { isRecord } from './objects.ts';

/**
 * Whether two values are the same once written as JSON: members that are undefined do not count, nor does the order of
 * members; dates are their text. Writes nothing, so that asking costs little more than looking.
 */
export function isSameJson(left: unknown, right: unknown): boolean {
  const [one, other] = [plain(left), plain(right)];
  if (Array.isArray(one)) return Array.isArray(other) && isSameList(one, other);
  if (isRecord(one)) return isRecord(other) && isSameRecord(one, other);
  return one === other;
}

const isSameList = (left: readonly unknown[], right: readonly unknown[]): boolean =>
  left.length === right.length && left.every((item, index) => isSameJson(inList(item), inList(right[index])));

/** JSON has no undefined: in a list it is written as null. */
const inList = (value: unknown): unknown => (value === undefined ? null : value);

function isSameRecord(left: Record<string, unknown>, right: Record<string, unknown>): boolean {
  for (const name in left) if (!isSameJson(left[name], right[name])) return false;
  for (const name in right) if (right[name] !== undefined && left[name] === undefined) return false;
  return true;
}

/** What JSON.stringify makes of a value that is not written as it is. */
function plain(value: unknown): unknown {
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (typeof value === 'number') return Number.isFinite(value) ? value + 0 : null;
  return value;
}
