import type { DCCServer, UnsubscriptionRequest } from '../../operator/api/objects.ts';
import type { Style } from './text.ts';

/** What is in the demo's namespace at one moment, sorted by name. */
export interface View {
  readonly servers: readonly DCCServer[];
  readonly requests: readonly UnsubscriptionRequest[];
}

export const emptyView: View = { servers: [], requests: [] };

type Reporting = Pick<DCCServer | UnsubscriptionRequest, 'status'>;

const ready = ({ status }: Reporting) => status.conditions?.find(({ type }) => type === 'Ready');

/** The one word of `kubectl get`: the reason of Ready; undefined while nothing was reported yet. */
export const stateOf = (object: Reporting): string | undefined => ready(object)?.reason;

/** The state in words. */
export const messageOf = (object: Reporting): string => ready(object)?.message ?? '';

/** The server of this name, if it is there. */
export const serverIn = ({ servers }: View, name: string): DCCServer | undefined =>
  servers.find(({ metadata }) => metadata.name === name);

/** The request of this name, if it is there. */
export const requestIn = ({ requests }: View, name: string): UnsubscriptionRequest | undefined =>
  requests.find(({ metadata }) => metadata.name === name);

const styles: Readonly<Record<string, Style>> = {
  Observed: 'green',
  Unsubscribed: 'cyan',
  Complete: 'green',
  Blocked: 'yellow',
  Deleting: 'yellow',
  AwaitingApproval: 'magenta',
  Ordering: 'cyan',
  OrderInProgress: 'cyan',
  StillInUse: 'red',
  RetryLater: 'yellow',
  OutcomeUnknown: 'red',
  CannotRead: 'red',
  Unreadable: 'red',
  Failed: 'red',
};

/** The colour of a state. */
export const styleOf = (state: string): Style | undefined => styles[state];
