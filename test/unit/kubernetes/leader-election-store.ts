import { milliseconds, seconds } from '../../../operator/clock.ts';
import { KubernetesError } from '../../../operator/kubernetes/errors.ts';
import { decodeLease, type LeaseStore, type StoredLease } from '../../../operator/kubernetes/leader-election/lease.ts';
import type { VirtualClock } from '../../virtual-clock.ts';

/** What becomes of one request to the store. */
export type Trouble =
  | { kind: 'None' }
  /** How long the request is on its way, and its answer after it. */
  | { kind: 'Slow'; asking: number; answering: number }
  /** The answer never comes, whether or not the request took effect. */
  | { kind: 'Lost'; effect: boolean }
  | { kind: 'Refused'; error: KubernetesError };

/** A Lease in memory that is written by compare-and-swap, as the API server does. */
export interface LeaseTable {
  /** What one process talks to; `troubles` befall its next requests, one each. */
  storeFor(troubles?: Trouble[]): LeaseStore;
  readonly current: StoredLease | undefined;
  /** All that was ever written, in order. */
  readonly written: readonly StoredLease[];
  /** Writes as a person does, past every check. */
  edit(spec: unknown, metadata?: object): void;
  delete(): void;
}

const conflict = () => new KubernetesError('Conflict', 'the object has been modified');

export function createLeaseTable(clock: VirtualClock): LeaseTable {
  let current: StoredLease | undefined;
  let version = 0;
  const written: StoredLease[] = [];

  const save = (spec: unknown, metadata: object = {}): StoredLease => {
    // What changes nothing is not stored.
    if (
      current !== undefined &&
      JSON.stringify(current.object.spec) === JSON.stringify(spec) &&
      !('labels' in metadata)
    )
      return current;
    version += 1;
    current = decodeLease({
      apiVersion: 'coordination.k8s.io/v1',
      kind: 'Lease',
      metadata: {
        name: 'operator',
        namespace: 'system',
        uid: 'uid-lease',
        creationTimestamp: '2026-01-01T00:00:00Z',
        ...current?.object.metadata,
        ...metadata,
        resourceVersion: String(version),
      },
      spec,
    });
    written.push(current);
    return current;
  };

  const versionOf = ({ object }: StoredLease) => object.metadata.resourceVersion;

  return {
    get current() {
      return current;
    },
    written,
    edit: save,
    delete: () => {
      current = undefined;
    },
    storeFor: (troubles = []) => {
      const exchange = async <T>(effect: () => T, signal: AbortSignal): Promise<T> => {
        const trouble = troubles.shift() ?? { kind: 'None' };
        switch (trouble.kind) {
          case 'None':
            return effect();
          case 'Slow': {
            // A request that left takes effect also when its sender has given up.
            await clock.sleep(milliseconds(trouble.asking));
            const result = effect();
            await clock.sleep(milliseconds(trouble.answering));
            return result;
          }
          case 'Lost':
            if (trouble.effect) effect();
            return silence(signal);
          case 'Refused':
            throw trouble.error;
        }
      };
      return {
        read: async (signal) => (await exchange(() => ({ lease: current }), signal)).lease,
        create: (spec, signal) =>
          exchange(() => {
            if (current !== undefined) throw new KubernetesError('AlreadyExists', 'the Lease is there already');
            return save(spec);
          }, signal),
        update: (lease, spec, signal) =>
          exchange(() => {
            if (current === undefined) throw new KubernetesError('NotFound', 'there is no such Lease');
            if (versionOf(current) !== versionOf(lease)) throw conflict();
            return save({ ...objectOf(lease.object.spec), ...spec });
          }, signal),
      };
    },
  };
}

const objectOf = (spec: unknown): object => (typeof spec === 'object' && spec !== null ? spec : {});

/** Never answers; ends when the caller gives up. */
function silence(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  const end = () => reject(signal.reason);
  if (signal.aborted) end();
  else signal.addEventListener('abort', end, { once: true });
  return promise;
}

/** The operator's own times. */
export const times = {
  leaseDuration: seconds(60),
  renewDeadline: seconds(40),
  renewPeriod: seconds(10),
  requestTimeout: seconds(10),
  retryPeriod: seconds(2),
};
