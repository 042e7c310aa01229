/**
 * Which of two versions of the *same kind of object* is newer: negative when `left` is older, 0 when they are the same,
 * positive when `left` is newer, undefined when they cannot be compared.
 *
 * Kubernetes promises since 1.35 (KEP-5504) that versions of one resource are decimal integers of any length without
 * leading zeros, and that the greater is the newer. Servers that do not keep to it (aggregated ones may not) give
 * versions that are not of this form; those must be taken in the order in which they arrive.
 */
export function compareResourceVersions(left: string, right: string): number | undefined {
  if (left === right) return 0;
  if (!wellFormed.test(left) || !wellFormed.test(right)) return undefined;
  if (left.length !== right.length) return left.length - right.length;
  return left < right ? -1 : 1;
}

const wellFormed = /^[1-9][0-9]*$/;
