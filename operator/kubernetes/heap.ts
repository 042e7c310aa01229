/** A binary heap: the least item, by `isBefore`, comes out first. */
export interface Heap<T> {
  readonly size: number;
  peek(): T | undefined;
  push(item: T): void;
  pop(): T | undefined;
}

export function createHeap<T>(isBefore: (left: T, right: T) => boolean): Heap<T> {
  const items: T[] = [];

  /** Whether the item at `left` must stand above that at `right`; what is not there never must. */
  const goesAbove = (left: number, right: number): boolean => {
    const [one, other] = [items[left], items[right]];
    return one !== undefined && other !== undefined && isBefore(one, other);
  };
  const swap = (left: number, right: number) => {
    const [one, other] = [items[left], items[right]];
    if (one === undefined || other === undefined) return;
    items[left] = other;
    items[right] = one;
  };
  const rise = (from: number) => {
    for (let child = from, parent = (child - 1) >> 1; goesAbove(child, parent); parent = (child - 1) >> 1) {
      swap(child, parent);
      child = parent;
    }
  };
  const sink = () => {
    for (let parent = 0; ; ) {
      const left = 2 * parent + 1;
      const child = goesAbove(left + 1, left) ? left + 1 : left;
      if (!goesAbove(child, parent)) return;
      swap(child, parent);
      parent = child;
    }
  };

  return {
    get size() {
      return items.length;
    },
    peek: () => items[0],
    push: (item) => {
      items.push(item);
      rise(items.length - 1);
    },
    pop: () => {
      const first = items[0];
      const last = items.pop();
      if (items.length > 0 && last !== undefined) {
        items[0] = last;
        sink();
      }
      return first;
    },
  };
}
