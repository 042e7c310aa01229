import { Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { minutes } from '../../../../operator/clock.ts';
import { registerKeyLife } from '../../../../operator/huaweicloud/credentials/key-metrics.ts';

test('a key that ends says how long it holds, and one that does not says nothing', async () => {
  const registry = new Registry();
  let left: ReturnType<typeof minutes> | undefined = minutes(30);
  registerKeyLife(registry, () => left);
  const scraped = async () => {
    const text = await registry.getSingleMetricAsString('huaweicloud_key_holds_for_seconds');
    return text.split('\n').filter((line) => !line.startsWith('#') && line !== '');
  };
  expect(await scraped()).toEqual(['huaweicloud_key_holds_for_seconds 1800']);
  left = undefined;
  expect(await scraped()).toEqual([]);
});
