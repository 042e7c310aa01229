/** The web sites of the cloud. Each has its own billing centre. */
export const sites = ['china', 'international', 'europe'] as const;

/** The web site where an account is registered. */
export type Site = (typeof sites)[number];

/** The services that the operator calls; also the first part of their host names (but for billing). */
export const services = ['billing', 'iam', 'sts', 'dcc', 'deh', 'ecs', 'cce', 'mrs', 'rds', 'cbr'] as const;

/** A service that the operator calls. */
export type Service = (typeof services)[number];

/** The origin (scheme, host and port) of every service for one account and region. */
export type Endpoints = Readonly<Record<Service, string>>;

/** One operation of a service at an address. */
export interface Lane {
  readonly service: Service;
  readonly operation: string;
  readonly origin: string;
}

/** A region, site or address that cannot be right; the message says what to write instead. */
export class EndpointError extends Error {
  override readonly name = 'EndpointError';
}

/** The billing centres, by the SDK's bss_region.py and bssintl_region.py. */
export const billingOrigins: Readonly<Record<Site, string>> = {
  china: 'https://bss.myhuaweicloud.com',
  international: 'https://bss-intl.myhuaweicloud.com',
  europe: 'https://bss.myhuaweicloud.eu',
};

/**
 * Europe has a domain of its own, for all services, by Huawei's Terraform provider (`prefixEuropeRegion` of its provider.go). The
 * region tables of the SDKs (3.1.219) agree for IAM, CCE, MRS and RDS, and have ECS, DCC and CBR under the other domain.
 */
const domainOf = (region: string): string =>
  region.startsWith('eu-west-1') ? 'myhuaweicloud.eu' : 'myhuaweicloud.com';

/** Where IAM answers for all regions of a site (huaweicloudsdkcore 3.1.219; the Terraform provider for Europe). */
export const iamOrigins: Readonly<Record<Site, string>> = {
  china: 'https://iam.myhuaweicloud.com',
  international: 'https://iam.myhuaweicloud.com',
  europe: 'https://iam.myhuaweicloud.eu',
};

/** The regions of the official ECS client (npm `@huaweicloud/huaweicloud-sdk-ecs` 3.1.172, `EcsRegion.js`). */
const knownRegions: ReadonlySet<string> = new Set(
  [
    'ae-ad-1 af-north-1 af-south-1 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4 ap-southeast-5',
    'cn-east-2 cn-east-3 cn-east-4 cn-east-5 cn-north-1 cn-north-2 cn-north-4 cn-north-9 cn-north-11 cn-north-12',
    'cn-south-1 cn-south-2 cn-south-4 cn-southwest-2 cn-southwest-3 eu-west-0 eu-west-101 la-north-2 la-south-2',
    'me-east-1 my-kualalumpur-1 na-mexico-1 ru-moscow-1 sa-brazil-1 tr-west-1',
  ].flatMap((line) => line.split(' ')),
);

/** The only regions with an address of STS (huaweicloudsdkcore 3.1.219 `endpoint.py`); each answers for all. */
const stsRegions: ReadonlySet<string> = new Set(
  [
    'cn-north-4 cn-south-1 cn-east-3 cn-southwest-2 ap-southeast-1 ap-southeast-2 ap-southeast-3 ap-southeast-4',
    'sa-brazil-1 la-south-2 af-south-1 tr-west-1',
  ].flatMap((line) => line.split(' ')),
);

/** What decides where the services of one account and region are. */
export interface EndpointChoice {
  readonly region: string;
  readonly site: Site;
  /** Addresses to use instead of the built-in ones. Plain http only for this machine. */
  readonly overrides?: Readonly<Partial<Record<Service, string>>> | undefined;
  /** Regions newer than the built-in list. */
  readonly additionalRegions?: readonly string[] | undefined;
}

/** Gives the origin of every service. Throws an `EndpointError` for an impossible region or address. */
export function endpointsOf(choice: EndpointChoice): Endpoints {
  const { region, site, overrides = {} } = choice;
  checkRegion(region, choice.additionalRegions ?? []);
  const origin = (service: Service): string => {
    const override = overrides[service];
    if (override !== undefined) return parseOrigin(service, override);
    if (service === 'billing') return billingOrigins[site];
    const home = service === 'sts' && !stsRegions.has(region) ? 'cn-north-4' : region;
    return `https://${service}.${home}.${domainOf(home)}`;
  };
  return {
    billing: origin('billing'),
    iam: origin('iam'),
    sts: origin('sts'),
    dcc: origin('dcc'),
    deh: origin('deh'),
    ecs: origin('ecs'),
    cce: origin('cce'),
    mrs: origin('mrs'),
    rds: origin('rds'),
    cbr: origin('cbr'),
  };
}

/** Throws an `EndpointError` when the text cannot be the id of any region. */
export function checkRegionId(region: string): void {
  if (/^[a-z]{2,4}-[a-z]+-[0-9]+$/.test(region)) return;
  throw new EndpointError(
    `${JSON.stringify(region)} is no region id. Write one such as cn-north-4, ap-southeast-3 or eu-west-101 (not its display name).`,
  );
}

function checkRegion(region: string, additional: readonly string[]): void {
  checkRegionId(region);
  if (knownRegions.has(region) || additional.includes(region)) return;
  throw new EndpointError(
    `Huawei Cloud has no region ${region} that this version knows. Known are ${[...knownRegions].join(', ')}; a newer one is added with the operator's flag --additional-regions.`,
  );
}

/** Throws an `EndpointError` for anything but `https://host`, or plain http on this machine. */
export function parseOrigin(service: string, address: string): string {
  const url = URL.canParse(address) ? new URL(address) : undefined;
  if (url === undefined || (url.protocol !== 'https:' && url.protocol !== 'http:')) {
    throw new EndpointError(`The endpoint of ${service} is no address such as https://host or https://host:port.`);
  }
  if (url.username !== '' || url.password !== '' || url.pathname !== '/' || url.search !== '' || url.hash !== '') {
    throw new EndpointError(`The endpoint of ${service} must be only https://host or https://host:port.`);
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) {
    throw new EndpointError(
      `The endpoint of ${service} must use https: plain http is accepted only for loopback addresses (127.0.0.1, [::1], localhost), because the credentials' token would be readable on the network.`,
    );
  }
  return url.origin;
}

function isLoopback(hostname: string): boolean {
  return hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname);
}
