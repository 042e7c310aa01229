import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { UnsubscriptionRequest } from '../../../operator/api/objects.ts';
import { claimFor } from '../../../operator/inventory/claim.ts';
import { lookedAt, minutesLater } from '../../builders/metadata.ts';
import { aRequest } from '../../builders/unsubscriptionrequest.ts';

interface Life {
  age?: number;
  deleted?: boolean;
  ended?: 'Complete' | 'Failed' | undefined;
}

const named = (name: string, { age = 0, deleted = false, ended }: Life = {}): UnsubscriptionRequest =>
  aRequest(
    {
      metadata: {
        creationTimestamp: minutesLater(-age).toISOString(),
        ...(deleted ? { deletionTimestamp: lookedAt.toISOString() } : {}),
      },
      status:
        ended === undefined
          ? {}
          : {
              conditions: [
                { type: ended, status: 'True', reason: ended, message: '', lastTransitionTime: lookedAt.toISOString() },
              ],
            },
    },
    name,
  );
const claimOf = (name: string) => ({ name, uid: `uid-of-${name}` });
const nobody: ReadonlySet<string> = new Set();

describe('a server that nobody claims', () => {
  test('stays free while no request names it', () => {
    expect(claimFor(undefined, [], nobody)).toBeUndefined();
  });

  test('goes to the oldest request', () => {
    expect(claimFor(undefined, [named('young', { age: 1 }), named('old', { age: 9 })], nobody)).toEqual(claimOf('old'));
  });

  test('goes to one of two of the same age, always the same', () => {
    const [one, other] = [named('one'), named('other')];
    expect(claimFor(undefined, [one, other], nobody)).toEqual(claimFor(undefined, [other, one], nobody));
  });

  test('goes neither to a request that has ended nor to one that is being deleted', () => {
    const requests = [
      named('done', { age: 9, ended: 'Complete' }),
      named('gone', { age: 8, deleted: true }),
      named('new'),
    ];
    expect(claimFor(undefined, requests, nobody)).toEqual(claimOf('new'));
    expect(claimFor(undefined, requests.slice(0, 2), nobody)).toBeUndefined();
  });
});

describe('a claim', () => {
  const holder = claimOf('holder');

  test('is kept while its request lives, though an older one comes', () => {
    expect(claimFor(holder, [named('older', { age: 99 }), named('holder')], nobody)).toEqual(holder);
  });

  test('is kept while its request is being deleted: it may have ordered', () => {
    expect(claimFor(holder, [named('other'), named('holder', { deleted: true })], nobody)).toEqual(holder);
  });

  test('is kept while its request cannot be understood: it may have ordered', () => {
    expect(claimFor(holder, [named('other')], new Set([holder.uid]))).toEqual(holder);
  });

  test.each(['Complete', 'Failed'] as const)('passes on when its request has ended as %s', (ended) => {
    expect(claimFor(holder, [named('holder', { ended }), named('other')], nobody)).toEqual(claimOf('other'));
    expect(claimFor(holder, [named('holder', { ended })], nobody)).toBeUndefined();
  });

  test('passes on when its request is gone', () => {
    expect(claimFor(holder, [named('other')], nobody)).toEqual(claimOf('other'));
  });

  test('does not pass to a request of the same name that was made anew, but is made anew for it', () => {
    const anew = aRequest({ metadata: { uid: 'uid-anew' } }, 'holder');
    expect(claimFor(holder, [anew], nobody)).toEqual({ name: 'holder', uid: 'uid-anew' });
  });
});

test('one request at most holds a server, and never loses it while it may have ordered', () => {
  const life = fc.record({
    age: fc.nat({ max: 5 }),
    deleted: fc.boolean(),
    ended: fc.constantFrom<Life['ended']>(undefined, undefined, 'Complete', 'Failed'),
  });
  const world = fc
    .array(life, { minLength: 1, maxLength: 4 })
    .map((lives) => lives.map((one, at) => named(`r${at}`, one)));
  fc.assert(
    fc.property(world, fc.nat({ max: 4 }), (requests, at) => {
      const before = requests[at] === undefined ? undefined : claimOf(`r${at}`);
      const after = claimFor(before, requests, nobody);
      expect(claimFor(after, requests.toReversed(), nobody)).toEqual(after);
      const held = requests.find(({ metadata }) => metadata.uid === before?.uid);
      if (held !== undefined && held.status.conditions === undefined) expect(after).toEqual(before);
    }),
  );
});
