/** States as bytes, each once, numbered from 0 in the order in which they came. */
export interface StateTable {
  readonly size: number;
  /** The number of a state: the one it has, or the next one. */
  add(bytes: Uint8Array): number;
  /** The number of a state that is there; undefined when it is not. */
  find(bytes: Uint8Array): number | undefined;
  /** The bytes of a state; they are good until the next `add`. */
  get(number: number): Uint8Array;
}

const nowhere = -1;

/** A hash table with open addressing over one block of bytes: a Map of a million strings takes several times the memory. */
export function createStateTable(): StateTable {
  let block = new Uint8Array(1 << 14);
  let used = 0;
  let ends = new Uint32Array(1 << 8);
  let slots = new Int32Array(1 << 9).fill(nowhere);
  let size = 0;

  const startOf = (number: number): number => (number === 0 ? 0 : (ends[number - 1] ?? 0));
  const get = (number: number): Uint8Array => block.subarray(startOf(number), ends[number]);

  /** The slot where the state is, or where it would go. */
  function slotOf(bytes: Uint8Array): number {
    const mask = slots.length - 1;
    let slot = hashOf(bytes) & mask;
    for (;;) {
      const number = slots[slot] ?? nowhere;
      if (number === nowhere || holds(number, bytes)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  function holds(number: number, bytes: Uint8Array): boolean {
    const start = startOf(number);
    if ((ends[number] ?? 0) - start !== bytes.length) return false;
    for (let index = 0; index < bytes.length; index += 1) if (block[start + index] !== bytes[index]) return false;
    return true;
  }

  function makeRoom(length: number): void {
    if (used + length > block.length) block = grown(block, new Uint8Array(block.length * 2));
    if (size < ends.length) return;
    ends = grown(ends, new Uint32Array(ends.length * 2));
    slots = new Int32Array(slots.length * 2).fill(nowhere);
    for (let number = 0; number < size; number += 1) slots[slotOf(get(number))] = number;
  }

  return {
    get size() {
      return size;
    },
    add: (bytes) => {
      const known = slots[slotOf(bytes)] ?? nowhere;
      if (known !== nowhere) return known;
      makeRoom(bytes.length);
      const slot = slotOf(bytes);
      block.set(bytes, used);
      used += bytes.length;
      ends[size] = used;
      slots[slot] = size;
      size += 1;
      return size - 1;
    },
    find: (bytes) => {
      const known = slots[slotOf(bytes)] ?? nowhere;
      return known === nowhere ? undefined : known;
    },
    get,
  };
}

function grown<Block extends Uint8Array | Uint32Array>(from: Block, to: Block): Block {
  to.set(from);
  return to;
}

/** FNV-1a, with a last mix: http://www.isthe.com/chongo/tech/comp/fnv/ */
function hashOf(bytes: Uint8Array): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < bytes.length; index += 1) hash = Math.imul(hash ^ (bytes[index] ?? 0), 0x01000193);
  return hash ^ (hash >>> 15);
}
