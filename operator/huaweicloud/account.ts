import { type Clock, type Random, systemClock, untilAborted } from '../clock.ts';
import { type Billing, createBilling } from './billing.ts';
import { type CallContext, readerOf, type Scope } from './calls.ts';
import { type Cbr, createCbr } from './cbr.ts';
import { type Cce, createCce } from './cce.ts';
import { type CloudTime, createCloudClock } from './cloud-clock.ts';
import { CredentialsError, type CredentialsProvider } from './credentials.ts';
import { type CredentialsGate, createCredentialsGate } from './credentials-gate.ts';
import { createDcc, type Dcc } from './dcc.ts';
import { createDeh, type Deh } from './deh.ts';
import { createEcs, type Ecs } from './ecs.ts';
import { endpointsOf, type Service, type Site } from './endpoints.ts';
import { createIam, type Iam } from './iam.ts';
import { createMrs, type Mrs } from './mrs.ts';
import { type OrderChannel, openOrderChannel } from './order-channel.ts';
import { createRds, type Rds } from './rds.ts';
import type { ObserveRequest } from './request-metrics.ts';
import { type Deadlines, defaultDeadlines } from './retries.ts';
import { createSiteFinder, namingTheSite } from './site-detection.ts';
import { createSts } from './sts.ts';
import { freeTraffic, type Traffic } from './traffic.ts';
import type { Transport } from './transport.ts';

/** What an account is opened with. */
export interface AccountOptions {
  readonly credentials: CredentialsProvider;
  /** What all accounts with the same credentials share; one of its own when left out. */
  readonly gate?: CredentialsGate | undefined;
  readonly region: string;
  readonly site: Site;
  /** The pool that all accounts share; its owner closes it. */
  readonly transport: Transport;
  /** Looked up by the region's name when left out. */
  readonly projectId?: string | undefined;
  /** Looked up from the credentials when left out. */
  readonly domainId?: string | undefined;
  /** Addresses to use instead of the built-in ones. */
  readonly endpoints?: Readonly<Partial<Record<Service, string>>> | undefined;
  /** Regions newer than the built-in list. */
  readonly additionalRegions?: readonly string[] | undefined;
  readonly clock?: Clock | undefined;
  readonly random?: Random | undefined;
  readonly observe?: ObserveRequest | undefined;
  readonly deadlines?: Deadlines | undefined;
  /** The rates and circuits that its calls go by; when left out they are sent as they come. */
  readonly traffic?: Traffic | undefined;
}

/** One account in one region and project: its services, reads only. */
export interface HuaweiAccount {
  readonly region: string;
  readonly site: Site;
  /** The project of the calls; looked up once, a failure is not remembered. */
  projectId(signal?: AbortSignal): Promise<string>;
  /** The account's domain id; looked up once, a failure is not remembered. */
  domainId(signal?: AbortSignal): Promise<string>;
  /** The domain id of whom the keys belong to now: they may be exchanged in place for those of another account. Looked up once for each key. */
  keyOwner(signal?: AbortSignal): Promise<string>;
  /** The billing centre's time now: what signatures are dated with, and what their age is measured by. */
  billingTime(): CloudTime;
  readonly iam: Iam;
  readonly billing: Billing;
  readonly dcc: Dcc;
  readonly deh: Deh;
  readonly ecs: Ecs;
  readonly cce: Cce;
  readonly mrs: Mrs;
  readonly rds: Rds;
  readonly cbr: Cbr;
  /** For `billing-unsubscribe.ts`; nothing else can use it. */
  readonly orderChannel: OrderChannel;
}

/** Opens an account; sends nothing. Throws an `EndpointError` for an impossible region or address. */
export function openAccount(options: AccountOptions): HuaweiAccount {
  const { region, site } = options;
  const clock = options.clock ?? systemClock;
  const context: CallContext = {
    credentials: options.credentials,
    gate: options.gate ?? createCredentialsGate(clock),
    endpoints: endpointsOf({
      region,
      site,
      overrides: options.endpoints,
      additionalRegions: options.additionalRegions,
    }),
    transport: options.transport,
    cloudClock: createCloudClock(clock),
    clock,
    random: options.random ?? Math.random,
    observe: options.observe ?? (() => {}),
    deadlines: options.deadlines ?? defaultDeadlines,
    traffic: options.traffic ?? freeTraffic,
  };
  const iam = createIam(readerOf(context, 'iam', undefined), createSts(readerOf(context, 'sts', undefined)));
  const projectId = lookedUpOnce(options.projectId, () => iam.projectOfRegion(region));
  const domainId = lookedUpOnce(options.domainId, async () => (await iam.domain()).id);
  const keyOwner = lookedUpForEachKey(options.credentials, async () => (await iam.domain()).id);
  const project: Scope = { header: 'x-project-id', id: projectId };
  const domain: Scope = { header: 'x-domain-id', id: domainId };
  const billing = readerOf(context, 'billing', domain);
  // An address that was set says nothing of where the other sites are.
  const isSet = options.endpoints?.billing !== undefined;
  return {
    region,
    site,
    projectId,
    domainId,
    keyOwner,
    billingTime: () => context.cloudClock.now(context.endpoints.billing),
    iam,
    billing: createBilling(isSet ? billing : namingTheSite(billing, createSiteFinder(context, site, domain))),
    dcc: createDcc(readerOf(context, 'dcc', project)),
    deh: createDeh(readerOf(context, 'deh', project)),
    ecs: createEcs(readerOf(context, 'ecs', project)),
    cce: createCce(readerOf(context, 'cce', project)),
    mrs: createMrs(readerOf(context, 'mrs', project)),
    rds: createRds(readerOf(context, 'rds', project)),
    cbr: createCbr(readerOf(context, 'cbr', project)),
    orderChannel: openOrderChannel({ context, domain }),
  };
}

/**
 * Shares one look-up between all who ask, and remembers its success only. The look-up has its own deadline; a caller's
 * signal ends that caller's wait, not the look-up that others wait for.
 */
function lookedUpOnce(known: string | undefined, lookUp: () => Promise<string>) {
  let shared = known === undefined ? undefined : Promise.resolve(known);
  return async (signal?: AbortSignal): Promise<string> => {
    signal?.throwIfAborted();
    shared ??= lookUp().catch((error: unknown) => {
      shared = undefined;
      throw error;
    });
    return await untilAborted(shared, signal);
  };
}

/**
 * The same for whatever belongs to the key that the next request is signed with. A key that was exchanged while it was looked up has
 * signed the look-up or has not: that is not remembered.
 */
function lookedUpForEachKey(credentials: CredentialsProvider, lookUp: () => Promise<string>) {
  let known: { accessKey: string; owner: ReturnType<typeof lookedUpOnce> } | undefined;
  return async (signal?: AbortSignal): Promise<string> => {
    const { accessKey } = await credentials(signal);
    if (known?.accessKey !== accessKey) known = { accessKey, owner: lookedUpOnce(undefined, lookUp) };
    const asked = known;
    const owner = await asked.owner(signal);
    const { accessKey: after } = await credentials(signal);
    if (after === accessKey) return owner;
    if (known === asked) known = undefined;
    throw new CredentialsError(
      'the keys were exchanged while it was asked whose they are',
      'It is asked again by itself.',
    );
  };
}
