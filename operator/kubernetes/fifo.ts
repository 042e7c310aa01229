/** First in, first out, each item once at most. Every operation takes constant time. */
export interface Fifo<T> {
  readonly size: number;
  has(item: T): boolean;
  /** Puts the item at the end; one that is in already keeps its place. */
  push(item: T): void;
  /** Takes the first item out. */
  shift(): T | undefined;
  delete(item: T): boolean;
}

export function createFifo<T>(): Fifo<T> {
  const items = new Set<T>();
  // One iterator for all: it skips what was deleted and sees what is added. A fresh one for every item would walk over all
  // the places of items taken before, which makes emptying a long queue quadratic.
  let cursor = items.values();

  return {
    get size() {
      return items.size;
    },
    has: (item) => items.has(item),
    push: (item) => {
      items.add(item);
    },
    shift: () => {
      let next = cursor.next();
      if (next.done) {
        // A finished iterator stays finished.
        cursor = items.values();
        next = cursor.next();
      }
      if (next.done) return undefined;
      items.delete(next.value);
      return next.value;
    },
    delete: (item) => items.delete(item),
  };
}
