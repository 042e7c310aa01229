import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, expectTypeOf, test } from 'vitest';
import type { ServiceReader } from '../../operator/huaweicloud/calls.ts';
import {
  actionsOf,
  type Grant,
  grantInWords,
  permissionOf,
  type ReadOf,
} from '../../operator/huaweicloud/permissions.ts';
import { type Model, policyOf, type Use } from '../permissions/policies.ts';

const root = `${import.meta.dirname}/../..`;
const page = readFileSync(`${root}/docs/permissions.md`, 'utf8');

/** A row of the table of calls, cell by cell. */
interface Row {
  readonly call: string;
  readonly policy: string;
  readonly identityPolicy: string;
  readonly without: string;
  readonly source: string;
}

const rows: Row[] = page
  .split('\n')
  .filter((line) => /^\| `\w+\.\w+`/.test(line))
  .map((line) => {
    const [, call = '', policy = '', identityPolicy = '', , without = '', source = ''] = line
      .split('|')
      .map((cell) => cell.trim());
    return { call: call.replaceAll('`', ''), policy, identityPolicy, without, source };
  });

const services = ['iam', 'sts', 'billing', 'dcc', 'deh', 'ecs', 'cce', 'mrs', 'rds', 'cbr'];
const folder = `${root}/operator/huaweicloud`;

/** The clients' sources. */
const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => ({ name, text: readFileSync(`${folder}/${name}`, 'utf8') }));

const serviceOf = (name: string) => services.find((one) => name === `${one}.ts` || name.startsWith(`${one}-`));

/** The calls that the clients make: each names its operation as the vendor's reference does, once or more. */
const callsOf = ({ name, text }: (typeof sources)[number]): string[] =>
  [...text.matchAll(/\boperation\b(?::| =) '(\w+)'/g)].map(([, operation]) => `${serviceOf(name)}.${operation}`);

// Who passes on a call that another named is none of them.
const clients = sources.filter(({ text }) => /\breader\.read\((?!call,)|\bawait exchangeOnce\(parts/.test(text));
const callsInCode = [...new Set(clients.flatMap(callsOf))];
const byName = (one: string, other: string) => one.localeCompare(other);

describe('the page of permissions', () => {
  test('names every call that the operator makes, and no other', () => {
    expect(callsInCode.length).toBeGreaterThan(20);
    expect(rows.map(({ call }) => call).sort(byName)).toEqual(callsInCode.sort(byName));
  });

  test.each(clients)('can tell the calls of $name', (client) => {
    expect(serviceOf(client.name), 'its service').toBeDefined();
    expect(callsOf(client)).not.toEqual([]);
  });

  test.each(rows)('tells the same actions for $call as --check', ({ call, policy, identityPolicy }) => {
    const known = permissionOf(call);
    expect(policy).toBe(cellOf(known?.policy));
    expect(identityPolicy).toBe(cellOf(known?.identityPolicy));
  });

  test.each(rows)('says what happens without $call, and where that comes from', ({ without, source }) => {
    expect(without).not.toBe('');
    expect(source).toMatch(/https:\/\/support\.huaweicloud\.com\/|as above|public copies/);
  });

  const blocks = [...page.matchAll(/<!-- (policy|identityPolicy): (observe|order|check) -->\n\n```json\n([^`]*)```/g)];
  test.each<[Model, Use]>([
    ['policy', 'observe'],
    ['identityPolicy', 'observe'],
    ['policy', 'order'],
    ['identityPolicy', 'order'],
    ['policy', 'check'],
  ])('has the %s to %s, ready to paste', (model, use) => {
    const block = blocks.find(([, of, forUse]) => of === model && forUse === use);
    expect(JSON.parse(block?.[3] ?? 'null')).toEqual(policyOf(model, use));
  });
});

describe('a call that the table lacks', () => {
  // What a reader of a service takes: `npm run typecheck` refuses a read by any other name.
  test('is no read', () => {
    expectTypeOf<ReadOf<'ecs'>>().toEqualTypeOf<'ListCloudServers' | 'ListServersDetails' | 'ListRecycleBinServers'>();
    expectTypeOf<Parameters<ServiceReader<'ecs'>['read']>[0]['operation']>().toEqualTypeOf<ReadOf<'ecs'>>();
  });

  test('of another service is no read of this one', () => {
    expectTypeOf<ServiceReader<'cce'>>().not.toExtend<ServiceReader<'ecs'>>();
  });

  test('that orders is none either', () => {
    expectTypeOf<'CancelResourcesSubscription'>().not.toExtend<ReadOf<'billing'>>();
    expectTypeOf<'ListCustomerOrders'>().toExtend<ReadOf<'billing'>>();
  });
});

describe('the policies', () => {
  test.each<Model>(['policy', 'identityPolicy'])('let who only observes order nothing (%s)', (model) => {
    expect(JSON.stringify(policyOf(model, 'observe'))).not.toMatch(/unsubscribe|update|create|delete|pay/);
    expect(JSON.stringify(policyOf(model, 'order'))).toMatch(/unsubscribe/);
  });

  test('grant the right to order in a statement of its own, without a condition', () => {
    expect(policyOf('identityPolicy', 'order')).toMatchObject({
      Statement: [{}, { Effect: 'Allow', Action: ['billing:subscription:unsubscribe'] }],
    });
    expect(JSON.stringify(policyOf('identityPolicy', 'order'))).not.toContain('Condition');
  });
});

describe('what to grant, in words', () => {
  test('names the action in both models', () => {
    expect(grantInWords('billing.ShowCustomerAccountBalances')).toBe(
      'bss:balance:view (policies) or billing:balance:view (identity policies)',
    );
  });

  test('says what is only presumed', () => {
    expect(grantInWords('dcc.ShowResourceClusters')).toContain('presumably dcc:*:get* and dcc:*:list*');
  });

  test('says nothing where nothing is needed or known', () => {
    expect(grantInWords('billing.ListServiceTypes')).toBeUndefined();
    expect(grantInWords('toString')).toBeUndefined();
  });
});

/** As the page writes it: presumed actions in italics. */
function cellOf(grant: Grant | undefined): string {
  if (grant === undefined) return 'not known';
  const mark = grant.kind === 'Presumed' ? '_' : '';
  return grant.kind === 'NotNeeded'
    ? 'none'
    : actionsOf(grant)
        .map((action) => `${mark}\`${action}\`${mark}`)
        .join(', ');
}
