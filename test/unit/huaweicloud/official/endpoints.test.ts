import { globSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { minutes } from '../../../../operator/clock.ts';
import { EndpointError, endpointsOf, type Service, services } from '../../../../operator/huaweicloud/endpoints.ts';
import { officialPython } from '../../../huaweicloud/official-python/environment.ts';

interface Row {
  readonly service: Service;
  readonly region: string;
  readonly origin: string;
}

/** Where the region tables of the official clients contradict another official source: `endpoints.ts` tells which, and why. */
const others: Readonly<Record<string, string>> = {
  'ecs eu-west-101': 'https://ecs.eu-west-101.myhuaweicloud.com',
  'dcc eu-west-101': 'https://dcc.eu-west-101.myhuaweicloud.com',
  'cbr eu-west-101': 'https://cbr.eu-west-101.myhuaweicloud.com',
  // The Terraform provider has the usual domain.
  'mrs ap-southeast-1': 'https://mrs.ap-southeast-1.myhuaweicloud.cn',
  'mrs ap-southeast-4': 'https://mrs.ap-southeast-4.myhuaweicloud.cn',
};

let rows: readonly Row[];
beforeAll(async () => {
  const folder = dirname(dirname(await officialPython()));
  rows = services.flatMap((service) =>
    globSync(join(folder, `lib/python3*/site-packages/huaweicloudsdk${service}/v*/region/*_region.py`)).flatMap(
      (path) =>
        [...readFileSync(path, 'utf8').matchAll(/ Region\("([^"]+)",\s*"([^"]+)"/g)].map(
          ([, region = '', origin = '']): Row => ({ service, region, origin }),
        ),
    ),
  );
}, minutes(12));

/** Where the operator calls a service; undefined in a region that it does not know. */
function originOf({ service, region }: Row): string | undefined {
  try {
    return endpointsOf({ region, site: 'china' })[service];
  } catch (error) {
    if (error instanceof EndpointError) return undefined;
    throw error;
  }
}

test('every service is called where its official client calls it, in every region that both know', () => {
  const known = rows.filter((row) => originOf(row) !== undefined);
  expect(known.length).toBeGreaterThan(200);
  const different = known.filter((row) => originOf(row) !== row.origin);
  expect(Object.fromEntries(different.map(({ service, region, origin }) => [`${service} ${region}`, origin]))).toEqual(
    others,
  );
});

test('every region where there may be a server is known', () => {
  const withServers = rows.filter(({ service }) => service === 'dcc' || service === 'deh');
  expect(withServers.length).toBeGreaterThan(20);
  expect(withServers.filter((row) => originOf(row) === undefined)).toEqual([]);
});
