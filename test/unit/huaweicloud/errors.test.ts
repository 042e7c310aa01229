import { describe, expect, test } from 'vitest';
import { unsubscribeOperation } from '../../../operator/huaweicloud/billing-unsubscribe.ts';
import { CloudError, type CloudErrorClass, classify, remedyOf } from '../../../operator/huaweicloud/errors.ts';

describe('the documented codes', () => {
  test.each<[string, number, CloudErrorClass]>([
    ['CBC.30000052', 400, 'FrozenResource'],
    ['CBC.99003656', 400, 'FrozenResource'],
    ['CBC.7281', 200, 'FrozenAccount'],
    ['CBC.99003185', 400, 'Portfolio'],
    ['CBC.99003100', 400, 'UnpaidOrder'],
    ['CBC.99003651', 400, 'TransactionInProgress'],
    ['CBC.99006066', 400, 'RetryLater'],
    ['CBC.30000067', 400, 'Gone'],
    ['CBC.99003012', 400, 'Gone'],
    ['CBC.0150', 403, 'WrongSite'],
    ['CBC.0156', 403, 'WrongSite'],
    ['CBC.0151', 403, 'Permission'],
    ['CBC.0155', 403, 'Permission'],
    ['CBC.30000053', 400, 'Refused'],
    ['CBC.0999', 500, 'Ambiguous'],
    ['APIGW.0301', 401, 'Credentials'],
    ['APIG.0301', 401, 'Credentials'],
    ['APIGW.0308', 429, 'Throttled'],
  ])('%s with status %i is of class %s', (code, status, errorClass) => {
    expect(classify(code, status)).toMatchObject({ class: errorClass, documented: true });
  });

  test('a code that is not documented is never taken for a certain refusal', () => {
    expect(classify('CBC.30010035', 400)).toEqual({ class: 'Ambiguous', meaning: undefined, documented: false });
    expect(classify('toString', 400).documented).toBe(false);
  });
});

test('an error says what failed, and what to do', () => {
  const error = new CloudError({
    class: 'WrongSite',
    code: 'CBC.0150',
    operation: 'billing.ListServiceTypes',
    message: 'answered 403 CBC.0150',
    httpStatus: 403,
    requestId: 'r1',
  });
  expect(error.message).toBe('billing.ListServiceTypes: answered 403 CBC.0150');
  expect(error.remedy).toBe(remedyOf('WrongSite', 'billing.ListCustomerOrders'));
  expect(error.remedy).toContain('china, international or europe');
  expect(error).toMatchObject({ name: 'CloudError', requestId: 'r1', explained: false });
});

describe('a missing permission', () => {
  test.each([
    ['billing.ListPayPerUseCustomerResources', /action billing:subscription:view\.$/],
    ['billing.ListCustomerOrders', /action billing:order:view .*bss:order:view\)\.$/],
    ['billing.ShowCustomerAccountBalances', /action bss:balance:view\.$/],
    [unsubscribeOperation, /action billing:subscription:unsubscribe .*without the condition key/],
    ['ecs.ListServersDetails', /the action that this call needs\.$/],
    ['constructor', /the action that this call needs\.$/],
  ])('for %s says which action to grant, where it is documented', (operation, remedy) => {
    const error = new CloudError({ class: 'Permission', code: 'CBC.0151', operation, message: 'denied' });
    expect(error.remedy).toMatch(remedy);
  });

  test('is the only fault that an action cures', () => {
    expect(remedyOf('Throttled', unsubscribeOperation)).toBe('Wait: the cloud limits the rate of calls.');
  });
});
