import { describe, expect, test } from 'vitest';
import { failureOf } from '../../../operator/check/failure.ts';
import { CredentialsError } from '../../../operator/huaweicloud/credentials.ts';
import { EndpointError } from '../../../operator/huaweicloud/endpoints.ts';
import { CloudError, type CloudErrorClass } from '../../../operator/huaweicloud/errors.ts';
import { KubernetesError } from '../../../operator/kubernetes/errors.ts';

const refused = (errorClass: CloudErrorClass, operation: string) =>
  new CloudError({ class: errorClass, code: 'X', operation, message: 'answered 403 X' });

describe('a failure', () => {
  test('for want of a permission names the actions of both models', () => {
    expect(failureOf(refused('Permission', 'billing.ListCustomerOrders'))).toEqual({
      result: 'FAILED',
      found: 'billing.ListCustomerOrders: answered 403 X',
      remedy: expect.stringMatching(
        /bss:order:view \(policies\) or billing:order:view \(identity policies\).*permissions\.md/,
      ),
    });
  });

  test('for want of a permission that no call is known to need has the general remedy', () => {
    expect(failureOf(refused('Permission', 'iam.KeystoneListAuthDomains'))).toMatchObject({
      remedy: 'Grant the IAM user or agency the action that this call needs.',
    });
  });

  test.each([
    [refused('WrongSite', 'billing.ListServiceTypes'), /Set the site/],
    [refused('Unreachable', 'iam.KeystoneListAuthDomains'), /network/],
    [new CredentialsError('HUAWEICLOUD_SDK_SK is empty.', 'Give it.'), /^Give it\.$/],
    [new EndpointError('no region'), /--endpoints/],
    [new KubernetesError('Unauthorized', 'HTTP 401'), /token or certificate/],
    [new KubernetesError('Malformed', 'the answer is not JSON'), /stands before it/],
    [new Error('odd'), /./],
  ])('of another kind says what to do: %s', (error, remedy) => {
    expect(failureOf(error)).toMatchObject({ result: 'FAILED', remedy: expect.stringMatching(remedy) });
  });
});
