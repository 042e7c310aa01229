import { expect, test } from 'vitest';
import type { Parsed, UnsubscriptionRequest } from '../../operator/api/objects.ts';
import { obstaclesIn, refusal } from '../../operator/uninstall-guard.ts';
import { aMetadata } from '../builders/metadata.ts';
import { aPlacement, aRequest } from '../builders/unsubscriptionrequest.ts';

const withCalls = (...placements: ReturnType<typeof aPlacement>[]): Parsed<UnsubscriptionRequest> => ({
  kind: 'Readable',
  object: aRequest({ status: { placements } }),
});

test('calls that have come to their end are no obstacle, and requests without any neither', () => {
  const ended = withCalls(
    aPlacement({ state: 'NotPlaced' }),
    aPlacement({ id: '1.2', state: 'Accepted', result: 'Completed' }),
    aPlacement({ id: '2.1', state: 'Rejected' }),
  );
  expect(obstaclesIn([ended, withCalls(), { kind: 'Readable', object: aRequest() }])).toEqual([]);
});

test.each(['Intended', 'Unknown', 'Accepted'] as const)('a call that is %s is one', (state) => {
  expect(obstaclesIn([withCalls(aPlacement({ state: 'NotPlaced' }), aPlacement({ id: '1.2', state }))])).toEqual([
    `datacenter/retire: call 1.2 for server-1 is ${state}`,
  ]);
});

test('a request that cannot be understood may have an open call', () => {
  const odd = { kind: 'Unreadable', metadata: aMetadata('odd'), problem: 'spec.scope: is missing' } as const;
  expect(obstaclesIn([odd])).toEqual([
    'datacenter/odd cannot be understood, and may have an open call: spec.scope: is missing',
  ]);
});

test('a refusal names each call, what to wait for, and how Helm is brought to take the release for installed again', () => {
  const text = refusal(['datacenter/retire: call 1.2 for server-1 is Unknown', 'datacenter/odd cannot be understood']);
  expect(text).toMatch(
    /\n {2}datacenter\/retire: call 1\.2 .*\n {2}datacenter\/odd .*\nWait until they have ended \(kubectl get unsub/,
  );
  expect(text.split('\n').at(-1)).toBe(
    'Helm takes the release for half uninstalled from now on: helm rollback RELEASE REVISION, with the last of helm history, brings it back.',
  );
});
