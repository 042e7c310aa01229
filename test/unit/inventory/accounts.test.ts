import { beforeEach, describe, expect, test } from 'vitest';
import { hours, minutes, seconds } from '../../../operator/clock.ts';
import { openAccount } from '../../../operator/huaweicloud/account.ts';
import { CredentialsError, staticCredentials } from '../../../operator/huaweicloud/credentials.ts';
import { openTransport } from '../../../operator/huaweicloud/transport.ts';
import { type CredentialsRecord, createAccounts } from '../../../operator/inventory/accounts.ts';
import { aServer } from '../../builders/dccserver.ts';
import { createVirtualClock, type VirtualClock } from '../../virtual-clock.ts';

const key = { HUAWEICLOUD_SDK_AK: 'AK', HUAWEICLOUD_SDK_SK: 'SK' };
const record = (version: string, values: CredentialsRecord['values'] = key): CredentialsRecord => ({
  version,
  values,
  remedy: `Correct ${version}.`,
});

let clock: VirtualClock;
let read: string[];
let opened: string[];
/** What a Secret says now. */
let secret: () => Promise<CredentialsRecord>;
beforeEach(() => {
  clock = createVirtualClock();
  read = [];
  opened = [];
  secret = async () => record('1');
});

/** The accounts, with every Secret that is read and every account that is opened noted. */
function accounts(own: CredentialsRecord['values'] = key) {
  const transport = openTransport();
  const found = createAccounts({
    source: {
      own: () => staticCredentials(own, 'Correct environment.'),
      secret: (namespace, name) => {
        read.push(`${namespace}/${name}`);
        return secret();
      },
    },
    clock,
    secretsFreshFor: minutes(1),
    open: (credentials, region, projectId) => {
      opened.push(region);
      return openAccount({ credentials: credentials.provider, region, projectId, site: 'china', transport, clock });
    },
  });
  const going = new AbortController().signal;
  return (name: string, secretName?: string, signal = going, region = 'cn-north-4') => {
    const credentialsSecretRef = secretName === undefined ? {} : { credentialsSecretRef: { name: secretName } };
    return found.accountOf(aServer(name, { spec: { region, ...credentialsSecretRef } }), signal);
  };
}

describe('a Secret', () => {
  test('is read once for all servers that name it, however they come, and again when a minute has passed', async () => {
    const accountOf = accounts();
    const [first, second] = await Promise.all([accountOf('a', 'key'), accountOf('b', 'key')]);
    await clock.advance(seconds(59));
    expect(await accountOf('c', 'key')).toEqual(first);
    expect(second).toEqual(first);
    expect(read).toEqual(['datacenter/key']);
    await clock.advance(seconds(1));
    await accountOf('c', 'key');
    expect(read).toEqual(['datacenter/key', 'datacenter/key']);
    expect(opened).toHaveLength(1);
  });

  test('of another name is another Secret', async () => {
    const accountOf = accounts();
    await Promise.all([accountOf('a', 'key'), accountOf('b', 'other')]);
    expect(read).toEqual(['datacenter/key', 'datacenter/other']);
  });

  test('that changed leads to an account that is opened anew', async () => {
    const accountOf = accounts();
    await accountOf('a', 'key');
    secret = async () => record('2');
    await clock.advance(minutes(1));
    await accountOf('a', 'key');
    expect(opened).toHaveLength(2);
  });

  test('that cannot be read is read again by the next who asks', async () => {
    const accountOf = accounts();
    secret = async () => {
      throw new CredentialsError('The Secret key does not exist.', 'Make it.');
    };
    expect(await accountOf('a', 'key')).toMatchObject({ failure: { cause: 'Credentials', remedy: 'Make it.' } });
    secret = async () => record('1');
    expect(await accountOf('a', 'key')).toMatchObject({ kind: 'Read' });
  });

  test('keeps nobody who no longer waits, and answers the others', async () => {
    const accountOf = accounts();
    const slow = Promise.withResolvers<CredentialsRecord>();
    secret = () => slow.promise;
    const stop = new AbortController();
    const stopped = accountOf('a', 'key', stop.signal);
    const patient = accountOf('b', 'key');
    stop.abort(new Error('the operator stops'));
    await expect(stopped).rejects.toThrow('the operator stops');
    slow.resolve(record('1'));
    expect(await patient).toMatchObject({ kind: 'Read' });
  });

  test('that nobody has asked for in an hour is forgotten, and so is its account', async () => {
    const accountOf = accounts();
    const first = await accountOf('a', 'key');
    await clock.advance(hours(1));
    expect(await accountOf('a', 'key')).toEqual(first);
    expect(opened).toHaveLength(1);
    await clock.advance(hours(1) + 1);
    await accountOf('other');
    await accountOf('a', 'key');
    expect(opened).toHaveLength(3);
  });
});

test('servers of one region and project share the account of the operator itself', async () => {
  const accountOf = accounts();
  const going = new AbortController().signal;
  await accountOf('a');
  await accountOf('b');
  await accountOf('c', undefined, going, 'cn-south-1');
  expect(opened).toEqual(['cn-north-4', 'cn-south-1']);
  expect(read).toEqual([]);
});

test('who has to correct credentials is told where they are', async () => {
  secret = async () => record('the Secret', {});
  const accountOf = accounts({});
  expect(await accountOf('a')).toMatchObject({ failure: { remedy: 'Correct environment.' } });
  expect(await accountOf('a', 'key')).toMatchObject({ failure: { remedy: 'Correct the Secret.' } });
});
