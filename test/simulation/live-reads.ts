import { holdsOf } from '../../operator/api/objects.ts';
import type { ApiServer, StoredObject } from './api-server.ts';
import { haltConfigMap, requestsPlural, serversPlural, specOf } from './objects.ts';
import type { Schedule } from './schedule.ts';
import type { Intent } from './violations.ts';

/** When a process asked for an object past its cache, and how that stood then: what it hears is at least as new. */
export interface LiveRead {
  readonly at: number;
  readonly object: StoredObject | undefined;
}

/** What each process has asked for past its cache. */
export interface LiveReads {
  /** Oldest first. */
  of(process: string, plural: string, name: string): readonly LiveRead[];
  /** How the object stands now. */
  now(plural: string, name: string): StoredObject | undefined;
}

export function watchLiveReads(server: ApiServer, schedule: Schedule): LiveReads {
  const reads = new Map<string, LiveRead[]>();
  const keyOf = (process: string, plural: string, name: string) => `${process} ${plural}/${name}`;
  server.onAsk(({ process, method, path }) => {
    const [, plural, name] = /\/(unsubscriptionrequests|dccservers|configmaps)\/([^/]+)$/.exec(path) ?? [];
    if (method !== 'GET' || plural === undefined || name === undefined) return;
    schedule.tell(process, () => `reads ${plural}/${name} past its cache`);
    const key = keyOf(process, plural, name);
    reads.set(key, [...(reads.get(key) ?? []), { at: schedule.now, object: server.get(plural, name) }]);
  });
  return { of: (...of) => reads.get(keyOf(...of)) ?? [], now: server.get };
}

/**
 * What people did before its process read it once more keeps a call from leaving. Other passes of the process read the same: it is enough
 * that nothing was against the call in one of the readings since the intent. Nor does what people have undone by now: a reading hears what is so
 * some time after it was asked for.
 */
export function violationsOfDeparture({ entry, request, at }: Intent, reads: LiveReads): string[] {
  const read = (plural: string, name: string, isAgainst: (object: StoredObject | undefined) => string | undefined) => {
    const again = reads.of(entry.holder ?? '', plural, name).filter((one) => one.at >= at);
    if (again.length === 0) return `without ${name} being read once more`;
    const why = again.map(({ object }) => isAgainst(object));
    return why.includes(undefined) || isAgainst(reads.now(plural, name)) === undefined ? undefined : why[0];
  };
  const found = [
    read('configmaps', haltConfigMap, (object) =>
      object === undefined ? undefined : 'though the operator was halted',
    ),
    read(requestsPlural, request.metadata.name, (object) => whyRequestIsAgainst(object, request)),
    ...entry.servers.map((name) =>
      read(serversPlural, name, (object) => (isLeaving(object) ? `though ${name} was deleted` : undefined)),
    ),
  ];
  const call = `call ${entry.id} of ${request.metadata.name}`;
  return found.flatMap((problem) => (problem === undefined ? [] : [`${call} left ${problem}`]));
}

const isLeaving = (object: StoredObject | undefined): boolean =>
  object === undefined || object.metadata.deletionTimestamp !== undefined;

function whyRequestIsAgainst(object: StoredObject | undefined, { metadata, spec }: StoredObject): string | undefined {
  if (object === undefined || isLeaving(object) || object.metadata.uid !== metadata.uid)
    return 'though its request was deleted';
  if (JSON.stringify(object.spec) !== JSON.stringify(spec)) return 'though its request was changed';
  if (specOf(object).suspend === true) return 'though its request was suspended';
  return holdsOf(object.metadata).length > 0 ? 'though its request was held' : undefined;
}
