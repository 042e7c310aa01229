import { describe, expect, test } from 'vitest';
import type { Subscription as BillingRow } from '../../../operator/huaweicloud/billing-subscriptions.ts';
import { subscriptionsIn } from '../../../operator/inventory/subscriptions.ts';
import { lookedAt } from '../../builders/metadata.ts';

const aRow = (resourceId: string, changes: Partial<BillingRow> = {}): BillingRow => ({
  resourceId,
  name: resourceId,
  isPrimary: true,
  parentResourceId: undefined,
  status: 'InUse',
  region: 'cn-north-4',
  projectId: 'project',
  serviceTypeCode: 'hws.service.type.dcc',
  resourceTypeCode: 'hws.resource.type.dcc',
  effectiveTime: lookedAt,
  expireTime: undefined,
  autoRenewal: false,
  ...changes,
});
const aDisk = (resourceId: string, changes: Partial<BillingRow> = {}) =>
  aRow(resourceId, { isPrimary: false, parentResourceId: 'server', resourceTypeCode: 'disk', ...changes });
const subscriptionOf = (...rows: BillingRow[]) => subscriptionsIn(rows).get('server');
const idsOf = (...rows: BillingRow[]) => subscriptionOf(...rows)?.secondaries.map(({ resourceId }) => resourceId);

test('a row is a subscription, its times as texts', () => {
  expect(subscriptionOf(aRow('server'))).toEqual({
    status: 'InUse',
    isPrimary: true,
    region: 'cn-north-4',
    projectId: 'project',
    serviceTypeCode: 'hws.service.type.dcc',
    effectiveTime: lookedAt.toISOString(),
    expireTime: undefined,
    autoRenewal: false,
    secondaries: [],
  });
});

test('a resource without a row has no subscription', () => {
  expect(subscriptionsIn([]).size).toBe(0);
});

test('a status that is not documented is not known', () => {
  expect(subscriptionOf(aRow('server', { status: 'Unrecognised(7)' }))?.status).toBe('Unknown');
});

describe('several rows of one resource', () => {
  test('are one subscription when they agree', () => {
    expect(subscriptionOf(aRow('server'), aRow('server'))?.status).toBe('InUse');
  });

  test('have no known status when one disagrees, in whatever order they come', () => {
    const [open, closed] = [aRow('server'), aRow('server', { status: 'Closed' })];
    for (const rows of [
      [open, closed],
      [closed, open],
      [open, closed, open],
      [open, closed, closed],
    ]) {
      expect(subscriptionOf(...rows)?.status).toBe('Unknown');
    }
  });
});

describe('the secondary resources', () => {
  test('are those that hang on it and are not closed, sorted by id', () => {
    const rows = [aDisk('d-2', { name: undefined }), aDisk('d-1'), aDisk('d-3', { status: 'Closed' })];
    const other = aDisk('d-4', { parentResourceId: 'another' });
    expect(subscriptionOf(aRow('server'), ...rows, other)?.secondaries).toEqual([
      { resourceId: 'd-1', name: 'd-1', type: 'disk' },
      { resourceId: 'd-2', name: '', type: 'disk' },
    ]);
  });

  test('come once each, however many rows they have', () => {
    expect(idsOf(aRow('server'), aDisk('d-1'), aDisk('d-1', { status: 'Frozen' }))).toEqual(['d-1']);
  });

  test('are there while one of their rows is not closed', () => {
    expect(idsOf(aRow('server'), aDisk('d-1', { status: 'Closed' }), aDisk('d-1'))).toEqual(['d-1']);
  });
});
