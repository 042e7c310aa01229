/** Writes a state as bytes, one for each small number or name. Throws a RangeError for what does not fit: a bound of the model was too small. */
export interface Writer {
  count(value: number): void;
  flag(value: boolean): void;
  name<Name extends string>(names: readonly Name[], value: Name): void;
  list<Item>(items: readonly Item[], most: number, write: (item: Item) => void): void;
}

/** Reads what a `Writer` wrote, in the same order. */
export interface Reader {
  count(): number;
  flag(): boolean;
  name<Name extends string>(names: readonly Name[]): Name;
  list<Item>(read: () => Item): Item[];
}

/** A writer into `bytes`, and how many were written so far. */
export function writerInto(bytes: Uint8Array): Writer & { length(): number } {
  let at = 0;
  const put = (value: number): void => {
    if (!(value >= 0 && value <= 255) || at >= bytes.length)
      throw new RangeError(`${value} does not fit at byte ${at}`);
    bytes[at] = value;
    at += 1;
  };
  return {
    count: put,
    flag: (value) => put(value ? 1 : 0),
    name: (names, value) => put(names.indexOf(value)),
    list: (items, most, write) => {
      if (items.length > most) throw new RangeError(`${items.length} items where at most ${most} were expected`);
      put(items.length);
      for (const item of items) write(item);
    },
    length: () => at,
  };
}

/** A reader of `bytes` from `start` on. */
export function readerOf(bytes: Uint8Array, start = 0): Reader {
  let at = start;
  const take = (): number => {
    const value = bytes[at];
    if (value === undefined) throw new RangeError(`nothing was written at byte ${at}`);
    at += 1;
    return value;
  };
  return {
    count: take,
    flag: () => take() === 1,
    name: (names) => {
      const name = names[take()];
      if (name === undefined) throw new RangeError(`no name at byte ${at - 1}`);
      return name;
    },
    list: (read) => {
      const items = [];
      for (let left = take(); left > 0; left -= 1) items.push(read());
      return items;
    },
  };
}
