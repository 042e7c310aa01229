import { expect, vi } from 'vitest';
import type { BlockerReason, BlockingCondition, Condition, ReadyReason } from '../../../operator/api/conditions.ts';
import type { DCCServer, UnsubscriptionRequest } from '../../../operator/api/objects.ts';
import type { Placement } from '../../../operator/api/unsubscriptionrequest.ts';
import { type Milliseconds, milliseconds, seconds, systemClock } from '../../../operator/clock.ts';
import type { ObservedObjects } from './observed-objects.ts';

/** Something that keeps a request back; what is left out may be anything. */
export type ExpectedBlocker = {
  [Type in BlockingCondition]: {
    condition: Type;
    reason: BlockerReason<Type>;
    server?: string;
    message?: RegExp;
    remedy?: RegExp;
  };
}[BlockingCondition];

/** Longer than anything takes that does not wait for a settle window. */
const soon = seconds(30);

/** Looks again and again until `check` does not throw; throws what it last threw when the time is over. */
export const eventually = <T>(check: () => T | Promise<T>, within: Milliseconds = soon): Promise<T> =>
  vi.waitFor(check, { timeout: within, interval: milliseconds(20) });

/** Looks again and again that `check` does not throw during this time. */
export async function stays(check: () => void | Promise<void>, during: Milliseconds): Promise<void> {
  const end = systemClock.elapsed() + during;
  while (systemClock.elapsed() < end) {
    await check();
    await systemClock.sleep(milliseconds(100));
  }
}

/** What a test may expect of a request; every verb waits for it and gives the request as it was then. */
export interface RequestExpectations {
  /** Ready says this word. */
  toReach(state: ReadyReason, within?: Milliseconds): Promise<UnsubscriptionRequest>;
  /** It is kept back by this, among others, and the condition of that name says so too. */
  toBeBlockedBy(blocker: ExpectedBlocker): Promise<UnsubscriptionRequest>;
  /** It is kept back by exactly these reasons. */
  toBeBlockedOnlyBy(...reasons: BlockerReason<BlockingCondition>[]): Promise<UnsubscriptionRequest>;
  /** The last call in its journal is in this state. */
  toHaveCall(state: Placement['state'] | NonNullable<Placement['result']>): Promise<UnsubscriptionRequest>;
  toBeGone(within?: Milliseconds): Promise<void>;
}

/** Expectations of the request of this name; `log` is what the operator wrote, for the message of a test that fails. */
export function requestExpectations(
  objects: ObservedObjects,
  name: string,
  log: readonly string[],
): RequestExpectations {
  const look = (): UnsubscriptionRequest =>
    objects.request(name) ?? expect.fail(`there is no request ${name} in the namespace`);
  const until = (check: (request: UnsubscriptionRequest) => void, within?: Milliseconds) =>
    eventually(() => {
      const request = look();
      check(request);
      return request;
    }, within);
  return {
    toReach: (state, within) =>
      until((request) => expect(readyOf(request)?.reason, describeRequest(request, log)).toBe(state), within),
    toBeBlockedBy: (blocker) => until((request) => expectBlocker(request, blocker, log)),
    toBeBlockedOnlyBy: (...reasons) =>
      until((request) => {
        const told = request.status.blockers?.map(({ reason }) => reason);
        expect([...new Set(told)].sort(), describeRequest(request, log)).toEqual(reasons.sort());
      }),
    toHaveCall: (state) =>
      until((request) => {
        const call = request.status.placements?.at(-1);
        expect(call?.result ?? call?.state, describeRequest(request, log)).toBe(state);
      }),
    toBeGone: (within) => eventually(() => expect(objects.request(name)).toBeUndefined(), within),
  };
}

function expectBlocker(request: UnsubscriptionRequest, expected: ExpectedBlocker, log: readonly string[]): void {
  const { condition, reason, server, message = /./, remedy = /./ } = expected;
  const blocker = {
    condition,
    reason,
    ...(server === undefined ? {} : { server }),
    message: expect.stringMatching(message),
    remedy: expect.stringMatching(remedy),
  };
  expect(request.status.blockers, describeRequest(request, log)).toContainEqual(expect.objectContaining(blocker));
  const told = request.status.conditions?.find(({ type }) => type === condition);
  expect(told, `the condition ${condition}`).toMatchObject({
    reason,
    status: expect.stringMatching(/^(False|Unknown)$/),
  });
}

/** What a test may expect of a server. */
export interface ServerExpectations {
  /** Its status matches. */
  toShow(status: object): Promise<DCCServer>;
  /** It has a condition that matches. */
  toSay(condition: Partial<Condition> | { message: unknown }): Promise<DCCServer>;
  toBeGone(within?: Milliseconds): Promise<void>;
}

export function serverExpectations(objects: ObservedObjects, name: string): ServerExpectations {
  const until = (check: (server: DCCServer) => void) =>
    eventually(() => {
      const server = objects.server(name) ?? expect.fail(`there is no server ${name} in the namespace`);
      check(server);
      return server;
    });
  return {
    toShow: (status) => until((server) => expect(server.status).toMatchObject(status)),
    toSay: (condition) =>
      until((server) => expect(server.status.conditions).toContainEqual(expect.objectContaining(condition))),
    toBeGone: (within) => eventually(() => expect(objects.server(name)).toBeUndefined(), within),
  };
}

export const readyOf = ({ status }: UnsubscriptionRequest): Condition | undefined =>
  status.conditions?.find(({ type }) => type === 'Ready');

/** Where a request stands, for the message of a test that fails. */
function describeRequest(request: UnsubscriptionRequest, log: readonly string[]): string {
  const { blockers = [], placements = [] } = request.status;
  const ready = readyOf(request);
  return [
    `${request.metadata.name} is ${ready?.reason}: ${ready?.message}`,
    ...blockers.map(({ condition, reason, message }) => `  blocked by ${condition}/${reason}: ${message}`),
    ...placements.map(({ id, state, detail }) => `  call ${id} is ${state} ${detail ?? ''}`),
    'The last words of the operator:',
    ...log.slice(-8),
  ].join('\n');
}

/** The states that a call of the request `retire` went through, as its journal had them. */
export function statesOfCall(objects: ObservedObjects, id: string): string[] {
  const states = objects.requestVersions('retire').map(({ status }) => {
    const call = status.placements?.find((entry) => entry.id === id);
    return call?.result ?? call?.state;
  });
  return states.filter((state, index) => state !== undefined && state !== states[index - 1]).map(String);
}
