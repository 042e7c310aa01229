import { describe, expect, test } from 'vitest';
import { EndpointError, endpointsOf, type Site, services } from '../../../operator/huaweicloud/endpoints.ts';

test('services live in their region, the billing centre on the site of the account', () => {
  const endpoints = endpointsOf({ region: 'ap-southeast-3', site: 'international' });
  expect(endpoints.ecs).toBe('https://ecs.ap-southeast-3.myhuaweicloud.com');
  expect(endpoints.iam).toBe('https://iam.ap-southeast-3.myhuaweicloud.com');
  expect(endpoints.billing).toBe('https://bss-intl.myhuaweicloud.com');
  expect(Object.keys(endpoints).sort()).toEqual([...services].sort());
});

test.each<[Site, string]>([
  ['china', 'https://bss.myhuaweicloud.com'],
  ['international', 'https://bss-intl.myhuaweicloud.com'],
  ['europe', 'https://bss.myhuaweicloud.eu'],
])('the billing centre of %s is %s', (site, address) => {
  expect(endpointsOf({ region: 'cn-north-4', site }).billing).toBe(address);
});

test('STS is asked in its own region where it has an address there, and where the SDK asks it otherwise', () => {
  const stsOf = (region: string) => endpointsOf({ region, site: 'china' }).sts;
  expect(stsOf('ap-southeast-3')).toBe('https://sts.ap-southeast-3.myhuaweicloud.com');
  expect(stsOf('cn-north-1')).toBe('https://sts.cn-north-4.myhuaweicloud.com');
});

test('Europe has a domain of its own, for all services but STS, which has no address there', () => {
  const { sts, ...others } = endpointsOf({ region: 'eu-west-101', site: 'europe' });
  expect(Object.values(others).map((origin) => new URL(origin).hostname.split('.').at(-1))).toEqual(
    Object.keys(others).map(() => 'eu'),
  );
  expect(sts).toBe('https://sts.cn-north-4.myhuaweicloud.com');
});

describe('regions', () => {
  test.each(['CN North-Beijing4', 'cn-north', '', 'cn-north-4.evil.example', 'cn-north-4/'])(
    '%j is refused with an example of what to write',
    (region) => {
      expect(() => endpointsOf({ region, site: 'china' })).toThrow(/is no region id\. Write one such as cn-north-4/);
    },
  );

  test('a region that looks right and does not exist is refused with the ones that do', () => {
    const attempt = () => endpointsOf({ region: 'mars-north-1', site: 'china' });
    expect(attempt).toThrow(EndpointError);
    expect(attempt).toThrow(/no region mars-north-1.*cn-north-4.*--additional-regions/);
  });

  test('a region newer than this version can be added', () => {
    const endpoints = endpointsOf({ region: 'mars-north-1', site: 'china', additionalRegions: ['mars-north-1'] });
    expect(endpoints.dcc).toBe('https://dcc.mars-north-1.myhuaweicloud.com');
  });
});

describe('overrides', () => {
  const ecsAt = (ecs: string) => endpointsOf({ region: 'cn-north-4', site: 'china', overrides: { ecs } });

  test.each([
    ['https://ecs.example.com', 'https://ecs.example.com'],
    ['https://ecs.example.com:8443/', 'https://ecs.example.com:8443'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    ['http://localhost:8080', 'http://localhost:8080'],
  ])('%s is used as %s, for that service only', (address, origin) => {
    expect(ecsAt(address).ecs).toBe(origin);
    expect(ecsAt(address).cce).toBe('https://cce.cn-north-4.myhuaweicloud.com');
  });

  test.each([
    ['http://ecs.example.com', /plain http is accepted only for loopback addresses/],
    ['http://127.0.0.1.example.com', /plain http is accepted only for loopback addresses/],
    ['http://10.0.0.1', /plain http is accepted only for loopback addresses/],
    ['ecs.example.com', /is no address/],
    ['ftp://ecs.example.com', /is no address/],
    ['https://ecs.example.com/v1', /must be only https:\/\/host/],
    ['https://user:word@ecs.example.com', /must be only https:\/\/host/],
  ])('%s is refused', (address, complaint) => {
    expect(() => ecsAt(address)).toThrow(complaint);
    expect(() => ecsAt(address)).toThrow(/endpoint of ecs/);
  });
});
