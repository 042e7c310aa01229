import { expect, test } from 'vitest';
import { conditionList } from '../../../operator/api/condition-list.ts';
import { unreadableStatus } from '../../../operator/api/unreadable.ts';
import { aMetadata, lookedAt, minutesLater } from '../../builders/metadata.ts';
import { aPlacement } from '../../builders/unsubscriptionrequest.ts';

const metadata = aMetadata('retire', { generation: 3 });
const at = minutesLater(5);
const message =
  'The object cannot be understood: no scope. Correct it, or upgrade the operator and its definitions together.';
const stalled = [
  { type: 'Ready', status: 'False', reason: 'Unreadable', message },
  { type: 'Stalled', status: 'True', reason: 'Unreadable', message },
].map((condition) => ({ ...condition, lastTransitionTime: at.toISOString(), observedGeneration: 3 }));

test('an object that was never reported on is stalled, and says why', () => {
  expect(unreadableStatus({ metadata }, 'no scope.', at)).toEqual({ observedGeneration: 3, conditions: stalled });
});

test('what stands in the status stays, the journal and what is not understood above all', () => {
  const status = { placements: [aPlacement(), { of: 'tomorrow' }], halted: true, observedGeneration: 2 };
  expect(unreadableStatus({ metadata, status }, 'no scope.', at)).toEqual({
    ...status,
    observedGeneration: 3,
    conditions: stalled,
  });
});

test('an end that was reached is kept, and work in progress is not claimed any more', () => {
  const types = ['Ready', 'Reconciling', 'Complete', 'Approved'];
  const before = conditionList(
    types.map((type) => ({ type, status: 'True', reason: 'r', message: '' })),
    undefined,
    lookedAt,
    2,
  );
  expect(unreadableStatus({ metadata, status: { conditions: before } }, 'no scope.', at)).toEqual({
    observedGeneration: 3,
    conditions: [...stalled, ...before.filter(({ type }) => type === 'Complete' || type === 'Approved')],
  });
});

test('the same fault found again writes the same status', () => {
  const once = unreadableStatus({ metadata }, 'no scope.', at);
  expect(unreadableStatus({ metadata, status: once }, 'no scope.', minutesLater(10))).toEqual(once);
});

test.each([{ conditions: 'none' }, 'text', null])('a status that is %j does not matter', (status) => {
  expect(unreadableStatus({ metadata, status }, 'no scope.', at)).toMatchObject({ conditions: stalled });
});
