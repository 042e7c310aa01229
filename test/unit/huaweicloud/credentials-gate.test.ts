import { beforeEach, describe, expect, test } from 'vitest';
import { minutes, seconds } from '../../../operator/clock.ts';
import { staticCredentials } from '../../../operator/huaweicloud/credentials.ts';
import {
  type CredentialsGate,
  createCredentialsGate,
  createCredentialsGates,
} from '../../../operator/huaweicloud/credentials-gate.ts';
import { CloudError, type CloudErrorClass } from '../../../operator/huaweicloud/errors.ts';
import { createVirtualClock, type VirtualClock } from '../../virtual-clock.ts';

let clock: VirtualClock;
let gate: CredentialsGate;
let calls: number;
beforeEach(() => {
  clock = createVirtualClock();
  gate = createCredentialsGate(clock);
  calls = 0;
});

const failing =
  (errorClass: CloudErrorClass, code = 'APIGW.0301') =>
  async () => {
    calls += 1;
    throw new CloudError({ class: errorClass, code, operation: 'iam.Any', message: 'no' });
  };
const refused = failing('Credentials');
const succeeding = async () => {
  calls += 1;
  return 'answer';
};
const outcomeOf = (call: () => Promise<string>) => gate.pass(call).catch((error: CloudError) => error.class);

describe('a key that the cloud refuses', () => {
  test('is not tried again at once, whatever is asked for', async () => {
    expect(await outcomeOf(refused)).toBe('Credentials');
    expect(await Promise.all([outcomeOf(succeeding), outcomeOf(refused)])).toEqual(['Credentials', 'Credentials']);
    expect(calls).toBe(1);
  });

  test('is tried by one call alone when the pause is over', async () => {
    await outcomeOf(refused);
    await clock.advance(minutes(1));
    await Promise.all([outcomeOf(refused), outcomeOf(refused), outcomeOf(refused)]);
    expect(calls).toBe(2);
  });

  test('is tried at most five times in twenty minutes: a sixth failure would lock it', async () => {
    for (let passed = 0; passed < minutes(20); passed += seconds(1)) {
      await outcomeOf(refused);
      await clock.advance(seconds(1));
    }
    expect(calls).toBe(5);
  });

  test('is tried once a quarter of an hour in the long run, because its account may have been frozen', async () => {
    for (let passed = 0; passed < minutes(120); passed += seconds(10)) {
      await outcomeOf(refused);
      await clock.advance(seconds(10));
    }
    const before = calls;
    for (let passed = 0; passed < minutes(60); passed += seconds(10)) {
      await outcomeOf(refused);
      await clock.advance(seconds(10));
    }
    expect(calls - before).toBe(4);
  });

  test('works again at once after the first success, and its next refusal counts as the first', async () => {
    await outcomeOf(refused);
    await clock.advance(minutes(1));
    expect(await outcomeOf(succeeding)).toBe('answer');
    expect(await outcomeOf(refused)).toBe('Credentials');
    await clock.advance(minutes(1));
    expect(await outcomeOf(succeeding)).toBe('answer');
  });

  test('is not asked for by calls that go on while one of them is refused', async () => {
    await outcomeOf(succeeding);
    await Promise.all(Array.from({ length: 12 }, () => outcomeOf(refused)));
    await clock.advance(minutes(1));
    expect(await outcomeOf(succeeding), 'twelve refusals at once count as one').toBe('answer');
  });
});

test('a key that may be replaced is told of its refusals, and of nothing else', async () => {
  let told = 0;
  gate = createCredentialsGate(clock, () => (told += 1));
  await outcomeOf(succeeding);
  await outcomeOf(failing('Throttled'));
  expect(told).toBe(0);
  await outcomeOf(refused);
  await outcomeOf(refused);
  expect(told, 'the second was not sent').toBe(1);
});

test('the gate of a key that may be replaced tells whom the key came from', async () => {
  let told = 0;
  const { provider } = staticCredentials({ HUAWEICLOUD_SDK_AK: 'AK', HUAWEICLOUD_SDK_SK: 'SK' });
  const temporary = {
    provider,
    fingerprint: 'own',
    projectId: undefined,
    domainId: undefined,
    renew: () => (told += 1),
  };
  gate = createCredentialsGates(clock)(temporary);
  await outcomeOf(refused);
  expect(told).toBe(1);
});

describe('while it is not known whether the cloud accepts the key', () => {
  const many = (call: () => Promise<string>) => Promise.all(Array.from({ length: 12 }, () => outcomeOf(call)));

  test('one call finds out, and a refusal holds for all that waited', async () => {
    expect(new Set(await many(refused))).toEqual(new Set(['Credentials']));
    expect(calls).toBe(1);
  });

  test('one call finds out, and all that waited go on when it is accepted', async () => {
    let under = 0;
    let most = 0;
    const call = async () => {
      under += 1;
      if (calls === 0) most = Math.max(most, under);
      await clock.settle();
      under -= 1;
      return succeeding();
    };
    expect(new Set(await many(call))).toEqual(new Set(['answer']));
    expect([calls, most]).toEqual([12, 1]);
  });

  test('those that waited do not wait one after the other when nothing answers', async () => {
    const silent = async () => {
      await clock.sleep(seconds(60));
      return failing('Unreachable')();
    };
    const outcomes = many(silent);
    await clock.advance(seconds(120));
    expect(new Set(await outcomes)).toEqual(new Set(['Unreachable']));
    expect(calls).toBe(12);
  });
});

test.each([
  ['Permission', 'CBC.0151'],
  ['Unreachable', 'Unreachable'],
  ['Credentials', 'APIGW.0303'],
] as const)('a failure of class %s (%s) says nothing against the key', async (errorClass, code) => {
  expect(await outcomeOf(failing(errorClass, code))).toBe(errorClass);
  expect(await outcomeOf(succeeding)).toBe('answer');
});

describe('the gates of all keys', () => {
  const key = (secret: string, accessKey = 'AK') =>
    staticCredentials({ HUAWEICLOUD_SDK_AK: accessKey, HUAWEICLOUD_SDK_SK: secret });

  test('know a refused key again, whichever Secret it comes from', async () => {
    const gateOf = createCredentialsGates(clock);
    for (let secret = 0; secret < 6; secret += 1) {
      gate = gateOf(key('wrong'));
      expect(await outcomeOf(refused)).toBe('Credentials');
    }
    expect(calls).toBe(1);
  });

  test('let a key with a corrected secret through at once', async () => {
    const gateOf = createCredentialsGates(clock);
    gate = gateOf(key('wrong'));
    await outcomeOf(refused);
    gate = gateOf(key('right'));
    expect(await outcomeOf(succeeding)).toBe('answer');
  });

  test('forget the key that was not used for longest, when there are more than a thousand', () => {
    const gateOf = createCredentialsGates(clock);
    const [first, second] = [gateOf(key('s', 'first')), gateOf(key('s', 'second'))];
    for (let other = 0; other < 998; other += 1) gateOf(key('s', `other-${other}`));
    expect(gateOf(key('s', 'first'))).toBe(first);
    gateOf(key('s', 'one-more'));
    expect(gateOf(key('s', 'first'))).toBe(first);
    expect(gateOf(key('s', 'second'))).not.toBe(second);
  });
});
