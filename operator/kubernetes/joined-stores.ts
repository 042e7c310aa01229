import { type KubernetesObject, type ObjectKey, splitKey } from './objects.ts';
import type { Store } from './store.ts';

/**
 * One store over the stores of several namespaces. Each is fed by a reflector of its own, whose lists replace all that its
 * store holds: with one store for all of them, a list of one namespace would remove the objects of the others.
 */
export function joinStores<T extends KubernetesObject>(stores: ReadonlyMap<string, Store<T>>): Store<T> {
  const all = [...stores.values()];
  const storeOf = (key: ObjectKey) => stores.get(splitKey(key).namespace);
  return {
    get: (key) => storeOf(key)?.get(key),
    list: () => all.flatMap((store) => store.list()),
    byIndex: (name, value) => all.flatMap((store) => store.byIndex(name, value)),
    get size() {
      return all.reduce((size, store) => size + store.size, 0);
    },
    subscribe: (handler) => {
      const unsubscribe = all.map((store) => store.subscribe(handler));
      return () => {
        for (const end of unsubscribe) end();
      };
    },
    observeWrite: (object) => stores.get(object.metadata.namespace)?.observeWrite(object),
  };
}
