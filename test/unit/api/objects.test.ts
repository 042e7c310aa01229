import { describe, expect, test } from 'vitest';
import { isFinished, parseDCCServer, parseUnsubscriptionRequest } from '../../../operator/api/objects.ts';
import { aServer } from '../../builders/dccserver.ts';
import { lookedAt } from '../../builders/metadata.ts';
import { anotherPlanId, aPlacement, aRequest, aRequestSpec } from '../../builders/unsubscriptionrequest.ts';

const rawRequest = (spec: object, status?: object) => ({
  apiVersion: 'dcc-operator.io/v1alpha1',
  kind: 'UnsubscriptionRequest',
  metadata: aRequest().metadata,
  spec,
  ...(status === undefined ? {} : { status }),
});
const rawServer = (changes: object) => {
  const { metadata, spec } = aServer();
  return { metadata, spec: { ...spec, ...changes } };
};
const without = (field: string): object => {
  const { [field]: _, ...rest } = aRequestSpec() as Record<string, unknown>;
  return rest;
};

describe('a request', () => {
  test('that was just applied is read without a status', () => {
    expect(parseUnsubscriptionRequest(rawRequest(aRequestSpec()))).toEqual({
      kind: 'Readable',
      object: { metadata: aRequest().metadata, spec: aRequestSpec(), status: {} },
    });
  });

  test('is read with every field that it may have', () => {
    const spec = {
      ...aRequestSpec(),
      refund: { minimum: '1200.50', currency: 'CNY' },
      secondaryResources: 'Separately',
      onFailure: 'Continue',
      notBefore: '2026-03-01T12:00:00+08:00',
      deadline: '2026-03-02T12:00:00Z',
      drainTimeout: '1h30m',
      suspend: true,
      approvedPlan: anotherPlanId,
    };
    expect(parseUnsubscriptionRequest(rawRequest(spec))).toMatchObject({ kind: 'Readable', object: { spec } });
  });

  test.each<[what: string, spec: object, says: string]>([
    ['no servers', { ...aRequestSpec(), servers: [] }, 'servers'],
    [
      'fifty-one servers',
      { ...aRequestSpec(), servers: Array.from({ length: 51 }, (_, n) => ({ name: `s${n}` })) },
      'servers',
    ],
    ['a server whose name is none', { ...aRequestSpec(), servers: [{ name: 'Server_1' }] }, 'lower-case letters'],
    ['no acknowledgement', without('acknowledge'), 'spec.acknowledge.dataUnrecoverable'],
    ['half an acknowledgement', { ...aRequestSpec(), acknowledge: { handlingFee: true } }, 'spec.acknowledge'],
    [
      'a denied acknowledgement',
      { ...aRequestSpec(), acknowledge: { dataUnrecoverable: true, handlingFee: false } },
      'spec.acknowledge',
    ],
    ['no scope', without('scope'), 'scope'],
    ['an unknown scope', { ...aRequestSpec(), scope: 'Everything' }, 'scope'],
    ['no reason', without('reason'), 'reason'],
    ['an unknown reason', { ...aRequestSpec(), reason: { type: 'Bored' } }, 'reason'],
    ['an empty text of the reason', { ...aRequestSpec(), reason: { type: 'Other', text: '' } }, 'reason'],
    ['a plan id that is none', { ...aRequestSpec(), approvedPlan: 'yes' }, 'status.plan.id'],
    ['an amount in words', { ...aRequestSpec(), refund: { minimum: 'ten', currency: 'CNY' } }, '1200.50'],
    ['a guard without a currency', { ...aRequestSpec(), refund: { minimum: '10' } }, 'currency'],
    ['a day that does not exist', { ...aRequestSpec(), notBefore: '2026-02-30T00:00:00Z' }, 'notBefore'],
    ['a time without a zone', { ...aRequestSpec(), deadline: '2026-03-01T00:00:00' }, 'deadline'],
    ['a duration in words', { ...aRequestSpec(), drainTimeout: 'a day' }, '1h30m'],
    ['an empty duration', { ...aRequestSpec(), drainTimeout: '' }, '1h30m'],
    ['a field of another version', { ...aRequestSpec(), force: true }, 'force'],
  ])('with %s is not understood, and the problem names it', (_, spec, says) => {
    expect(parseUnsubscriptionRequest(rawRequest(spec))).toMatchObject({
      kind: 'Unreadable',
      problem: expect.stringContaining(says),
    });
  });

  test('without a spec is not understood', () => {
    expect(parseUnsubscriptionRequest({ metadata: aRequest().metadata }).kind).toBe('Unreadable');
  });

  test.each<[what: string, status: object]>([
    ['a state of a call that is of tomorrow', { placements: [{ ...aPlacement(), state: 'Maybe' }] }],
    ['a call without its plan', { placements: [{ ...aPlacement(), plan: undefined }] }],
    ['a field of tomorrow in a call', { placements: [{ ...aPlacement(), retried: true }] }],
    ['a list of calls that is none', { placements: {} }],
    ['a field of tomorrow', { halted: true }],
  ])('whose journal or status has %s is not understood: nothing is done with it', (_, status) => {
    expect(parseUnsubscriptionRequest(rawRequest(aRequestSpec(), status)).kind).toBe('Unreadable');
  });

  test('of which something is wrong is told about in one line', () => {
    const spec = { ...aRequestSpec(), scope: 'Everything', drainTimeout: 'a day' };
    expect(parseUnsubscriptionRequest(rawRequest(spec))).toMatchObject({
      problem:
        'spec.scope: Invalid option: expected one of "ResourceAndRenewals"|"RenewalsOnly"; spec.drainTimeout: Write a duration such as 24h, 1h30m or 90s.',
    });
  });

  test('of which much is wrong is told about in a text that fits into its status', () => {
    const servers = Array.from({ length: 50 }, (_, index) => ({ name: `Server ${index}` }));
    const parsed = parseUnsubscriptionRequest(rawRequest({ servers }));
    expect(parsed.kind === 'Unreadable' ? parsed.problem.length : 0).toBe(1_000);
  });
});

describe('a server', () => {
  test('that was just applied is read without a status', () => {
    const { metadata, spec } = aServer();
    expect(parseDCCServer({ metadata, ...{ spec } })).toEqual({
      kind: 'Readable',
      object: { metadata, spec, status: {} },
    });
  });

  test.each<[what: string, changes: object, says: string]>([
    ['a display name for its region', { region: 'CN North-Beijing4' }, 'cn-north-4'],
    ['a project name for its project', { projectId: 'cn-north-4' }, '32 hexadecimal digits'],
    ['an address for its resource', { resourceId: 'https://x' }, 'resource id'],
    ['a type of host that is none', { hostType: 'BMS' }, 'hostType'],
    ['an exclusion without a reason', { virtualMachines: { exclude: [{ id: 'a', service: 'ECS' }] } }, 'reason'],
    [
      'an exclusion of an unknown service',
      { virtualMachines: { exclude: [{ id: 'a', service: 'X', reason: 'y' }] } },
      'service',
    ],
    ['a maximum age in words', { backup: { maxAge: 'a day' } }, '1h30m'],
    ['an empty maximum age', { backup: { maxAge: '' } }, '1h30m'],
    ['a name of a Secret that is none', { credentialsSecretRef: { name: 'My Secret' } }, 'lower-case letters'],
  ])('with %s is not understood, and the problem names it', (_, changes, says) => {
    expect(parseDCCServer(rawServer(changes))).toMatchObject({
      kind: 'Unreadable',
      problem: expect.stringContaining(says),
    });
  });

  test.each(['cn-north-4', 'ap-southeast-3', 'eu-west-101', 'la-north-2', 'af-south-1', 'ae-ad-1', 'cn-east-5'])(
    'in the region %s is understood',
    (region) => {
      expect(parseDCCServer(rawServer({ region })).kind).toBe('Readable');
    },
  );
});

describe('a request has ended', () => {
  const condition = { status: 'True', reason: 'r', message: '', lastTransitionTime: lookedAt.toISOString() } as const;

  test.each(['Complete', 'Failed'])('when %s is True', (type) => {
    const conditions = [
      { ...condition, type: 'Ready', status: 'False' as const },
      { ...condition, type },
    ];
    expect(isFinished(aRequest({ status: { conditions } }))).toBe(true);
  });

  test.each([
    ['nothing is written yet', {}],
    ['Complete is not True', { conditions: [{ ...condition, type: 'Complete', status: 'False' as const }] }],
    ['another condition is True', { conditions: [{ ...condition, type: 'Ready' }] }],
  ])('not when %s', (_, status) => {
    expect(isFinished(aRequest({ status }))).toBe(false);
  });
});
