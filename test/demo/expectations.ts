import { isConditionTrue } from '../../operator/api/objects.ts';
import { requestIn, serverIn, stateOf, type View } from './view.ts';

/** Something that the story waits for. */
export interface Expectation {
  readonly what: string;
  /** `kind/name` of the object that shows it. */
  readonly object: string;
  readonly holds: (view: View) => boolean;
}

const request = (name: string) => `unsubscriptionrequest/${name}`;
const server = (name: string) => `dccserver/${name}`;

/** The operator has looked at a server, and knows these machines on it. */
export const carries = (name: string, ...machines: string[]): Expectation => ({
  what: `${name} is observed with ${machines.length === 0 ? 'no virtual machine' : machines.join(' and ')} on it`,
  object: server(name),
  holds: (view) => {
    const remaining = serverIn(view, name)?.status.virtualMachines?.remaining;
    return remaining?.map((machine) => machine.name).join() === machines.join();
  },
});

/** The ledger of a server says what became of a machine. */
export const ledgerSays = (name: string, machine: string, fate: 'Migrated' | 'Deleted'): Expectation => ({
  what: `the ledger of ${name} says that ${machine} is ${fate}${fate === 'Deleted' ? ', with a backup' : ''}`,
  object: server(name),
  holds: (view) => {
    const entry = serverIn(view, name)?.status.departed?.find((departed) => departed.name === machine);
    return entry?.fate === fate && (fate === 'Migrated' || entry.backup !== undefined);
  },
});

/** A server is in the state that `kubectl get` shows. */
export const serverIs = (name: string, state: string): Expectation => ({
  what: `${name} is ${state}`,
  object: server(name),
  holds: (view) => {
    const found = serverIn(view, name);
    return found !== undefined && stateOf(found) === state;
  },
});

/** What the billing centre says of the server, as the operator has read it. */
export const subscriptionIs = (name: string, status: string): Expectation => ({
  what: `the subscription of ${name} is ${status}`,
  object: server(name),
  holds: (view) => serverIn(view, name)?.status.subscription?.status === status,
});

/** The object of a server no longer exists. */
export const serverIsGone = (name: string): Expectation => ({
  what: `the object ${name} is gone`,
  object: server(name),
  holds: (view) => serverIn(view, name) === undefined,
});

/** A request is in the state that `kubectl get` shows. */
export const requestIs = (name: string, state: string): Expectation => ({
  what: `${name} is ${state}`,
  object: request(name),
  holds: (view) => {
    const found = requestIn(view, name);
    return found !== undefined && stateOf(found) === state;
  },
});

/** Exactly these reasons block a request, besides the approval that is still to be given. */
export const isBlockedBy = (name: string, ...reasons: string[]): Expectation => ({
  what: `${name} is blocked by ${reasons.join(' and ')}`,
  object: request(name),
  holds: (view) => {
    const found = requestIn(view, name)?.status.blockers?.map(({ reason }) => reason) ?? [];
    const facts = found.filter((reason) => reason !== 'AwaitingApproval').sort();
    return facts.join() === reasons.toSorted().join();
  },
});

/** A person has approved the plan, and the operator has taken note of it. */
export const isApproved = (name: string): Expectation => ({
  what: `${name} is approved`,
  object: request(name),
  holds: (view) => isConditionTrue(requestIn(view, name)?.status.conditions, 'Approved'),
});
