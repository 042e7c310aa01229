import { describe, expect, test } from 'vitest';
import { milliseconds, minutes, seconds, systemClock } from '../../../../operator/clock.ts';
import { sendUnsubscription, signUnsubscription } from '../../../../operator/huaweicloud/billing-unsubscribe.ts';
import { CloudError } from '../../../../operator/huaweicloud/errors.ts';
import type { FaultInput } from '../../../huaweicloud/faults.ts';
import type { Exception, Fields } from '../../../huaweicloud/official-python/client.ts';
import { aWorld } from '../../../huaweicloud/seed.ts';
import { officialClients } from './clients.ts';
import { type TwoViews, twoViews, type Views } from './two-views.ts';

const clients = officialClients();

const host = 'dcc00000-0000-4000-8000-000000000001';
const dedicatedHost = 'dcc00000-0000-4000-8000-000000000002';
const nowhere = '99999999-0000-4000-8000-000000000009';
const aSmallWorld = () => aWorld().withServer({ name: 'host-01' }).withServer({ name: 'deh-01', hostType: 'DeH' });
const views = (options: Views = {}) => twoViews(clients(), aSmallWorld().build(), options);

async function raised(outcome: ReturnType<TwoViews['attempt']>): Promise<Exception> {
  const ended = await outcome;
  if (ended.kind !== 'Raised') throw new Error(`expected an exception, got ${JSON.stringify(ended)}`);
  return ended.exception;
}

async function failureOf(call: Promise<unknown>): Promise<CloudError> {
  const error = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CloudError)) throw new Error(`expected a CloudError, got ${error}`);
  return error;
}

const aRequestId = expect.stringMatching(/^[0-9a-f]{32}$/);

/** Both must know the same status and code, and an id that support can look up. */
async function expectBothToFail(
  { attempt }: Pick<TwoViews, 'attempt'>,
  official: { name: string; input?: Fields },
  ours: () => Promise<unknown>,
  expected: { class: string; status: number; code: string; error: string },
) {
  const { status, code } = expected;
  expect(await raised(attempt(official.name, official.input))).toMatchObject({
    class: expected.class,
    status,
    code,
    requestId: aRequestId,
  });
  expect(await failureOf(ours())).toMatchObject({
    class: expected.error,
    httpStatus: status,
    code,
    requestId: aRequestId,
  });
}

const pools = { name: 'dcc.ShowResourceClusters', input: { service_type: 'ecs' } };

describe('the gateway', () => {
  test('refuses a wrong signature', async () => {
    const both = await views({ secretKey: 'another-secret' });
    const expected = { class: 'ClientRequestException', status: 401, code: 'APIGW.0301', error: 'Credentials' };
    await expectBothToFail(both, pools, () => both.ours.iam.domain(), expected);
  });

  test('refuses a signature that is 16 minutes old, which our client mends by the time that the refusal tells', async () => {
    const ahead = () => new Date(Date.now() + minutes(16));
    const { attempt, ours, control } = await views({ clock: { ...systemClock, now: ahead } });
    const expired = { class: 'ClientRequestException', status: 401, code: 'APIGW.0303', requestId: aRequestId };
    expect(await raised(attempt('iam.KeystoneListAuthDomains'))).toMatchObject(expired);
    expect(await ours.iam.domain()).toMatchObject({ enabled: true });
    expect((await control.calls())['iam.listDomains']).toEqual({ 401: 2, 200: 1 });
  });

  test('locks a key after more than five wrong signatures, whatever is right afterwards', async () => {
    const { attempt } = await views({ secretKey: 'another-secret' });
    for (let count = 1; count <= 6; count += 1) await raised(attempt(pools.name, pools.input));
    const locked = await raised(attempt(pools.name, pools.input));
    expect(locked).toMatchObject({ status: 401, code: 'APIGW.0301', message: expect.stringContaining('forbidden') });
  });

  test('throttles: the official client loses code and id on the way, ours keeps them', async () => {
    const { attempt, ours, control } = await views({
      account: { deadlines: { attempt: seconds(5), call: milliseconds(400) } },
    });
    await ours.projectId();
    await control.addFault({ operation: 'dcc.*', effect: { kind: 'throttled' } });
    expect(await raised(attempt(pools.name, pools.input))).toMatchObject({
      class: 'ClientRequestException',
      status: 429,
      code: '429',
    });
    const throttled = { class: 'Throttled', httpStatus: 429, code: 'APIGW.0308', requestId: aRequestId };
    expect(await failureOf(ours.dcc.resourceClusters())).toMatchObject(throttled);
  });

  test('tells that the account is of another site', async () => {
    const both = await views({ settings: { servedSite: 'europe' } });
    const official = { name: 'billing.ListServiceTypes', input: { limit: 1 } };
    const expected = { class: 'ClientRequestException', status: 403, code: 'CBC.0150', error: 'WrongSite' };
    await expectBothToFail(both, official, () => both.ours.billing.probeSite(), expected);
  });

  test('tells that the key may not do this', async () => {
    const both = await views();
    both.world.accounts[0]?.accessKeys[0]?.denied.push('billing.showBalances');
    const official = { name: 'billing.ShowCustomerAccountBalances' };
    const expected = { class: 'ClientRequestException', status: 403, code: 'CBC.0151', error: 'Permission' };
    await expectBothToFail(both, official, () => both.ours.billing.balances(), expected);
  });
});

describe('a service tells what it does not have', () => {
  test.each([
    ['deh.ShowDedicatedHost', { dedicated_host_id: nowhere }, 404, '404'],
    ['ecs.ShowServer', { server_id: nowhere }, 404, 'Ecs.0114'],
  ])('%s', async (name, input, status, code) => {
    const { attempt } = await views();
    const exception = await raised(attempt(name, input));
    expect(exception).toMatchObject({ class: 'ClientRequestException', status, code, requestId: aRequestId });
  });

  test('a dedicated host that is gone is no error for us', async () => {
    const { ours } = await views();
    expect(await ours.deh.dedicatedHost(nowhere)).toEqual({ kind: 'Gone' });
  });

  const cases: [string, { name: string; input: Fields }, (both: TwoViews) => Promise<unknown>, string][] = [
    [
      'the machines of a host',
      { name: 'deh.ListServersDedicatedHost', input: { dedicated_host_id: nowhere } },
      ({ ours }) => ours.deh.serversOf(nowhere),
      '404',
    ],
    [
      'nodes of a CCE cluster',
      { name: 'cce.ListNodes', input: { cluster_id: nowhere } },
      ({ ours }) => ours.cce.nodes(nowhere),
      'CCE.01404001',
    ],
    [
      'nodes of an MRS cluster',
      { name: 'mrs.ListNodes', input: { cluster_id: nowhere } },
      ({ ours }) => ours.mrs.nodes(nowhere),
      'MRS.0011',
    ],
    [
      'a checkpoint',
      { name: 'cbr.ShowCheckpoint', input: { checkpoint_id: nowhere } },
      ({ ours }) => ours.cbr.checkpoint(nowhere),
      'BackupService.6201',
    ],
  ];
  test.each(cases)('%s', async (_, official, ours, code) => {
    const both = await views();
    const expected = { class: 'ClientRequestException', status: 404, code, error: 'NotFound' };
    await expectBothToFail(both, official, () => ours(both), expected);
  });
});

describe('the billing centre refuses an order', () => {
  const input = { resource_ids: [host], unsubscribe_type: 1 };

  async function placedByUs({ ours }: TwoViews) {
    const order = { resourceIds: [host], scope: 1, reasonType: 5 } as const;
    await ours.billing.balances();
    return await sendUnsubscription(await signUnsubscription(ours.orderChannel, order), { deadline: seconds(5) });
  }

  test.each([
    ['of a frozen server', 'CBC.99003656', 'FrozenResource', ({ control }: TwoViews) => control.freezeServer(host)],
    ['of a frozen account', 'CBC.30000052', 'FrozenResource', ({ control }: TwoViews) => control.freezeAccount()],
    ['with an unpaid one', 'CBC.99003100', 'UnpaidOrder', ({ control }: TwoViews) => control.createUnpaidOrder(host)],
    [
      'of one server of a portfolio',
      'CBC.99003185',
      'Portfolio',
      ({ world }: TwoViews) => {
        for (const server of world.servers) server.portfolio = 'pair';
      },
    ],
    [
      'of a server that is gone',
      'CBC.30000067',
      'Gone',
      async ({ world }: TwoViews) => {
        for (const row of world.billingResources) row.closed = true;
      },
    ],
  ] as const)('%s', async (_, code, errorClass, prepare) => {
    const both = await views();
    await prepare(both);
    const exception = await raised(both.attempt('billing.CancelResourcesSubscription', input));
    const refused = { class: 'ClientRequestException', status: 400, code, requestId: aRequestId };
    expect(exception).toMatchObject(refused);
    const rejected = { kind: 'Rejected', code, class: errorClass, requestId: aRequestId };
    expect(await placedByUs(both)).toMatchObject(rejected);
    expect((await both.control.ledger()).accepted).toEqual([]);
  });

  test('beside a running one, which may be that of this very call', async () => {
    const both = await views();
    await both.control.startTransaction(host);
    const exception = await raised(both.attempt('billing.CancelResourcesSubscription', input));
    expect(exception).toMatchObject({ class: 'ClientRequestException', status: 400, code: 'CBC.99003651' });
    expect(await placedByUs(both)).toMatchObject({ kind: 'Unknown' });
  });

  test('with a 500, after which nobody knows', async () => {
    const both = await views();
    await both.control.addFault({ operation: 'billing.unsubscribe', effect: { kind: 'serverError', when: 'before' } });
    const exception = await raised(both.attempt('billing.CancelResourcesSubscription', input));
    expect(exception).toMatchObject({ class: 'ServerResponseException', status: 500, code: 'CBC.0999' });
    expect(await placedByUs(both)).toMatchObject({ kind: 'Unknown' });
  });

  test('of no one it knows, or of a kind it does not know', async () => {
    const { attempt } = await views();
    const place = (order: Fields) => raised(attempt('billing.CancelResourcesSubscription', { ...input, ...order }));
    expect(await place({ resource_ids: [nowhere] })).toMatchObject({ status: 400, code: 'CBC.99003012' });
    expect(await place({ unsubscribe_type: 3 })).toMatchObject({ status: 400, code: 'CBC.0100' });
    expect(await place({ resource_ids: [] })).toMatchObject({ status: 400, code: 'CBC.0100' });
  });
});

/**
 * What the official client takes for a success, and shows as an answer in which nothing stands: a server without subscriptions,
 * an account without arrears. That is why every answer of ours is parsed at the door.
 */
describe('an answer with status 200 that is none', () => {
  test.each([
    ['an error inside', 'CBC.7281', { kind: 'errorInsideSuccess', code: 'CBC.7281', message: 'the account is frozen' }],
    ['a page of a proxy', 'Unparsable', { kind: 'answer', status: 200, body: '<html>Please log in</html>' }],
    ['an empty object', 'Unparsable', { kind: 'answer', status: 200, body: {} }],
  ] as const satisfies (readonly [string, string, FaultInput['effect']])[])(
    '%s: no exception there, an error here',
    async (_, code, effect) => {
      const { attempt, ours, control } = await views();
      await ours.domainId();
      await control.addFault({ operation: 'billing.*', effect });
      const balances = await attempt('billing.ShowCustomerAccountBalances');
      expect(balances).toMatchObject({ kind: 'Answered', answer: { debt_amount: null, account_balances: null } });
      expect(await failureOf(ours.billing.balances())).toMatchObject({ code });
      const query = { resource_ids: [dedicatedHost] };
      const resources = await attempt('billing.ListPayPerUseCustomerResources', query);
      expect(resources).toMatchObject({ kind: 'Answered', answer: { data: null, total_count: null } });
      expect(await failureOf(ours.billing.subscriptionsOf([dedicatedHost]))).toMatchObject({ code });
    },
  );

  test('the deviations of the wire show it', async () => {
    const { attempt, control } = await views();
    await control.addFault({ operation: 'billing.*', effect: { kind: 'errorInsideSuccess', code: 'CBC.7281' } });
    const outcome = await attempt('billing.ShowCustomerAccountBalances');
    const told = ['error_code', 'error_msg'].map(
      (name) => `${name}: ShowCustomerAccountBalancesResponse has no such field`,
    );
    expect(outcome).toMatchObject({ deviations: told });
  });
});
