/**
 * Works out once what follows from a list that never changes, and forgets it with the list: each server asks the same of the
 * lists of its project, which would otherwise cost the square of what is in it.
 */
export function oncePer<Key extends object, Value>(workOut: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, { value: Value }>();
  return (key) => {
    const entry = known.get(key) ?? { value: workOut(key) };
    known.set(key, entry);
    return entry.value;
  };
}
