import { seconds } from '../../../operator/clock.ts';
import type { ApiServer, StoredObject } from '../api-server.ts';
import type { Cloud } from '../cloud.ts';
import { requestsPlural, serverName } from '../objects.ts';
import type { Schedule } from '../schedule.ts';

/** What each plan was when somebody approved it: its calls, as they were shown. */
export type ApprovedPlans = Map<string, string>;

/** What kind of people live in a world. */
export interface Residents {
  /** Whether they let requests go by force: once their calls are dead, old rows are all that misleads. */
  readonly breaksGlass: boolean;
  /** Whether they start over with what seems to have gone wrong, as what was given back and still shows. */
  readonly isImpatient: boolean;
  /** Whether an order of the console has been waiting for its approval since long before. */
  readonly awaitsApproval: boolean;
}

export interface PeopleOptions extends Residents {
  readonly approved: ApprovedPlans;
  /** How likely somebody meddles when there is an occasion. */
  readonly meddling: number;
  /** Whether all servers were bought as one portfolio. */
  readonly isPortfolio: boolean;
}

/** What all people know together: the world, what kind of people they are, and how they go about things. */
export interface Known extends PeopleOptions {
  readonly schedule: Schedule;
  readonly server: ApiServer;
  readonly cloud: Cloud;
  /** The servers that there should be, by their names. */
  readonly servers: readonly string[];
  /** Whether it was enough: from then on nobody meddles, and nobody is impatient. */
  isResting: boolean;
  /** Whether a call has been made: a world without one shows little. */
  hasSeenCall: boolean;
  requests(): StoredObject[];
  someRequest(): StoredObject | undefined;
  tell(what: string): void;
  /** Nothing is held up for long: a world that stands still shows little. */
  soon(deed: () => void): void;
  shortly(deed: () => void): void;
  /** Whether somebody takes this occasion to meddle. */
  takesOccasion(): boolean;
  /** An occasion: the operator may be busy with that request just now. */
  meddle(busyWith?: StoredObject): void;
}

export function createKnown(
  { schedule, server, cloud }: Pick<Known, 'schedule' | 'server' | 'cloud'>,
  options: PeopleOptions,
  meddle: Known['meddle'],
): Known {
  const requests = () => server.list(requestsPlural);
  const known: Known = {
    ...options,
    ...{ schedule, server, cloud, requests, meddle },
    servers: cloud.resources.map((_, index) => serverName(index + 1)),
    isResting: false,
    hasSeenCall: false,
    someRequest: () => schedule.pick(requests()),
    tell: (what) => schedule.tell('people', () => what),
    soon: (deed) => schedule.after(schedule.between(seconds(1), seconds(30)), deed),
    shortly: (deed) => schedule.after(schedule.between(0, seconds(10)), deed),
    takesOccasion: () => schedule.chance(known.isResting ? 0 : known.meddling),
  };
  return known;
}
