import { type Milliseconds, milliseconds, momentOf } from '../../clock.ts';
import { isConflict, isNotFound } from '../errors.ts';
import { heldBy, type StoredLease } from './lease.ts';
import { type LeaderElectionOptions, type Teller, within } from './options.ts';
import type { Tenure } from './tenure.ts';

export interface Renewal {
  readonly options: LeaderElectionOptions;
  readonly teller: Teller;
  readonly tenure: Tenure;
  readonly sleep: (duration: Milliseconds, signal: AbortSignal) => Promise<void>;
}

/** Renews until the lease is lost, or the signal aborts; a request under way is waited for. Never rejects. */
export async function keepLease(renewal: Renewal, signal: AbortSignal): Promise<void> {
  const { options, tenure, sleep } = renewal;
  let pause = options.times.renewPeriod;
  while (!signal.aborted && tenure.isLeader()) {
    const woken = await sleep(milliseconds(Math.min(pause, tenure.untilDeadline())), signal).then(
      () => true,
      () => false,
    );
    // What took longer than it should have ends here, before anything is asked of anybody.
    if (!woken || tenure.role.kind !== 'Leading' || !tenure.isLeader()) return;
    pause = await renew(renewal, tenure.role.lease);
  }
}

/** One renewal; gives how long to wait for the next. */
async function renew(renewal: Renewal, lease: StoredLease): Promise<Milliseconds> {
  const { options, tenure, teller } = renewal;
  const { store, identity, times, clock } = options;
  const asked = momentOf(clock);
  const spec = heldBy(identity, times.leaseDuration, lease, asked.now);
  try {
    const renewed = await within(options, requestTime(renewal), (limit) => store.update(lease, spec, limit));
    // A write that changes nothing is not stored, so nobody else sees a sign of life: the wall clock was set back to a time of before.
    if (renewed.object.metadata.resourceVersion === lease.object.metadata.resourceVersion) return times.retryPeriod;
    tenure.renew(renewed, asked);
    teller.worked();
    return times.renewPeriod;
  } catch (error) {
    if (isConflict(error)) return lookAgain(renewal);
    if (isNotFound(error)) tenure.lose('the Lease was deleted');
    else if (tenure.isLeader()) teller.failed(error, 'renew');
    return times.retryPeriod;
  }
}

/** Somebody wrote the Lease: a person a label, this process itself by a request whose answer was lost, or a new leader. */
async function lookAgain(renewal: Renewal): Promise<Milliseconds> {
  const { options, tenure, teller } = renewal;
  const { store, identity, times, metrics } = options;
  metrics.slowPath();
  try {
    const lease = await within(options, requestTime(renewal), (limit) => store.read(limit));
    const holder = lease?.record.holderIdentity;
    if (lease !== undefined && holder === identity) {
      tenure.refresh(lease);
      return milliseconds(0);
    }
    tenure.lose(holder === undefined ? 'the Lease was deleted' : `the lease is held by ${holder || 'nobody'}`);
  } catch (error) {
    if (tenure.isLeader()) teller.failed(error, 'renew');
  }
  return times.retryPeriod;
}

const requestTime = ({ options, tenure }: Renewal): Milliseconds =>
  milliseconds(Math.min(options.times.requestTimeout, tenure.untilDeadline()));
