import {
  isOpen,
  type Placement,
  type UnsubscriptionRequestSpec,
  type UnsubscriptionRequestStatus,
} from '../../operator/api/unsubscriptionrequest.ts';
import type { StoredObject } from './api-server.ts';

export const requestsPlural = 'unsubscriptionrequests';
export const serversPlural = 'dccservers';

export const haltConfigMap = 'dcc-operator-halt';

export const serverName = (number: number): string => `server-${number}`;

export const specOf = ({ spec }: StoredObject) => spec as UnsubscriptionRequestSpec;
export const statusOf = ({ status }: StoredObject) => (status ?? {}) as UnsubscriptionRequestStatus;

/** Complete or failed: nothing more will come of it. */
export const hasEnded = (request: StoredObject): boolean =>
  (statusOf(request).conditions ?? []).some(
    ({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True',
  );

export const journalOf = (request: StoredObject): readonly Placement[] => statusOf(request).placements ?? [];
export const openCalls = (request: StoredObject): readonly Placement[] => journalOf(request).filter(isOpen);
