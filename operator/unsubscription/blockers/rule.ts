import type { BlockerReason, BlockingCondition } from '../../api/conditions.ts';
import { sentence } from '../../api/sentence.ts';
import { type FoundServer, foundServers, type ReadFailure, type Snapshot } from '../snapshot.ts';

/** One thing that keeps the order from being placed. */
export interface Blocker<Type extends BlockingCondition = BlockingCondition> {
  condition: Type;
  reason: BlockerReason<Type>;
  /** False: it is known to be so. Unknown: it could not be found out, which blocks just the same. */
  status: 'False' | 'Unknown';
  /** Name of the server concerned, empty for the whole request. */
  server: string;
  /** The fact. No value that changes by itself, so that it does not flap. */
  message: string;
  /** What to do. */
  remedy: string;
}

/** A rule of the domain: pure; an empty answer means that the condition holds. */
export type Rule<Type extends BlockingCondition> = (snapshot: Snapshot) => Blocker<Type>[];

/** A rule that looks at each server by itself. */
export function eachServer<Type extends BlockingCondition>(
  check: (found: FoundServer, snapshot: Snapshot) => Blocker<Type>[],
): Rule<Type> {
  return (snapshot) => foundServers(snapshot).flatMap((found) => check(found, snapshot));
}

/** Words of a source that could not be read, as the message and remedy of a blocker. */
export function unreadable({ source, message, remedy }: ReadFailure): Pick<Blocker, 'status' | 'message' | 'remedy'> {
  return { status: 'Unknown', message: `${source} cannot be read: ${sentence(message)}`, remedy };
}
