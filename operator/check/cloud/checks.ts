import { type Clock, seconds } from '../../clock.ts';
import type { Access } from '../../cloud.ts';
import type { Config } from '../../config.ts';
import type { Connection } from '../../kubernetes/connection.ts';
import { skipped } from '../outcome.ts';
import { type Started, start, startAfter } from '../started.ts';
import { checkAccount } from './account.ts';
import { checkClockOffset } from './clock-offset.ts';
import { findCredentials } from './credentials.ts';
import { checkProject } from './project.ts';
import { checkSite } from './site.ts';
import { accountSources, projectSources, type Source } from './sources.ts';
import { placeOf, type Target } from './targets.ts';

export interface CloudCheckOptions {
  config: Config;
  /** Undefined when there is no API server to read Secrets from. */
  connection: Connection | undefined;
  /** Gives the way to the accounts. */
  configuration: Started<Access>;
  clock: Clock;
  signal: AbortSignal;
}

/** A person waits: a service that does not answer is told of sooner than the operator would give up. */
const deadlines = { attempt: seconds(8), call: seconds(15) };

/** Places that are looked at; each takes a few dozen calls. */
const mostTargets = 5;

/** Starts the checks of these places in the cloud, one place after the other as people read them. */
export function startCloudChecks(targets: readonly Target[], options: CloudCheckOptions): Started<unknown>[] {
  const started = targets.slice(0, mostTargets).flatMap((target) => startAt(target, options));
  const others = targets.length - mostTargets;
  if (others <= 0) return started;
  const unseen = skipped(`${others} more: name one region at a time with --check-region`);
  return [...started, start({ check: 'cloud/other-places' }, options.signal, () => unseen)];
}

/**
 * Starts the checks of one place in the cloud, in the order in which people read them. Nothing is sent before the account is
 * known to accept the key: more than five bad signatures in a row lock it for everybody.
 */
function startAt(target: Target, options: CloudCheckOptions): Started<unknown>[] {
  const { config, configuration, clock, signal } = options;
  const place = placeOf(target);
  const named = (check: string) => ({ check, place });
  const credentials = startAfter(configuration, named('cloud/credentials'), signal, (access) =>
    findCredentials(target, { ...options, access }),
  );
  const account = startAfter(credentials, named('cloud/account'), signal, ({ credentials: found, access }) => {
    const { region, projectId = found.projectId } = target;
    const opened = access.open(found, region, projectId, { deadlines });
    return checkAccount(opened, found.domainId, signal);
  });
  const site = startAfter(account, named('cloud/site'), signal, (opened) => checkSite(opened, signal));
  const offset = startAfter(account, named('cloud/clock'), signal, async (opened) => {
    // Its answer tells the time, also when it refuses.
    await site.outcome;
    return checkClockOffset(opened.billingTime(), clock.now(), config['clock-bound']);
  });
  const project = startAfter(account, named('cloud/project'), signal, (opened) => checkProject(opened, target, signal));
  const read = (before: typeof site, { check, read: of }: Source) =>
    startAfter(before, named(check), signal, (opened) => of({ account: opened, target, clock, signal }));
  return [
    credentials,
    account,
    offset,
    site,
    project,
    ...accountSources.map((source) => read(site, source)),
    startAfter(site, named('cloud/billing/order'), signal, () =>
      skipped(
        config.mode === 'ObserveOnly'
          ? '--mode ObserveOnly never orders'
          : 'the right to order cannot be tried without ordering: docs/permissions.md tells what to grant',
      ),
    ),
    ...projectSources.map((source) => read(project, source)),
  ];
}
