import { holdPrefix } from '../../../operator/api/names.ts';
import { seconds } from '../../../operator/clock.ts';
import type { StoredObject } from '../api-server.ts';
import { haltConfigMap, requestsPlural, serversPlural, specOf } from '../objects.ts';
import type { Known } from './known.ts';
import { annotate, applyServers, change, remove } from './manifests.ts';

const hold = `${holdPrefix}audit`;

const asItIsNow = ({ server }: Known, object: StoredObject | undefined) =>
  object && server.get(requestsPlural, object.metadata.name);

export function suspendForAWhile(known: Known, object: StoredObject | undefined): void {
  change(known, object, 'suspend', { suspend: true });
  known.soon(() => change(known, asItIsNow(known, object), 'resume', { suspend: false }));
}

export function holdForAWhile(known: Known, object: StoredObject | undefined): void {
  annotate(known, object, hold, 'wait');
  known.soon(() => annotate(known, asItIsNow(known, object), hold, undefined));
}

export function letGoOn(known: Known, request: StoredObject): void {
  annotate(known, request, hold, undefined);
  if (specOf(request).suspend === true) change(known, request, 'resume', { suspend: false });
}

function halt({ server, tell }: Known, on: boolean): void {
  if ((server.get('configmaps', haltConfigMap) !== undefined) === on) return;
  tell(on ? 'halt the operator' : 'let the operator go on');
  if (on) server.create('configmaps', { kind: 'ConfigMap', name: haltConfigMap });
  else server.remove('configmaps', haltConfigMap);
}

export function haltForAWhile(known: Known): void {
  const { schedule } = known;
  halt(known, true);
  // For so long that who has not read it for some time is halted still.
  schedule.after(schedule.between(seconds(1), seconds(90)), () => halt(known, false));
}

export function removeServerForAWhile(known: Known): void {
  remove(known, serversPlural, known.schedule.pick(known.servers));
  known.soon(() => applyServers(known));
}

/** All that keeps a call from leaving, if it comes in time. */
export const stops: readonly ((known: Known, request: StoredObject) => void)[] = [
  suspendForAWhile,
  holdForAWhile,
  haltForAWhile,
  (known, request) => change(known, asItIsNow(known, request), 'withdraw the approval of', { approvedPlan: undefined }),
  (known, { metadata: { name } }) => remove(known, requestsPlural, name),
  (known, request) => remove(known, serversPlural, specOf(request).servers[0]?.name),
];
