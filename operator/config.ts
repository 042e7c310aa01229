import { parseArgs } from 'node:util';
import { z } from 'zod';
import { type Agency, parseAgency } from './agency.ts';
import { hours, type Milliseconds, milliseconds, minutes, parseDuration, seconds } from './clock.ts';
import { type LabelSelector, LabelSelectorError, parseLabelSelector } from './label-selector.ts';
import { refundRates } from './refund-rates.ts';

/** Within a day: with none the cloud would be asked without a pause, and the longest timer of Node is 24 days. */
const duration = z.string().transform((text, context): Milliseconds => {
  const parsed = parseDuration(text);
  if (parsed !== undefined && parsed >= seconds(1) && parsed <= hours(24)) return parsed;
  context.addIssue({ code: 'custom', message: 'write a duration such as 90s, 15m or 1h30m, from 1s to 24h' });
  return z.NEVER;
});

/** `service=url` pairs, separated by commas; the service `*` stands for all. */
const endpointOverrides = z.string().transform((text, context) => {
  const pairs = text.split(',').map((pair) => pair.trim().split(/=(.*)/s));
  for (const [service, url] of pairs) {
    if (!service || !url || !/^https?:\/\//.test(url) || !URL.canParse(url)) {
      context.addIssue({
        code: 'custom',
        message: 'write service=url pairs separated by commas, such as billing=https://host',
      });
      return z.NEVER;
    }
  }
  return Object.fromEntries(pairs.map(([service, url]) => [service ?? '', url ?? '']));
});

/** Words separated by commas. */
const words = z.string().transform((text) => text.split(',').flatMap((word) => word.trim() || []));

/** Each once. An empty list would mean all of them, and is more likely a variable that nobody filled. */
const flag = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .default(false);
const namespaces = words.check(({ value, issues }) => {
  const wrong = value.find((name) => !/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(name));
  if (value.length > 0 && wrong === undefined) return;
  const fault = wrong === undefined ? 'no namespace is named' : `"${wrong}" is no name of a namespace`;
  const message = `${fault}: write names separated by commas, such as team-a,team-b, or leave it out for all`;
  issues.push({ code: 'custom', input: value, message });
});

const labelSelector = z.string().transform((text, context): LabelSelector => {
  try {
    return parseLabelSelector(text);
  } catch (error) {
    if (!(error instanceof LabelSelectorError)) throw error;
    const example = 'write a label selector, such as installation=north or tier in (gold,silver),!legacy';
    context.addIssue({ code: 'custom', message: `${error.message}: ${example}, or leave it out for all` });
    return z.NEVER;
  }
});

const agency = z.string().transform((text, context): Agency => {
  const parsed = parseAgency(text);
  if (parsed !== undefined) return parsed;
  const message =
    'write the URN of an agency, such as iam::<account id>:agency:<name>, or <account name>/<agency name>';
  context.addIssue({ code: 'custom', message });
  return z.NEVER;
});

const address = z.string().regex(/^[^:]*:[0-9]+$/, 'write host:port, such as 0.0.0.0:8080');

const objectName = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-.a-z0-9]*[a-z0-9])?$/, 'write the name of an object, such as dcc-operator');

const regionId = z.string().regex(/^[a-z]{2,4}-[a-z]+-[0-9]+$/, 'write the id of a region, such as cn-north-4');

const positive = z.coerce.number().int('write a whole number').min(1, 'write 1 or more');

const flags = z.object({
  kubeconfig: z.string().optional().describe('kubeconfig file; in a cluster the service account is used'),
  namespaces: namespaces
    .transform((names) => [...new Set(names)])
    .default([])
    .describe('look after these namespaces only: name,...; all when omitted'),
  selector: labelSelector.optional().describe('look after objects with such labels only; all when omitted'),
  mode: z.enum(['Place', 'ObserveOnly']).default('Place').describe('ObserveOnly reports but never orders'),
  site: z
    .enum(['china', 'international', 'europe'])
    .default('china')
    .describe('site of Huawei Cloud that the account belongs to'),
  endpoints: endpointOverrides.default({}).describe('other addresses of the cloud: service=url,...; * for all'),
  agency: agency.optional().describe('agency to switch to: its URN, or <account name>/<agency name> in the older IAM'),
  'additional-regions': words.default([]).describe('regions of the cloud newer than this version: region,...'),
  'poll-interval': duration
    .default(minutes(1))
    .describe('how often the cloud is read, a tenth sooner or later by chance'),
  'look-again-after': duration
    .default(seconds(5))
    .describe('how far apart the two looks are that must agree before an order leaves or a server is let go'),
  'call-timeout': duration.default(seconds(30)).describe('how long one call to the cloud may take'),
  'signature-lifetime': duration
    .default(minutes(15))
    .describe('how long the gateway of the cloud accepts a signature; only a simulated cloud has less than 15m'),
  'clock-bound': duration.default(minutes(1)).describe('how far clocks may disagree'),
  'order-visible-within': duration
    .default(minutes(4))
    .describe('how long the cloud may take until it shows an order whose call it let through'),
  'halt-config-map': objectName
    .default('dcc-operator-halt')
    .describe('ConfigMap that stops all ordering while it exists, in the namespace of the Lease'),
  'max-open-orders': positive.default(10).describe('how many orders may be open at a time'),
  'max-orders-per-hour': positive.default(60).describe('how many orders may be placed within an hour'),
  'refund-rates': refundRates
    .optional()
    .describe("what the cloud keeps of a refund, as JSON: the table of the account's site or contract"),
  concurrency: z.coerce.number().int().min(1).max(64).default(4).describe('objects reconciled at once'),
  'health-address': address
    .default('0.0.0.0:8080')
    .describe('where /livez, /readyz, /metrics and /debug/state are served'),
  // As `longestInactivity` of kubernetes/health-checks.ts, which tells where it comes from.
  'unready-after': duration
    .default(seconds(210))
    .describe('how long the API server may be silent while /readyz passes'),
  'shutdown-timeout': duration
    // A call that was sent takes up to 30 s, and to write down what became of it up to 60 s.
    .default(seconds(95))
    .describe("how long passes may go on after SIGTERM; keep it 20s below the pod's terminationGracePeriodSeconds"),
  'leader-election': z
    .enum(['Lease', 'Off'])
    .default('Lease')
    .describe('Off only for one process alone, such as on your own machine'),
  'lease-duration': duration
    .default(minutes(1))
    .describe('how long a leader may be silent before another process leads'),
  'lease-name': objectName.default('dcc-operator').describe('the Lease that the processes of one installation share'),
  'lease-namespace': objectName.optional().describe("where the Lease is; the pod's, else the kubeconfig's namespace"),
  'log-level': z
    .enum(['debug', 'info', 'warn', 'error'])
    .default('info')
    .describe('least level that is logged; the audit lines are always'),
  'before-uninstall': flag.describe(
    'say whether a call is open that nobody would follow without the operator, and end',
  ),
  check: flag.describe(
    'verify settings, rights and credentials by reading alone, print a table, and end: with 0, or with 1 when one failed',
  ),
  'check-output': z.enum(['table', 'json']).default('table').describe('how --check prints what it found'),
  'check-region': regionId.optional().describe('region that --check looks at; those of the DCCServers when omitted'),
  'check-timeout': duration.default(minutes(1)).describe('how long --check may take'),
});

/** Flags that stand alone: naming them is `true`. */
const switches: readonly string[] = ['check', 'before-uninstall'];

export type Config = z.output<typeof flags>;

/** Of these the settle window is made: with less than the defaults a lost call could be sent again while it may still take effect. */
const leastInMinutes = [
  ['signature-lifetime', 15, 'the real gateway accepts a signature for 15 minutes'],
  ['clock-bound', 1, 'clocks of the cloud and of this machine may disagree'],
  ['order-visible-within', 4, 'the real cloud promises nothing of how soon an order shows'],
] as const;

const schema = flags.check(
  ({ value, issues }) => {
    if (isOnlyLoopback(value.endpoints)) return;
    for (const [flag, least, because] of leastInMinutes) {
      const input = value[flag];
      if (input >= minutes(least)) continue;
      const message = `may be shorter than ${least}m only when every endpoint is a loopback address (*=http://127.0.0.1:port): ${because}, and a shorter window could order twice`;
      issues.push({ code: 'custom', path: [flag], input, message });
    }
  },
  checkLeaseDuration,
  checkSettleWindow,
);

/** An order may leave only while the lease outlives its call, and it must be able to in the moment before each renewal. */
function checkLeaseDuration({ value, issues }: z.core.ParsePayload<Config>): void {
  const { 'leader-election': election, 'lease-duration': lease, 'call-timeout': call } = value;
  const { leaseDuration, renewPeriod } = leaseTimes(value);
  if (election === 'Off' || leaseDuration - renewPeriod >= call + leaseMargin + seconds(1)) return;
  const needed = Math.ceil(((call + leaseMargin) / 1_000 + 1) * (6 / 5));
  const message = `is too short for --call-timeout ${call / 1_000}s: a call must end before another process may lead. Write ${needed}s or more, or a shorter --call-timeout`;
  issues.push({ code: 'custom', path: ['lease-duration'], input: lease, message });
}

/** Not shorter than the settle window: afterwards a call that nobody follows any more is dead, and its order shows (`mayTakeEffect` in `api/dccserver.ts`). */
export const callsDeadAfter = hours(1);

function checkSettleWindow({ value, issues }: z.core.ParsePayload<Config>): void {
  const tooLong = settleWindow(value) - callsDeadAfter;
  if (tooLong <= 0) return;
  const input = value['order-visible-within'];
  const most = Math.floor((input - tooLong) / 1_000);
  const way = most > 0 ? `Write ${most}s or less` : 'Shorten those first';
  const message = `makes more than an hour together with --signature-lifetime and --clock-bound: for an hour a server remembers a call whose request was let go by force. ${way}`;
  issues.push({ code: 'custom', path: ['order-visible-within'], input, message });
}

function isOnlyLoopback(endpoints: Record<string, string>): boolean {
  const loopback = ['127.0.0.1', 'localhost', '[::1]'];
  return '*' in endpoints && Object.values(endpoints).every((url) => loopback.includes(new URL(url).hostname));
}

/** Thrown for settings that cannot be used; the message names each flag, its fault, and what to write instead. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  /** One a setting, without the list of all flags. */
  readonly faults: readonly string[];

  constructor(faults: readonly string[]) {
    super(`${faults.join('\n')}\n${usage()}`);
    this.faults = faults;
  }
}

/**
 * Reads the settings: a flag `--poll-interval 30s`, else the variable `DCC_OPERATOR_POLL_INTERVAL`, else the default.
 * Throws `ConfigError`.
 */
export function readConfig(args: string[], environment: Record<string, string | undefined>): Config {
  const names = Object.keys(flags.shape);
  const fromFlags = parseFlags(args, names);
  const variable = (name: string) => environment[`DCC_OPERATOR_${name.toUpperCase().replaceAll('-', '_')}`];
  const values = Object.fromEntries(names.map((name) => [name, fromFlags[name] ?? variable(name)]));
  const result = schema.safeParse(values);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `--${path.join('.')}: ${message}`);
  throw new ConfigError(faults);
}

function parseFlags(args: string[], names: string[]): Record<string, string | undefined> {
  const options = Object.fromEntries(names.map((name) => [name, { type: typeOf(name) }]));
  try {
    const { values } = parseArgs({ args, options, strict: true, allowPositionals: false });
    return Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
  } catch (error) {
    throw new ConfigError([error instanceof Error ? error.message : String(error)]);
  }
}

const typeOf = (name: string): 'boolean' | 'string' => (switches.includes(name) ? 'boolean' : 'string');

/** The flags with what each does, for people. */
export function usage(): string {
  const lines = Object.entries(flags.shape).map(([name, flag]) => `  --${name.padEnd(22)}${flag.description}`);
  return ['Flags (or DCC_OPERATOR_<FLAG> in the environment):', ...lines].join('\n');
}

/**
 * How long a call whose answer was lost is watched before it is settled by what is not there: by then its signature is dead, and
 * an order that it made in its last moment shows. The cloud promises nothing of how soon that is.
 */
export function settleWindow(config: Config): Milliseconds {
  return milliseconds(config['signature-lifetime'] + config['clock-bound'] + config['order-visible-within']);
}

/** How much longer than a call the lease must last when it is sent: for the pace of clocks, and for what holds a process up. */
export const leaseMargin = seconds(5);

/**
 * The times of the election: the leader gives up at the third renewal that fails, well before another process may lead. A
 * request may take long: one that is cut costs a new connection, which a busy machine is slow to make.
 */
export function leaseTimes({ 'lease-duration': leaseDuration }: Pick<Config, 'lease-duration'>) {
  return {
    leaseDuration,
    renewDeadline: milliseconds((leaseDuration * 2) / 3),
    renewPeriod: milliseconds(leaseDuration / 6),
    requestTimeout: milliseconds(leaseDuration / 6),
    retryPeriod: milliseconds(leaseDuration / 30),
  };
}
