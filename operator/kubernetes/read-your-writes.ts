import type { ResourceClient } from './client.ts';
import type { KubernetesObject } from './objects.ts';
import type { Store } from './store.ts';

/**
 * The same client, whose writes tell `store` what the object is now. Otherwise the next pass may still see the object from
 * before the write, because its event is on its way, and do the same again: controller-runtime writes a third more for it.
 */
export function readYourWrites<T extends KubernetesObject>(
  client: ResourceClient<T>,
  store: Pick<Store<T>, 'observeWrite'>,
): ResourceClient<T> {
  const observed = async (write: Promise<T>): Promise<T> => {
    const object = await write;
    store.observeWrite(object);
    return object;
  };
  return {
    ...client,
    replaceStatus: (...args) => observed(client.replaceStatus(...args)),
    jsonPatch: (...args) => observed(client.jsonPatch(...args)),
  };
}
