import type { Announcer } from './api/happenings.ts';
import { type KubernetesObject, keyOf, type ObjectKey, objectKey } from './kubernetes/objects.ts';
import type { TypedObject } from './kubernetes/parsed-objects.ts';
import { isSelected, type Scope } from './kubernetes/scope.ts';
import type { WatchedKind } from './kubernetes/watched-kind.ts';

/** To be called for an object that the cache lacks. */
export type TellIfLeft = (namespace: string, name: string, signal: AbortSignal) => Promise<void>;

/**
 * Tells on an object that it is not looked after by this operator any more, when its labels left the selector while a
 * finalizer is on it: if no other operator selects it, nothing else would say why its deletion waits.
 */
export function noticeLeavers<T extends TypedObject>(
  { store, objects }: Pick<WatchedKind<T>, 'store' | 'objects'>,
  scope: Scope,
  announce: Announcer['announce'],
): TellIfLeft {
  const { selector } = scope;
  const left = new Set<ObjectKey>();
  if (selector === undefined) return async () => undefined;
  store.subscribe(({ type, object }) => {
    // An object that was deleted has none any more.
    if (type === 'Deleted' && hasFinalizers(object)) left.add(keyOf(object));
    else left.delete(keyOf(object));
  });
  return async (namespace, name, signal) => {
    const key = objectKey(namespace, name);
    if (!left.has(key)) return;
    const live = await objects.live(namespace, name, signal);
    left.delete(key);
    if (live === undefined) return;
    const { metadata } = live.kind === 'Readable' ? live.object : live;
    if (isSelected(scope, metadata)) return;
    const note = `Its labels do not match ${selector.text} any more, so this operator does not look after it. Its finalizers stay: it is deleted by the operator whose selector it matches, so give it the labels of one.`;
    announce(metadata, { type: 'Normal', reason: 'NotSelected', action: 'LookAfter', note });
  };
}

const hasFinalizers = ({ metadata }: KubernetesObject): boolean => (metadata.finalizers ?? []).length > 0;
