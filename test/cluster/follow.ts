import { type KubeConfig, Watch } from '@kubernetes/client-node';
import { z } from 'zod';
import type { Metadata } from '../../operator/api/objects.ts';
import { milliseconds, systemClock } from '../../operator/clock.ts';

/** An object as the API server sent it. */
export interface RawObject {
  readonly kind: string;
  readonly metadata: Metadata;
  readonly [field: string]: unknown;
}

const metadata = z.looseObject({
  name: z.string(),
  namespace: z.string(),
  uid: z.string(),
  resourceVersion: z.string(),
  generation: z.int(),
  creationTimestamp: z.string(),
});
const rawObject: z.ZodType<RawObject> = z.looseObject({ kind: z.string(), metadata });

/** Watches until the signal aborts; goes on where it was when the client's library ends a silent watch after 30 s. */
export async function follow(
  kubeConfig: KubeConfig,
  path: string,
  note: (phase: string, object: RawObject) => void,
  signal: AbortSignal,
  /** Versions may be missing between what was told and what will be. */
  onGap: () => void = () => undefined,
): Promise<void> {
  let resourceVersion: string | undefined;
  while (!signal.aborted) {
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const take = (phase: string, sent: unknown) => {
      if (phase === 'ERROR') {
        resourceVersion = undefined;
        onGap();
        return;
      }
      const object = rawObject.parse(sent);
      resourceVersion = object.metadata.resourceVersion;
      note(phase, object);
    };
    const watching = await new Watch(kubeConfig).watch(path, { resourceVersion }, take, () => end());
    const stop = () => watching.abort();
    signal.addEventListener('abort', stop, { once: true });
    await ended;
    signal.removeEventListener('abort', stop);
    if (!signal.aborted) await systemClock.sleep(milliseconds(50));
  }
}
