/** Gives the values under which an object is found. */
export type IndexFunction<T> = (object: T) => readonly string[];

/** Finds objects by values worked out from them. */
export interface StoreIndex<T> {
  find(value: string): T[];
  /** Takes one object out, puts another in, or both. */
  replace(previous: T | undefined, next: T | undefined): void;
}

/** An empty index. An object for which `valuesOf` throws goes to `onError` and is found under no value. */
export function createStoreIndex<T>(
  valuesOf: IndexFunction<T>,
  onError: (error: unknown, object: T) => void,
): StoreIndex<T> {
  const found = new Map<string, Set<T>>();
  /** Under which values an object stands; asking again could give others, and leave it behind under the old ones. */
  const filed = new Map<T, ReadonlySet<string>>();

  const takeOut = (object: T) => {
    for (const value of filed.get(object) ?? []) {
      const objects = found.get(value);
      objects?.delete(object);
      if (objects?.size === 0) found.delete(value);
    }
    filed.delete(object);
  };
  const putIn = (object: T) => {
    const values = new Set(valuesOf(object));
    filed.set(object, values);
    for (const value of values) {
      const objects = found.get(value) ?? new Set();
      found.set(value, objects.add(object));
    }
  };

  return {
    find: (value) => [...(found.get(value) ?? [])],
    replace: (previous, next) => {
      if (previous !== undefined) takeOut(previous);
      if (next === undefined) return;
      try {
        putIn(next);
      } catch (error) {
        onError(error, next);
      }
    },
  };
}
