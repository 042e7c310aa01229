import { hash } from 'node:crypto';

/**
 * The id that a person approves: a digest of everything the approver agrees to. `content` is written as JSON with its
 * keys in the order given, so the caller must build it the same way every time.
 */
export function planId(content: object): string {
  return `plan-${hash('sha256', JSON.stringify(content)).slice(0, 24)}`;
}
