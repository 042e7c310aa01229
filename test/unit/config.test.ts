import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { minutes, parseDuration, seconds } from '../../operator/clock.ts';
import { ConfigError, leaseMargin, leaseTimes, readConfig, settleWindow, usage } from '../../operator/config.ts';

const read = (...args: string[]) => readConfig(args, {});

/** The message by which settings are refused. */
function refusal(args: string[], environment: Record<string, string> = {}): string {
  try {
    readConfig(args, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  throw new Error(`the settings ${args.join(' ')} were taken`);
}

function orRefused<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}

describe('the settings', () => {
  test('need not be given', () => {
    expect(read()).toEqual({
      mode: 'Place',
      site: 'china',
      endpoints: {},
      namespaces: [],
      'additional-regions': [],
      'poll-interval': minutes(1),
      'call-timeout': seconds(30),
      'signature-lifetime': minutes(15),
      'clock-bound': minutes(1),
      'order-visible-within': minutes(4),
      'look-again-after': seconds(5),
      'halt-config-map': 'dcc-operator-halt',
      'max-open-orders': 10,
      'max-orders-per-hour': 60,
      concurrency: 4,
      'health-address': '0.0.0.0:8080',
      'unready-after': seconds(210),
      'shutdown-timeout': seconds(95),
      'leader-election': 'Lease',
      'lease-duration': minutes(1),
      'lease-name': 'dcc-operator',
      'log-level': 'info',
      check: false,
      'before-uninstall': false,
      'check-output': 'table',
      'check-timeout': minutes(1),
    });
  });

  test('name an agency by its URN, or by its account and its name', () => {
    expect(read('--agency=iam::0acc:agency:retire').agency).toEqual({ kind: 'Urn', urn: 'iam::0acc:agency:retire' });
    expect(read('--agency=customer/retire').agency).toEqual({ kind: 'Named', account: 'customer', name: 'retire' });
    expect(refusal(['--agency=retire'])).toMatch(/^--agency: write the URN of an agency/);
  });

  test('are read from flags, in both ways to write them', () => {
    const config = read('--mode', 'ObserveOnly', '--site=europe', '--concurrency', '16', '--poll-interval=1h30m');
    expect(config).toMatchObject({
      mode: 'ObserveOnly',
      site: 'europe',
      concurrency: 16,
      'poll-interval': minutes(90),
    });
  });

  test('are read from the environment, which a flag overrules', () => {
    const environment = { DCC_OPERATOR_POLL_INTERVAL: '5m', DCC_OPERATOR_NAMESPACES: 'datacenter', PATH: '/bin' };
    expect(readConfig([], environment)).toMatchObject({ 'poll-interval': minutes(5), namespaces: ['datacenter'] });
    expect(readConfig(['--poll-interval', '10s'], environment)).toMatchObject({ 'poll-interval': seconds(10) });
  });

  test('are only checked with a flag that stands alone', () => {
    expect(read('--check', '--check-output', 'json', '--check-region=cn-north-4')).toMatchObject({
      check: true,
      'check-output': 'json',
      'check-region': 'cn-north-4',
    });
    expect(readConfig([], { DCC_OPERATOR_CHECK: 'true' })).toMatchObject({ check: true });
    expect(refusal(['--check-region', 'Beijing'])).toContain('write the id of a region');
  });

  test('that are refused are told one by one, also without the list of flags', () => {
    expect(() => read('--check-output=xml', '--concurrency=0')).toThrow(
      expect.objectContaining({
        faults: [expect.stringMatching(/^--concurrency: /), expect.stringMatching(/^--check-output: /)],
      }),
    );
  });

  test('take durations from a second to a day', () => {
    expect(read('--poll-interval', '1s', '--lease-duration', '24h')).toMatchObject({
      'poll-interval': seconds(1),
      'lease-duration': minutes(1_440),
    });
  });

  test('name namespaces, each once', () => {
    expect(read('--namespaces', 'team-b, team-a,team-b').namespaces).toEqual(['team-b', 'team-a']);
  });

  test('name labels, in the syntax of kubectl', () => {
    const { selector } = read('--selector', 'installation in (north, south),!legacy');
    expect(selector?.text).toBe('installation in (north, south),!legacy');
    expect(selector?.selects({ installation: 'north' })).toBe(true);
    expect(selector?.selects({ installation: 'north', legacy: '' })).toBe(false);
  });

  test('name regions that are newer than the operator', () => {
    const regions = (text: string) => read('--additional-regions', text)['additional-regions'];
    expect(regions('mars-north-1, moon-south-2')).toEqual(['mars-north-1', 'moon-south-2']);
    expect(regions('')).toEqual([]);
  });

  test('name other endpoints of the cloud, a port and a query included', () => {
    const endpoints = 'billing=https://bss.example.com:8443, ecs=https://ecs.example.com/a?b=c,*=http://127.0.0.1:9000';
    expect(read('--endpoints', endpoints).endpoints).toEqual({
      billing: 'https://bss.example.com:8443',
      ecs: 'https://ecs.example.com/a?b=c',
      '*': 'http://127.0.0.1:9000',
    });
  });
});

describe('a setting is refused, by its name and with what to write, when', () => {
  test.each<[what: string, args: string[], says: string[]]>([
    ['it does not exist', ['--dry-run'], ['--dry-run']],
    ['it is no flag at all', ['apply'], ['apply']],
    ['it lacks its value', ['--mode'], ['--mode']],
    ['the mode is unknown', ['--mode', 'Force'], ['--mode', 'ObserveOnly']],
    ['the site is unknown', ['--site', 'mars'], ['--site', 'international']],
    ['a duration is a bare number', ['--poll-interval', '30'], ['--poll-interval', '1h30m']],
    ['a duration is empty', ['--poll-interval', ''], ['--poll-interval', '1h30m']],
    ['a duration is in words', ['--poll-interval', 'long'], ['--poll-interval', '1h30m']],
    ['a duration is negative', ['--poll-interval=-5s'], ['--poll-interval', '1h30m']],
    ['the cloud would be read without a pause', ['--poll-interval', '0s'], ['--poll-interval', '1s']],
    ['a call would time out at once', ['--call-timeout', '0s'], ['--call-timeout', '1s']],
    ['a timer could not hold it', ['--poll-interval', '9999h'], ['--poll-interval', '24h']],
    ['an endpoint has no address', ['--endpoints', 'billing'], ['--endpoints', 'billing=https://host']],
    ['an endpoint has no service', ['--endpoints', '=https://host'], ['--endpoints', 'billing=https://host']],
    [
      'an endpoint is only a host and a port',
      ['--endpoints', 'billing=localhost:9000'],
      ['--endpoints', 'billing=https://host'],
    ],
    ['an endpoint is of another kind', ['--endpoints', 'billing=ftp://host'], ['--endpoints', 'billing=https://host']],
    ['no namespace is left', ['--namespaces', ''], ['--namespaces', 'no namespace', 'team-a,team-b', 'leave it out']],
    ['only commas are left', ['--namespaces', ' , '], ['--namespaces', 'no namespace', 'team-a,team-b']],
    ['a namespace is no name', ['--namespaces', 'a,Team_B'], ['--namespaces', '"Team_B"', 'team-a,team-b']],
    ['a namespace is a pattern', ['--namespaces', 'team-*'], ['--namespaces', '"team-*"', 'team-a,team-b']],
    ['a selector selects nothing', ['--selector', ''], ['--selector', 'installation=north', 'leave it out']],
    ['a selector ends with a comma', ['--selector', 'a=1,'], ['--selector', 'comma', 'installation=north']],
    ['a selector compares numbers', ['--selector', 'a>1'], ['--selector', '"a>1"', 'installation=north']],
    ['a label cannot have the value', ['--selector', 'a=b/c'], ['--selector', '"b/c"', 'installation=north']],
    ['nothing would be done', ['--concurrency', '0'], ['--concurrency']],
    ['too much would be done at once', ['--concurrency', '65'], ['--concurrency']],
    ['a number is none', ['--concurrency', 'many'], ['--concurrency']],
    ['an address has no port', ['--health-address', 'localhost'], ['--health-address', 'host:port']],
    ['the log level is unknown', ['--log-level', 'loud'], ['--log-level', 'debug']],
  ])('%s', (_, args, says) => {
    const message = refusal(args);
    const [complaint = ''] = message.split('Flags (or');
    for (const word of says) expect(complaint).toContain(word);
    expect(message).toContain('--poll-interval');
  });

  test('it stands in the environment too', () => {
    expect(refusal([], { DCC_OPERATOR_MODE: 'Force' })).toMatch(/^--mode: /);
  });

  test('several are wrong, all are named', () => {
    const message = refusal(['--mode', 'Force', '--poll-interval', 'x']);
    expect(message).toMatch(/^--mode: .*\n--poll-interval: /);
  });
});

describe.each([
  ['signature-lifetime', '15m', '899s'],
  ['clock-bound', '1m', '59s'],
  ['order-visible-within', '4m', '239s'],
] as const)('a %s of less than %s', (flag, least, less) => {
  const short = [`--${flag}`, less];

  test.each([
    ['no endpoint is named', []],
    ['only one service is on this machine', ['--endpoints', 'billing=http://127.0.0.1:1']],
    ['one service is elsewhere', ['--endpoints', '*=http://127.0.0.1:1,billing=https://bss.myhuaweicloud.com']],
    ['the address only begins like one of this machine', ['--endpoints', '*=http://127.0.0.1.example.com']],
    ['the address only has such a user', ['--endpoints', '*=http://127.0.0.1@example.com']],
  ])('is refused when %s: the real cloud could be ordered from twice', (_, endpoints) => {
    expect(refusal([...short, ...endpoints])).toMatch(
      new RegExp(`^--${flag}: may be shorter than ${least} only .*order twice`),
    );
  });

  test.each(['http://127.0.0.1:9000', 'http://localhost:9000', 'http://[::1]:9000'])(
    'is taken with the cloud at %s',
    (url) => {
      expect(read(...short, '--endpoints', `*=${url}`)[flag]).toBe(parseDuration(less));
    },
  );

  test('is the only one to be asked about: that and longer ones are taken anywhere', () => {
    for (const enough of [least, '20m']) expect(read(`--${flag}`, enough)[flag]).toBe(parseDuration(enough));
  });
});

describe('a lease', () => {
  test.each([
    ['43s', '30s', '44s'],
    ['1m', '45s', '62s'],
    ['10s', '3s', '11s'],
  ])('of %s is refused with calls of %s: one could still run when another process leads', (lease, call, enough) => {
    const said = refusal(['--lease-duration', lease, '--call-timeout', call]);
    expect(said).toMatch(new RegExp(`^--lease-duration: .*--call-timeout ${call}: .*Write ${enough} or more`));
    expect(read('--lease-duration', enough, '--call-timeout', call)).toMatchObject({ 'leader-election': 'Lease' });
  });

  test('need not outlast anything when there is no election', () => {
    const alone = read('--leader-election', 'Off', '--lease-duration', '1s', '--call-timeout', '24h');
    expect(alone['leader-election']).toBe('Off');
  });

  test('outlives a call and the margin in the moment before each renewal, and its holder gives up first', () => {
    const span = fc.integer({ min: 1, max: 3_600 });
    fc.assert(
      fc.property(span, span, (lease, call) => {
        const args = ['--lease-duration', `${lease}s`, '--call-timeout', `${call}s`];
        const config = orRefused(() => read(...args));
        fc.pre(config !== undefined);
        if (config === undefined) return;
        const { leaseDuration, renewDeadline, renewPeriod, requestTimeout, retryPeriod } = leaseTimes(config);
        expect(leaseDuration - renewPeriod).toBeGreaterThan(config['call-timeout'] + leaseMargin);
        const descending = [leaseDuration, renewDeadline, renewPeriod, requestTimeout, retryPeriod];
        expect(descending.toSorted((a, b) => b - a)).toEqual(descending);
        const twoFailed = renewPeriod + 2 * (requestTimeout + retryPeriod);
        expect(twoFailed, 'two renewals can fail').toBeLessThan(renewDeadline);
      }),
    );
  });
});

test('the settle window is longer than a signature lives, by as much as clocks may disagree and orders take to show', () => {
  expect(settleWindow(read())).toBe(minutes(20));
  const longer = ['--clock-bound', '90s', '--signature-lifetime', '20m', '--order-visible-within', '10m'];
  expect(settleWindow(read(...longer))).toBe(minutes(31.5));
});

test('the settle window is not longer than a server remembers a call whose request was let go by force', () => {
  expect(settleWindow(read('--order-visible-within', '44m'))).toBe(minutes(60));
  expect(refusal(['--order-visible-within', '45m'])).toMatch(/^--order-visible-within: .* Write 2640s or less/);
  expect(refusal(['--signature-lifetime', '2h'])).toMatch(/^--order-visible-within: .* Shorten those first/);
});

test('a duration means what it says', () => {
  const part = fc.integer({ min: 0, max: 7 });
  fc.assert(
    fc.property(part, part, fc.integer({ min: 1, max: 90 }), (h, m, s) => {
      expect(read('--poll-interval', `${h}h${m}m${s}s`)['poll-interval']).toBe(((h * 60 + m) * 60 + s) * 1_000);
    }),
  );
});

test('whatever is given, it is taken or refused by a ConfigError', () => {
  const flag = fc.constantFrom(
    '--endpoints',
    '--poll-interval',
    '--mode',
    '--concurrency',
    '--health-address',
    '--nonsense',
  );
  fc.assert(
    fc.property(flag, fc.string(), (name, value) => {
      try {
        read(`${name}=${value}`);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
      }
    }),
  );
});

test('the help names every flag and says what it does', () => {
  const flags = Object.keys(read()).concat('lease-namespace', 'kubeconfig', 'selector', 'check-region');
  for (const flag of flags) expect(usage()).toMatch(new RegExp(`--${flag} +\\w.{10,}`));
  expect(usage()).not.toContain('undefined');
});
