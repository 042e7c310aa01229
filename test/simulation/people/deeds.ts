import type { StoredObject } from '../api-server.ts';
import { journalOf, openCalls, requestsPlural } from '../objects.ts';
import { makeTrouble, orderAnything, startMachine } from './console.ts';
import { haltForAWhile, holdForAWhile, removeServerForAWhile, suspendForAWhile } from './holding-up.ts';
import type { Known } from './known.ts';
import { applyRequest, approveAll, approveAmiss, editServer, remove } from './manifests.ts';
import { force, forceAndStartOver, replace } from './starting-over.ts';
import { stateAll, stateWhatIsFalse, stateWhatIsTrue } from './statements.ts';

type Deed = readonly [weight: number, () => void];

/** What people do of themselves. */
export const anyDeeds = (known: Known): readonly Deed[] => [
  [8, () => approveAll(known)],
  [3, () => applyRequest(known)],
  [1, () => approveAmiss(known)],
  [1, () => editServer(known)],
  [2, () => suspendForAWhile(known, known.someRequest())],
  [2, () => holdForAWhile(known, known.someRequest())],
  [1, () => haltForAWhile(known)],
  [1, () => startMachine(known)],
  [1, () => makeTrouble(known)],
  [1, () => orderAnything(known)],
  [1, () => stateWhatIsTrue(known, known.someRequest())],
  [1, () => stateWhatIsFalse(known, known.someRequest())],
  [2, () => removeSomeRequest(known)],
  [1, () => removeServerForAWhile(known)],
  [known.breaksGlass ? 4 : 0, () => force(known, known.someRequest())],
];

/** What people do when they see what the operator is busy with, and to that. */
export function meddlesomeDeeds(known: Known, busyWith: StoredObject | undefined): readonly Deed[] {
  const calls = busyWith === undefined ? [] : journalOf(busyWith);
  const isUnderWay = busyWith !== undefined && openCalls(busyWith).length > 0;
  return [
    [4, () => startMachine(known)],
    [3, () => makeTrouble(known)],
    [2, () => orderAnything(known)],
    // Of another resource: whoever looks for the order that is missing finds this one.
    [3, () => orderAnything(known, calls.at(-1)?.resourceIds)],
    [calls.length > 0 ? 8 : 0, () => replace(known, busyWith)],
    [known.breaksGlass && isUnderWay ? 30 : 0, () => forceAndStartOver(known, busyWith)],
    [4, () => stateAll(known)],
    [2, () => editServer(known)],
    [5, () => haltForAWhile(known)],
    [1, () => suspendForAWhile(known, known.someRequest())],
    [1, () => removeSomeRequest(known)],
  ];
}

function removeSomeRequest(known: Known): void {
  remove(known, requestsPlural, known.someRequest()?.metadata.name);
}
