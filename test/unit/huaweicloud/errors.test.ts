import { describe, expect, test } from 'vitest';
import { unsubscribeOperation } from '../../../operator/huaweicloud/billing-unsubscribe.ts';
import { errorClasses, errorCodes } from '../../../operator/huaweicloud/error-codes.ts';
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
    expect(classify('CBC.99999999', 400)).toEqual({ class: 'Ambiguous', meaning: undefined, documented: false });
    expect(classify('toString', 400).documented).toBe(false);
  });
});

/** What documents list for the calls made here, read again and again when they change. */
const listed = {
  // api_order_00019, and the rows that Huawei's Terraform provider handles of the same call.
  CancelResourcesSubscription:
    'CBC.0100 CBC.30000052 CBC.99003656 CBC.7281 CBC.30000053 CBC.30000067 CBC.99003012 CBC.99003100 CBC.99003128 CBC.99003185 CBC.99003643 CBC.99003645 CBC.99003647 CBC.99003649 CBC.99003650 CBC.99003651 CBC.99003652 CBC.99003654 CBC.99006066 CBC.30010035 CBC.0151 CBC.0155 CBC.0150 CBC.0156 CBC.0999',
  // api_order_00020.
  ShowRefundOrderDetails: 'CBC.99005026 CBC.0151 CBC.0999',
  // The status codes of ShowCustomerAccountBalances.
  ShowCustomerAccountBalances: 'CBC.0100 CBC.99000049 CBC.0151',
  // The general table of the billing centre, with those that it gives with HTTP 200.
  'all of the billing centre': 'CBC.0156 CBC.3002 CBC.30050010 CBC.30050011',
  // api-sign-errorcode of the API Request Signing Guide, and its two pages on common errors.
  'the gateway':
    'APIGW.0101 APIGW.0103 APIGW.0104 APIGW.0105 APIGW.0106 APIGW.0201 APIGW.0301 APIG.0301 APIGW.0303 APIGW.0308',
  // Third parties only.
  CCE: 'CCE.01404001 CCE.01429002 CCE.01429003',
};
const codes = Object.values(listed).flatMap((line) => line.split(' '));

describe('the table of codes', () => {
  test.each(Object.entries(listed))('has every code that is listed for %s', (_, line) => {
    expect(line.split(' ').filter((code) => !classify(code, 400).documented)).toEqual([]);
  });

  test('has no code that is listed nowhere', () => {
    expect(Object.keys(errorCodes).filter((code) => !codes.includes(code))).toEqual([]);
  });

  test('says of each what it means and of each class what to do, in sentences', () => {
    for (const { meaning } of Object.values(errorCodes)) expect(meaning).toMatch(/^[a-zA-Z].*[^.]$/);
    for (const { meaning, remedy } of Object.values(errorClasses)) {
      expect(meaning).toMatch(/^[A-Z].*\.$/);
      expect(remedy).toMatch(/^[A-Z].*\.$/);
    }
  });

  test('takes nothing for a refusal whose meaning is not documented, or that came from between', () => {
    const unclear = 'CBC.30010035 CBC.30050010 CBC.30050011 CBC.3002 CBC.0999 APIGW.0103 APIGW.0106 APIGW.0201';
    for (const code of unclear.split(' ')) expect(classify(code, 400).class).toBe('Ambiguous');
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

test('a wrong site that was found out is named with its flag', () => {
  const facts = { class: 'WrongSite', code: 'CBC.0156', operation: 'billing.X', message: 'no' } as const;
  const { remedy } = new CloudError({ ...facts, site: 'international' });
  expect(remedy).toMatch(
    /^Set the site with --site=international .*, or for the account of a Secret alone with DCC_OPERATOR_SITE: international in it\.$/,
  );
});

describe('a missing permission', () => {
  test.each([
    ['billing.ListPayPerUseCustomerResources', / bss:order:view \(policies\) or billing:subscription:view \(identity/],
    ['billing.ShowCustomerAccountBalances', / bss:balance:view \(policies\) or billing:balance:view \(identity/],
    [unsubscribeOperation, / bss:unsubscribe:update \(policies\) or billing:subscription:unsubscribe \(identity/],
    ['ecs.ListServersDetails', / ecs:cloudServers:list \(policies\) or presumably ecs:cloudServers:listServersDetails/],
    ['constructor', /the action that this call needs\.$/],
  ])('for %s says which action to grant, where one is known', (operation, remedy) => {
    const error = new CloudError({ class: 'Permission', code: 'CBC.0151', operation, message: 'denied' });
    expect(error.remedy).toMatch(remedy);
  });

  test('is the only fault that an action cures', () => {
    expect(remedyOf('Throttled', unsubscribeOperation)).toBe('Wait: the cloud limits the rate of calls.');
  });
});
