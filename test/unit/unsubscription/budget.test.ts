import { describe, expect, test } from 'vitest';
import type { DCCServer, UnsubscriptionRequest } from '../../../operator/api/objects.ts';
import type { Placement } from '../../../operator/api/unsubscriptionrequest.ts';
import { type BudgetLimits, createOrderBudget } from '../../../operator/unsubscription/budget.ts';
import { aServer } from '../../builders/dccserver.ts';
import { lookedAt, minutesLater } from '../../builders/metadata.ts';
import { aPlacement, aRequest } from '../../builders/unsubscriptionrequest.ts';

const request = (uid: string, ...placements: Placement[]): UnsubscriptionRequest => {
  const made = aRequest({ status: { placements } });
  return { ...made, metadata: { ...made.metadata, uid, name: uid } };
};
const mine = request('mine');
const call = (state: Placement['state'], changes: Partial<Placement> = {}) =>
  aPlacement({ state, signedAt: lookedAt.toISOString(), ...changes });
const done = (changes: Partial<Placement> = {}) => call('Accepted', { result: 'Completed', ...changes });

interface World {
  requests?: UnsubscriptionRequest[];
  unreadable?: number;
  servers?: DCCServer[];
  limits?: Partial<BudgetLimits>;
}

const budgetOf = ({ requests = [], unreadable = 0, servers = [], limits }: World) =>
  createOrderBudget(
    { open: 2, perHour: 3, ...limits },
    { requests: () => requests, unreadableRequests: () => unreadable, servers: () => servers },
  );
const exceeded = (world: World, now = minutesLater(10)) => budgetOf(world).exceeded(mine, now);
const ordered = (name: string, state: string, signedAt = lookedAt, by = 'gone') =>
  aServer(name, { status: { unsubscription: { request: by, state, signedAt: signedAt.toISOString() } } });

test.each<[string, Placement, boolean]>([
  ['intended', call('Intended'), true],
  ['unknown', call('Unknown'), true],
  ['accepted and not at its end', call('Accepted'), true],
  ['accepted and at its end', done(), false],
  ['rejected', call('Rejected'), false],
  ['never sent', call('NotSent'), false],
  ['never placed', call('NotPlaced'), false],
])('a call that is %s counts as open: %j', (_, other, counts) => {
  expect(exceeded({ requests: [request('other', other)], limits: { open: 1 } })).toBe(counts ? 'open' : undefined);
});

test('as many orders may be open as the limit says, those of the request itself aside', () => {
  const open = [request('a', call('Accepted')), request('b', call('Unknown'))];
  expect(exceeded({ requests: open })).toBe('open');
  expect(exceeded({ requests: open.slice(1) })).toBeUndefined();
  expect(exceeded({ requests: open, limits: { open: 3 } })).toBeUndefined();
  expect(exceeded({ requests: [request('mine', call('Accepted'))], limits: { open: 1 } })).toBeUndefined();
});

test.each<[string, Placement, boolean]>([
  ['accepted', done(), true],
  ['cancelled afterwards', call('Accepted', { result: 'Cancelled' }), true],
  ['rejected', call('Rejected'), false],
  ['never sent', call('NotSent'), false],
  ['never placed', call('NotPlaced'), false],
])('a call that was %s counts within the hour: %j', (_, other, counts) => {
  expect(exceeded({ requests: [request('other', other)], limits: { perHour: 1 } })).toBe(
    counts ? 'perHour' : undefined,
  );
});

test('a call counts for an hour from its signature, also one of the request itself', () => {
  const world = { requests: [request('mine', done())], limits: { perHour: 1 } };
  expect(exceeded(world, minutesLater(59))).toBe('perHour');
  expect(exceeded(world, minutesLater(60))).toBeUndefined();
});

test('a server remembers the call of a request that is gone, unless it had no effect; one call for two servers is one', () => {
  const limits = { perHour: 1 };
  expect(exceeded({ servers: [ordered('a', 'Completed')], limits })).toBe('perHour');
  expect(exceeded({ servers: [ordered('a', 'Intended')], limits })).toBe('perHour');
  const partialUnsubscription = {
    request: 'gone',
    resourceIds: ['disk-1'],
    state: 'Completed',
    signedAt: lookedAt.toISOString(),
  };
  expect(exceeded({ servers: [aServer('a', { status: { partialUnsubscription } })], limits })).toBe('perHour');
  for (const state of ['Rejected', 'Refused', 'NotSent', 'NotPlaced']) {
    expect(exceeded({ servers: [ordered('a', state)], limits })).toBeUndefined();
  }
  expect(exceeded({ servers: [ordered('a', 'Completed')], limits }, minutesLater(61))).toBeUndefined();
  const both = [ordered('a', 'Completed'), ordered('b', 'Completed')];
  expect(exceeded({ servers: both, limits: { perHour: 2 } })).toBeUndefined();
  expect(
    exceeded({
      servers: [ordered('a', 'Completed'), ordered('b', 'Completed', minutesLater(1))],
      limits: { perHour: 2 },
    }),
  ).toBe('perHour');
});

test('a call that a journal has is not counted again by its server', () => {
  const world = { requests: [request('other', done())], servers: [ordered('a', 'Completed', lookedAt, 'other')] };
  expect(exceeded({ ...world, limits: { perHour: 2 } })).toBeUndefined();
});

test('two calls that were signed within the same second are two', () => {
  const world = { requests: [request('other', done())], servers: [ordered('a', 'Completed')] };
  expect(exceeded({ ...world, limits: { perHour: 2 } })).toBe('perHour');
});

describe('a call whose request is gone, and that no server remembers,', () => {
  /** A budget of one order an hour, and the requests that it counts. */
  function aBudget() {
    const requests: UnsubscriptionRequest[] = [];
    const sources = { requests: () => requests, unreadableRequests: () => 0, servers: () => [] };
    return { requests, sources, budget: createOrderBudget({ open: 9, perHour: 1 }, sources) };
  }

  test('counts for an hour all the same; a restart forgets it', () => {
    const { requests, sources, budget } = aBudget();
    requests.push(request('renewals', done()));
    budget.exceeded(mine, minutesLater(1));
    requests.pop();
    expect(budget.exceeded(mine, minutesLater(59))).toBe('perHour');
    expect(createOrderBudget(budget.limits, sources).exceeded(mine, minutesLater(59))).toBeUndefined();
    expect(budget.exceeded(mine, minutesLater(60))).toBeUndefined();
  });

  test('counts by what was last seen of it', () => {
    const { requests, budget } = aBudget();
    requests.push(request('renewals', call('Unknown')));
    expect(budget.exceeded(mine, minutesLater(1))).toBe('perHour');
    requests.splice(0, 1, request('renewals', call('NotPlaced')));
    budget.exceeded(mine, minutesLater(2));
    requests.pop();
    expect(budget.exceeded(mine, minutesLater(3))).toBeUndefined();
  });

  test('counts from its intent on, also when its request goes before another pass looks', () => {
    const { requests, budget } = aBudget();
    const giveBack = budget.take(mine, lookedAt);
    requests.push(request('mine', call('Intended')));
    giveBack?.();
    requests.pop();
    expect(budget.exceeded(request('another'), minutesLater(1))).toBe('perHour');
  });

  test('is not forgotten because of an account whose clock is an hour ahead', () => {
    const { requests, budget } = aBudget();
    requests.push(request('renewals', done()));
    budget.exceeded(mine, minutesLater(1));
    requests.pop();
    budget.exceeded(mine, minutesLater(62));
    expect(budget.exceeded(mine, minutesLater(2))).toBe('perHour');
  });
});

test('a request that cannot be understood may have ordered just now', () => {
  expect(exceeded({ unreadable: 2 })).toBe('open');
  expect(exceeded({ unreadable: 1, requests: [request('a', done()), request('b', done())] })).toBe('perHour');
});

test('passes that run side by side take the room one after the other, and give it back once', () => {
  const budget = budgetOf({});
  const first = budget.take(mine, lookedAt);
  const second = budget.take(mine, lookedAt);
  expect(budget.take(mine, lookedAt)).toBeUndefined();
  expect(budget.exceeded(mine, lookedAt)).toBe('open');
  first?.();
  first?.();
  expect(budget.take(mine, lookedAt)).toBeDefined();
  expect(budget.take(mine, lookedAt)).toBeUndefined();
  expect(second).toBeDefined();
});
