import type { DCCServer } from '../api/objects.ts';
import { type Clock, deadline, type Milliseconds, minutes } from '../clock.ts';
import type { HuaweiAccount } from '../huaweicloud/account.ts';
import type { Polls } from '../polls.ts';
import type { Accounts } from './accounts.ts';
import { createCheckpoints } from './checkpoints.ts';
import { type Look, lookAt, unreadableLook } from './look.ts';
import { oncePer } from './once-per.ts';
import type { ProjectInventory, Watched } from './project.ts';
import { readProject } from './read-project.ts';

/** Looks at servers through one reading of their project that all of them share. */
export interface Inventory {
  /** Looks at a server by a reading of this age; all whom it satisfies share it. */
  look(server: DCCServer, reading: ReadingAge, signal: AbortSignal): Promise<Look>;
}

/**
 * Which reading of a project satisfies: one that `Began` at `since` (by `clock.elapsed`) or later, so who wants a fresh one says
 * now. With `Ended` it is enough that it ended then or later, or has not yet: so a poll makes do with a reading that takes longer
 * than the time between two of them.
 */
export interface ReadingAge {
  readonly that: 'Began' | 'Ended';
  readonly since: Milliseconds;
}

export interface InventoryOptions {
  accounts: Accounts;
  clock: Clock;
  polls: Polls;
  /** All servers of the cluster: a reading of a project asks for those in it. */
  allServers: () => readonly DCCServer[];
  /** Ends the readings under way: they belong to nobody, since all servers share them. */
  signal: AbortSignal;
}

interface SharedReading {
  startedAt: Milliseconds;
  endedAt?: Milliseconds;
  watched: Watched;
  project: Promise<ProjectInventory>;
}

/** A server and the requests that name it look at the same, pass after pass: neither the reading nor the object changes. */
const lookOnce = oncePer((project: ProjectInventory) => oncePer((server: DCCServer) => lookAt(server, project)));

/** Longest that reading a project may take; every call in it has deadlines of its own. */
const readingLimit = minutes(5);

/** Creates an inventory: what it costs grows with the pages of a project, not with the servers in it. */
export function createInventory(options: InventoryOptions): Inventory {
  const { accounts, clock, polls, allServers, signal: ending } = options;
  const checkpoints = createCheckpoints();
  const readings = new WeakMap<HuaweiAccount, SharedReading>();

  /** Joins a reading that is young enough and covers the server, or starts one for all servers of the project. */
  function projectOf(
    server: DCCServer,
    account: HuaweiAccount,
    isYoung: (reading: SharedReading) => boolean,
  ): Promise<ProjectInventory> {
    const current = readings.get(account);
    if (current !== undefined && isYoung(current) && covers(current.watched, server)) return current.project;
    const watched = watchedWith(server, allServers());
    const project = readProject(account, watched, { clock, polls, checkpoints }, deadline(clock, readingLimit, ending));
    const reading: SharedReading = { startedAt: clock.elapsed(), watched, project };
    readings.set(account, reading);
    project.then(
      () => (reading.endedAt = clock.elapsed()),
      () => readings.delete(account),
    );
    return project;
  }

  return {
    async look(server, { that, since }, signal) {
      const account = await accounts.accountOf(server, signal);
      if (account.kind === 'Unreadable') return unreadableLook(server, account.failure, { clock, polls });
      const isYoung = ({ startedAt, endedAt = since }: SharedReading) =>
        that === 'Began' ? startedAt >= since : endedAt >= since;
      return lookOnce(await projectOf(server, account.value, isYoung))(server);
    },
  };
}

function watchedWith({ spec }: DCCServer, servers: readonly DCCServer[]): Watched {
  const inProject = servers
    .map((server) => server.spec)
    .filter(({ projectId, region }) => projectId === spec.projectId && region === spec.region);
  const all = [spec, ...inProject];
  const ids = (specs: typeof all) => [...new Set(specs.map(({ resourceId }) => resourceId))].sort();
  return { resourceIds: ids(all), hostIds: ids(all.filter(({ hostType }) => hostType === 'DeH')) };
}

const covers = ({ resourceIds, hostIds }: Watched, { spec }: DCCServer): boolean =>
  setOf(resourceIds).has(spec.resourceId) && (spec.hostType !== 'DeH' || setOf(hostIds).has(spec.resourceId));

const setOf = oncePer((ids: readonly string[]): ReadonlySet<string> => new Set(ids));
