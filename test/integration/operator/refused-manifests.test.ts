import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { aWorld } from '../../huaweicloud/seed.ts';
import { aRequest, aSecret, type Manifest } from './manifests.ts';
import { openScenarioWithoutOperator, type Scenario } from './scenario.ts';

// What the API server itself refuses, by the schemas alone: no operator runs here.
let scenario: Scenario;
beforeAll(async () => {
  scenario = await openScenarioWithoutOperator({ world: aWorld().withServer({ name: 'host-01' }) });
});
afterAll(() => scenario.close());

const server = (changes: object) => scenario.server('host-01', changes);
const without = (manifest: Manifest, field: string): Manifest => ({
  ...manifest,
  spec: Object.fromEntries(Object.entries(Object(manifest['spec'])).filter(([name]) => name !== field)),
});

describe('a request is refused with a sentence that says what to do, when it', () => {
  const acknowledgement =
    'Set spec.acknowledge.dataUnrecoverable and spec.acknowledge.handlingFee to true: after the unsubscription the data cannot be recovered, and the cloud charges a handling fee.';
  const request = (changes: object, servers = ['host-01']) => aRequest('refused', servers, changes);

  test.each<[string, () => Manifest, string]>([
    ['names a server twice', () => request({}, ['host-01', 'host-01']), 'Duplicate value: {"name":"host-01"}'],
    ['names no server', () => request({}, []), 'spec.servers in body should have at least 1 items'],
    [
      'gives an unknown reason',
      () => request({ reason: { type: 'Bored' } }),
      'Unsupported value: "Bored": supported values: "ProductNotGood", "MissingFunctions", "TooComplex", "ServiceNotGood", "Other"',
    ],
    ['gives no reason', () => without(request({}), 'reason'), 'missing required field "reason"'],
    ['acknowledges nothing', () => without(request({}), 'acknowledge'), acknowledgement],
    [
      'acknowledges only half',
      () => request({ acknowledge: { dataUnrecoverable: true, handlingFee: false } }),
      acknowledgement,
    ],
    ['leaves the scope out', () => without(request({}), 'scope'), 'missing required field "scope"'],
    ['writes a field wrong', () => request({ aproved: true }), 'unknown field "aproved"'],
    [
      'approves what is no plan',
      () => request({ approvedPlan: 'yes' }),
      'Copy the plan id from status.plan.id: plan- and 24 hexadecimal digits.',
    ],
    [
      'guards the refund with what is no amount',
      () => request({ refund: { minimum: 'much', currency: 'CNY' } }),
      'Write an amount such as 1200 or 1200.50.',
    ],
    ['gives a time that is none', () => request({ notBefore: 'tomorrow' }), 'spec.notBefore'],
    // Once stored, such a time would let no update of the request pass any more.
    [
      'gives a time in small letters',
      () => request({ notBefore: '2030-01-01t00:00:00z' }),
      'spec.notBefore in body should match',
    ],
    [
      'gives a zone that is none',
      () => request({ deadline: '2030-01-01T00:00:00+24:00' }),
      'spec.deadline in body should match',
    ],
  ])('%s', async (_, manifest, sentence) => {
    expect(await scenario.refusalOf(manifest())).toContain(sentence);
  });

  test('names more servers than one request may', async () => {
    const many = Array.from({ length: 51 }, (_, index) => `host-${index}`);
    expect(await scenario.refusalOf(request({}, many))).toContain('must have at most 50 items');
  });
});

describe('a server is refused with a sentence that says what to do, when it', () => {
  test.each<[string, object, string]>([
    [
      'has an impossible region',
      { region: 'CN North-Beijing4' },
      'Write a region id such as cn-north-4, ap-southeast-3 or eu-west-101 (not its display name).',
    ],
    [
      'has a project that is none',
      { projectId: 'my-project' },
      'Write the id of the project of that region: 32 hexadecimal digits (console: My Credentials).',
    ],
    [
      'has a resource id that is none',
      { resourceId: 'dcc host 01' },
      'Write the resource id that the billing centre shows for the server: letters, digits, - and _.',
    ],
    ['has an unknown type of host', { hostType: 'Cloud' }, 'supported values: "DCC", "DeH"'],
    [
      'excludes from a dedicated host what only its count tells of',
      {
        hostType: 'DeH',
        virtualMachines: { exclude: [{ id: 'gauss-01', service: 'Other', reason: 'It is elsewhere.' }] },
      },
      'virtualMachines.exclude takes no service Other for a DeH server: what a dedicated host counts is on it.',
    ],
    ['has an age that is no duration', { backup: { maxAge: 'a day' } }, 'Write a duration such as 24h, 1h30m or 90s.'],
  ])('%s', async (_, changes, sentence) => {
    expect(await scenario.refusalOf(server(changes))).toContain(sentence);
  });
});

describe('what identifies an object, or what was asked for, cannot be changed', () => {
  beforeAll(() => scenario.apply(server({}), aRequest('retire', ['host-01'])));

  test.each([
    ['resourceId', 'dcc00000-0000-4000-8000-000000000009'],
    ['region', 'cn-south-1'],
    ['projectId', '0'.repeat(32)],
    ['availabilityZone', 'cn-north-4b'],
    ['hostType', 'DeH'],
  ])('a server keeps its %s', async (field, value) => {
    expect(await scenario.refusalOf(server({ [field]: value }))).toContain(
      `${field} cannot be changed: it identifies the physical server. Create another DCCServer for another server.`,
    );
  });

  test.each<[string, unknown]>([
    ['servers', [{ name: 'host-02' }]],
    ['scope', 'RenewalsOnly'],
    ['reason', { type: 'TooComplex' }],
  ])('a request keeps its %s', async (field, value) => {
    expect(await scenario.refusalOf(aRequest('retire', ['host-01'], { [field]: value }))).toContain(
      `${field} cannot be changed: a request is one-shot. Delete this request and create another.`,
    );
  });

  test.each([
    ['refund', { minimum: '1', currency: 'CNY' }],
    ['secondaryResources', 'Separately'],
    ['onFailure', 'Continue'],
    ['notBefore', '2030-01-01T00:00:00Z'],
    ['deadline', '2030-01-01T00:00:00Z'],
  ])('a request gets no %s later', async (field, value) => {
    expect(await scenario.refusalOf(aRequest('retire', ['host-01'], { [field]: value }))).toContain(
      `${field} cannot be added or removed: a request is one-shot. Delete this request and create another.`,
    );
  });

  test('suspend and approvedPlan may change, and so may everything about virtual machines and backups', async () => {
    const changed = [
      aRequest('retire', ['host-01'], { suspend: true, approvedPlan: `plan-${'0'.repeat(24)}` }),
      server({ virtualMachines: { hostIds: ['abc'] }, backup: { requirement: 'Waived' } }),
    ];
    await scenario.apply(...changed);
    for (const { kind, metadata, spec } of changed) {
      const stored: unknown = JSON.parse(await scenario.kubectl('get', kind, metadata.name, '-o', 'json'));
      expect(stored).toMatchObject({ spec });
    }
  });
});

test('good manifests are taken as they are: nothing is added that Argo CD would show as a difference', async () => {
  const manifests = [aRequest('plain', ['host-01']), server({}), aSecret('key', { HUAWEICLOUD_SDK_AK: 'A' })];
  await scenario.apply(...manifests);
  for (const { kind, metadata, spec } of manifests.slice(0, 2)) {
    const stored: unknown = JSON.parse(await scenario.kubectl('get', kind, metadata.name, '-o', 'json'));
    expect(stored).toMatchObject({ spec });
    expect(Object.keys(Object(Object(stored).spec)).sort()).toEqual(Object.keys(Object(spec)).sort());
  }
});
