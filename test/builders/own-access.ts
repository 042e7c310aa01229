import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { onTestFinished } from 'vitest';
import { type Agency, parseAgency } from '../../operator/agency.ts';
import { type Milliseconds, seconds } from '../../operator/clock.ts';
import { openAccount } from '../../operator/huaweicloud/account.ts';
import { CredentialsError, type CredentialsValues } from '../../operator/huaweicloud/credentials.ts';
import { services } from '../../operator/huaweicloud/endpoints.ts';
import { createTrafficControl, type TrafficControl } from '../../operator/huaweicloud/traffic.ts';
import { openTransport } from '../../operator/huaweicloud/transport.ts';
import { type OwnAccess, openOwnAccess } from '../../operator/own-credentials.ts';
import { createLog } from '../../operator/telemetry/log.ts';
import { aWorld, seeded } from '../huaweicloud/seed.ts';
import { type HuaweiCloud, startHuaweiCloud } from '../huaweicloud/server.ts';
import type { World } from '../huaweicloud/world/world.ts';
import { createVirtualClock, type VirtualClock } from '../virtual-clock.ts';
import { idToken, trustedProvider } from './id-token.ts';

/** The account of the operator trusts the tokens of its cluster with this agency. */
export const agencyUrn = 'iam::0acc0000000000000000000000000001:agency:operator';
/** Another account, and its agency that trusts the account of the operator. */
export const customer = {
  domainId: '0acc0000000000000000000000000002',
  name: 'customer',
  agencies: [
    {
      urn: 'iam::0acc0000000000000000000000000002:agency:retire',
      name: 'retire',
      trusts: ['0acc0000000000000000000000000001'],
    },
  ],
};

/** Where an operator runs: its files, its clock, and a simulated cloud that runs on the same clock. */
export interface Place extends Pick<HuaweiCloud, 'counts' | 'faults'> {
  readonly clock: VirtualClock;
  readonly world: World;
  readonly url: string;
  /** Writes a file and gives its path. */
  write(name: string, text: string): Promise<string>;
  /** A file that holds a good id token now. */
  writeIdToken(claims?: object): Promise<string>;
  /** Starts with these variables, as the operator does. */
  start(environment: CredentialsValues, agency?: string): Started;
}

export interface Started {
  readonly access: OwnAccess;
  /** The id of the account that its credentials belong to, as the cloud says when they sign a call; or the error in words. */
  account(): Promise<string>;
  /** Everything that it wrote to its log. */
  readonly log: readonly string[];
  /** What IAM and STS are called by. */
  readonly traffic: TrafficControl;
  /** All that anybody could see of it: the log, its state, and the whole of it as an inspection shows it. */
  everythingShown(): string;
}

export interface PlaceOptions {
  /** How far the clock here is behind that of the cloud. */
  cloudAhead?: Milliseconds;
  /** When both clocks begin. */
  startAt?: Date;
}

export async function aPlace({ cloudAhead = seconds(0), startAt }: PlaceOptions = {}): Promise<Place> {
  const clock = createVirtualClock(startAt);
  const cloudClock = { ...clock, now: () => new Date(clock.now().getTime() + cloudAhead) };
  const directory = await mkdtemp(join(tmpdir(), 'credentials-'));
  const account = { identityProviders: [trustedProvider], agencyUrns: [agencyUrn] };
  const world = aWorld(clock.now(), account).build();
  const [own] = world.accounts;
  if (own !== undefined)
    world.accounts.push({ ...own, ...customer, accessKeys: [], identityProviders: [], agencyUrns: [] });
  const cloud = await startHuaweiCloud({ world, clock: cloudClock });
  onTestFinished(async () => {
    await cloud.stop();
    await rm(directory, { recursive: true });
  });
  const write = async (name: string, text: string) => {
    const path = join(directory, name);
    await writeFile(path, text);
    return path;
  };
  return {
    ...{ clock, world, url: cloud.url, counts: cloud.counts, faults: cloud.faults, write },
    writeIdToken: (claims) => write('id-token', `${idToken(clock.now(), claims)}\n`),
    start: (environment, agency) => start({ HOME: directory, ...environment }, agencyOf(agency), cloud.url, clock),
  };
}

function start(environment: CredentialsValues, agency: Agency | undefined, url: string, clock: VirtualClock): Started {
  const transport = openTransport();
  onTestFinished(() => transport.close());
  const log: string[] = [];
  const traffic = createTrafficControl(clock);
  const access = openOwnAccess({
    ...{ environment, transport, direct: transport, clock },
    config: { agency, endpoints: { metadata: url }, site: 'china' },
    endpoints: { iam: url, sts: url },
    observe: () => {},
    traffic: traffic.of('own'),
    log: createLog('debug', { write: (line) => log.push(line) }),
  });
  return {
    ...{ access, log },
    account: async () => {
      try {
        const { provider } = access.credentials();
        const endpoints = Object.fromEntries(services.map((service) => [service, url]));
        const { region } = seeded;
        return await openAccount({
          credentials: provider,
          region,
          site: 'china',
          endpoints,
          transport,
          clock,
        }).domainId();
      } catch (error) {
        return error instanceof CredentialsError ? `${error.message} ${error.remedy}` : String(error);
      }
    },
    traffic,
    everythingShown: () =>
      `${log.join('')}${JSON.stringify(access.state())}${inspect(access, { depth: 9 })}${seen(access)}`,
  };
}

function seen(access: OwnAccess): string {
  const own = access.credentials();
  return `${inspect(own, { depth: 9, showHidden: true })}${JSON.stringify(own)}`;
}

function agencyOf(text: string | undefined): Agency | undefined {
  const agency = text === undefined ? undefined : parseAgency(text);
  if (text !== undefined && agency === undefined) throw new Error(`${text} is no agency`);
  return agency;
}
