import { describe, expect, test } from 'vitest';
import { CredentialsError } from '../../../operator/huaweicloud/credentials.ts';
import { EndpointError } from '../../../operator/huaweicloud/endpoints.ts';
import { CloudError, type CloudErrorClass } from '../../../operator/huaweicloud/errors.ts';
import { inWords } from '../../../operator/inventory/drain-conditions.ts';
import { combine, failureOf, reading } from '../../../operator/inventory/reading.ts';
import { read, unreadable } from '../../builders/observation.ts';
import { faultsIn } from '../../builders/sentences.ts';

const cloudError = (errorClass: CloudErrorClass) =>
  new CloudError({ class: errorClass, code: 'X.1', operation: 'ecs.ListServers', message: 'something is wrong' });

describe('a read', () => {
  test('gives what was read, also when it is empty', async () => {
    expect(await reading('ECS', async () => [])).toEqual(read([]));
  });

  test('that fails is unreadable, never empty', async () => {
    const failed = await reading('ECS servers', async () => {
      throw cloudError('Unreachable');
    });
    expect(failed).toMatchObject({
      kind: 'Unreadable',
      failure: { source: 'ECS servers', cause: 'Unavailable', remedy: expect.stringMatching(/[.]$/) },
    });
  });

  test('that was aborted by its owner is no reading at all', async () => {
    const stop = new AbortController();
    stop.abort(new Error('the operator stops'));
    const aborted = reading('ECS', () => Promise.reject(new Error('aborted')), stop.signal);
    await expect(aborted).rejects.toThrow('the operator stops');
  });
});

describe('a failure', () => {
  test.each<[CloudErrorClass, string]>([
    ['Credentials', 'Credentials'],
    ['WrongSite', 'WrongSite'],
    ['FrozenAccount', 'AccountFrozen'],
    ['Permission', 'Permission'],
    ['Unparsable', 'Unparsable'],
    ['NotFound', 'Configuration'],
    ['Throttled', 'Unavailable'],
    ['Unreachable', 'Unavailable'],
    ['Ambiguous', 'Unavailable'],
  ])('of the class %s has the cause %s', (errorClass, cause) => {
    const failure = failureOf('ECS', cloudError(errorClass));
    expect(failure).toMatchObject({ source: 'ECS', cause, message: expect.stringContaining('something is wrong') });
    expect(failure.message).toMatch(/[^.][.]$/);
    expect(failure.remedy).toMatch(/[.]$/);
  });

  test.each<[string, Error, string]>([
    ['credentials', new CredentialsError('The credentials cannot be used.', 'Correct them.'), 'Credentials'],
    ['an address', new EndpointError('There is no such region.'), 'Configuration'],
    ['anything else', new Error('it broke'), 'Unavailable'],
  ])('of %s says what to do', (_, error, cause) => {
    expect(failureOf('ECS', error)).toMatchObject({ cause, remedy: expect.stringMatching(/^[A-Z].*[.]$/) });
    expect(failureOf('ECS', error).message).toContain(error.message);
  });
});

describe('the words of a failure are a whole sentence, however they end:', () => {
  const errorsWith = (words: string) => [
    new CloudError({ class: 'Ambiguous', code: 'X.1', operation: 'ecs.ListServers', message: words }),
    new CredentialsError(words, 'Correct them.'),
    new EndpointError(words),
    new Error(words),
  ];

  test.each(['It is so', 'It is so.', 'It is so...', ' It  is\nso '])('%j', (words) => {
    for (const error of errorsWith(words)) {
      const failure = failureOf('ECS', error);
      expect(faultsIn(failure.message)).toEqual([]);
      expect(faultsIn(inWords(failure))).toEqual([]);
      expect(faultsIn(inWords({ ...failure, message: words }))).toEqual([]);
    }
  });
});

describe('several readings together', () => {
  test('are read when each is', () => {
    expect(combine([read(1), read('a')], (number, text) => `${number}${text}`)).toEqual(read('1a'));
  });

  test('are unreadable when one is, and the first that is says why', () => {
    const never = (_one: number, _other: number, _last: number): number => {
      throw new Error('what is not known must not be joined');
    };
    const joined = combine([read(1), unreadable('Permission', 'CCE'), unreadable('Permission', 'MRS')], never);
    expect(joined).toMatchObject({ kind: 'Unreadable', failure: { source: 'CCE' } });
  });
});
