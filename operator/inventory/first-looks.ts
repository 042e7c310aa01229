import type { DCCServer } from '../api/objects.ts';
import { type Milliseconds, milliseconds } from '../clock.ts';
import { type ObjectKey, objectKey } from '../kubernetes/objects.ts';

/**
 * Which deleted servers a first look found free to go: a second one, some seconds later, must agree before they are let go,
 * because what a source left out of one answer shows in the other. Kept in memory, an entry for a server that is being deleted
 * at most: a restart forgets the first look and begins again.
 */
export interface FirstLooks {
  /**
   * From when on, by `clock.elapsed`, the reading behind the second look may begin; undefined while no first look found this
   * very version of the server free. It is the same for all servers whose first looks share a reading, so that one more is
   * enough for all of them.
   */
  secondFrom(server: DCCServer): Milliseconds | undefined;
  /**
   * Notes a look that found the server free; `readBy` is when its reading had ended. The first such look stays the first. Gives
   * what `secondFrom` gives from then on.
   */
  note(server: DCCServer, readBy: Milliseconds): Milliseconds;
  forget(namespace: string, name: string): void;
}

interface FirstLook {
  uid: string;
  generation: number;
  secondFrom: Milliseconds;
}

/** @param apart how long after the end of the first reading the second may begin. */
export function createFirstLooks(apart: Milliseconds): FirstLooks {
  const looks = new Map<ObjectKey, FirstLook>();
  const keyOf = ({ metadata }: DCCServer) => objectKey(metadata.namespace, metadata.name);
  const secondFrom = (server: DCCServer) => {
    const first = looks.get(keyOf(server));
    const { uid, generation } = server.metadata;
    return first?.uid === uid && first.generation === generation ? first.secondFrom : undefined;
  };
  return {
    secondFrom,
    note: (server, readBy) => {
      const { uid, generation } = server.metadata;
      const from = secondFrom(server) ?? milliseconds(readBy + apart);
      looks.set(keyOf(server), { uid, generation, secondFrom: from });
      return from;
    },
    forget: (namespace, name) => {
      looks.delete(objectKey(namespace, name));
    },
  };
}
