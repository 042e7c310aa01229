import { beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../operator/config.ts';
import { ensureBinaries } from '../cluster/binaries.ts';
import { deploymentOf } from './manifests.ts';

// Built when it is missing, which takes longer than a test may.
beforeAll(() => ensureBinaries(['helm']));

describe('the chart', () => {
  test('starts the operator with flags that it understands', async () => {
    const { template: pod } = await deploymentOf({ mode: 'ObserveOnly', site: 'europe', pollInterval: '5m' });
    const config = readConfig(pod.spec.containers[0]?.args ?? [], {});
    expect(config).toMatchObject({ mode: 'ObserveOnly', site: 'europe', 'poll-interval': 300_000 });
  });

  test('tells the operator its namespaces and its selector, as they are', async () => {
    const selector = 'tier in (gold,silver),!legacy,example.com/of!=north';
    const { template: pod } = await deploymentOf({
      namespaces: '{team-a,team-b}',
      selector: selector.replaceAll(',', '\\,'),
    });
    const config = readConfig(pod.spec.containers[0]?.args ?? [], {});
    expect(config.namespaces).toEqual(['team-a', 'team-b']);
    expect(config.selector?.text).toBe(selector);
  });

  test('tells the operator its budget, and the table of fees as it stands in the values', async () => {
    const { template: pod } = await deploymentOf({
      'budget.openOrders': '3',
      'budget.ordersPerHour': '7',
      'refundRates.unconditionalDays': '5',
      'refundRates.feePercent.monthly': '{10}',
      'refundRates.feePercent.2': '{15,12.5}',
    });
    const config = readConfig(pod.spec.containers[0]?.args ?? [], {});
    expect(config).toMatchObject({ 'max-open-orders': 3, 'max-orders-per-hour': 7 });
    expect(JSON.stringify(config['refund-rates'])).toBe(
      '{"unconditionalDays":5,"feePercent":{"2":["15","12.5"],"monthly":["10"]}}',
    );
    const { template: plain } = await deploymentOf();
    expect(readConfig(plain.spec.containers[0]?.args ?? [], {})['refund-rates']).toBeUndefined();
  });
});
