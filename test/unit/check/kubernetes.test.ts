import { describe, expect, test } from 'vitest';
import { checkAdmissionPolicies } from '../../../operator/check/kubernetes/admission-policies.ts';
import { checkDefinitions } from '../../../operator/check/kubernetes/definitions.ts';
import { inWords, neededRights, type Right } from '../../../operator/check/kubernetes/needed-rights.ts';
import { checkRights } from '../../../operator/check/kubernetes/rights.ts';
import { findServers } from '../../../operator/check/kubernetes/servers.ts';
import { readConfig } from '../../../operator/config.ts';
import type { Connection } from '../../../operator/kubernetes/connection.ts';
import { KubernetesError } from '../../../operator/kubernetes/errors.ts';
import { aServer } from '../../builders/dccserver.ts';

const going = new AbortController().signal;
const config = (...args: string[]) => readConfig(args, {});

/** An API server that answers these paths, and knows no others. */
function answering(answers: Readonly<Record<string, unknown>>): Pick<Connection, 'request'> {
  return {
    request: async (_, path) => {
      const answer = answers[path];
      if (answer === undefined) throw new KubernetesError('NotFound', `${path} was not found`, { status: 404 });
      if (answer instanceof Error) throw answer;
      return answer;
    },
  };
}

describe('the definitions', () => {
  const group = { versions: [{ version: 'v1alpha1' }] };
  const names = ['dccservers', 'dccservers/status', 'unsubscriptionrequests', 'unsubscriptionrequests/status'];
  const check = (groupAnswer: unknown, resources: readonly string[] = names) =>
    checkDefinitions(
      answering({
        '/apis/dcc-operator.io': groupAnswer,
        '/apis/dcc-operator.io/v1alpha1': { resources: resources.map((name) => ({ name })) },
      }),
      going,
    );

  test('that are served pass', async () => {
    expect(await check(group)).toMatchObject({ result: 'OK' });
  });

  test.each([
    ['that are missing', undefined, names, /does not know dcc-operator\.io/],
    ['of another version', { versions: [{ version: 'v1' }] }, names, /served as v1, and not as v1alpha1/],
    ['that lack one kind', group, names.slice(0, 2), /without unsubscriptionrequests, unsubscriptionrequests\/status/],
    ['without a status of their own', group, [names[0] ?? '', names[2] ?? ''], /without dccservers\/status/],
  ])('%s are told with how to install them', async (_, groupAnswer, resources, found) => {
    expect(await check(groupAnswer, resources)).toMatchObject({
      result: 'FAILED',
      found: expect.stringMatching(found),
      remedy: expect.stringContaining('crds.install=true'),
    });
  });
});

describe('the rights', () => {
  const needed = (...args: string[]) =>
    neededRights({ config: config(...args), operatorNamespace: 'dcc-system', secrets: [] });

  test('are asked for in each namespace of the scope, or in all at once', () => {
    expect(inWords(needed('--namespaces=team-a,team-b'))).toContain(
      'patch, release dccservers.dcc-operator.io in team-b',
    );
    expect(inWords(needed())).toContain('create, patch events.events.k8s.io in every namespace');
  });

  test('include the lease unless the operator is alone, and the ConfigMap that halts it', () => {
    expect(inWords(needed('--lease-name=north'))).toContain(
      'get, update leases.coordination.k8s.io "north" in dcc-system',
    );
    expect(inWords(needed('--leader-election=Off'))).not.toContain('leases');
    expect(inWords(needed('--halt-config-map=stop'))).toContain('get configmaps "stop" in dcc-system');
  });

  test('include the Secrets that servers name', () => {
    const secrets = [{ namespace: 'team-a', name: 'north' }];
    const rights = neededRights({ config: config(), operatorNamespace: 'dcc-system', secrets });
    expect(inWords(rights)).toContain('get secrets "north" in team-a');
  });

  test('that are missing are told, and no others, with who lacks them', async () => {
    const rights: Right[] = [
      { verb: 'get', group: '', resource: 'secrets', namespace: 'team-a' },
      { verb: 'watch', group: 'dcc-operator.io', resource: 'dccservers' },
    ];
    const connection: Pick<Connection, 'request'> = {
      request: async (_, __, options) => ({ status: { allowed: JSON.stringify(options?.body).includes('"watch"') } }),
    };
    expect(await checkRights(connection, 'jane', rights, going)).toEqual({
      result: 'FAILED',
      found: 'it may not get secrets in team-a',
      remedy: expect.stringContaining('Grant this to jane'),
    });
    expect(await checkRights(connection, 'jane', rights.slice(1), going)).toMatchObject({ result: 'OK' });
  });
});

describe('the admission policies', () => {
  const root = '/apis/admissionregistration.k8s.io/v1';
  const policy = (name: string, group: string) => ({
    metadata: { name },
    spec: { matchConstraints: { resourceRules: [{ apiGroups: [group] }] } },
  });
  const binding = (policyName: string, ...validationActions: string[]) => ({
    metadata: { name: policyName },
    spec: { policyName, validationActions },
  });
  const check = (policies: unknown, bindings: unknown) =>
    checkAdmissionPolicies(
      answering({
        [`${root}/validatingadmissionpolicies`]: policies,
        [`${root}/validatingadmissionpolicybindings`]: bindings,
      }),
      going,
    );
  const ours = { items: [policy('dcc-approval', 'dcc-operator.io'), policy('other', 'apps')] };

  test('that are bound pass', async () => {
    expect(await check(ours, { items: [binding('dcc-approval', 'Deny')] })).toMatchObject({
      result: 'OK',
      found: expect.stringMatching(/^dcc-approval, /),
    });
  });

  test.each([
    ['that are missing', { items: [policy('other', 'apps')] }, { items: [] }, /no policy guards/],
    ['without a binding', ours, { items: [binding('other', 'Deny')] }, /no binding lets dcc-approval deny/],
    ['that only warn', ours, { items: [binding('dcc-approval', 'Warn')] }, /no binding lets dcc-approval deny/],
    ['that the API server does not know', undefined, undefined, /knows no admission policies/],
  ])('%s are told as a warning', async (_, policies, bindings, found) => {
    expect(await check(policies, bindings)).toMatchObject({ result: 'WARNING', found: expect.stringMatching(found) });
  });

  test('that this user may not look at are skipped', async () => {
    const forbidden = new KubernetesError('Forbidden', 'no', { status: 403 });
    expect(await check(forbidden, forbidden)).toMatchObject({
      result: 'SKIPPED',
      found: expect.stringContaining('administrator'),
    });
  });
});

describe('the DCCServers', () => {
  const raw = (name: string, changes: object = {}) => {
    const { metadata, spec } = aServer(name);
    return { apiVersion: 'dcc-operator.io/v1alpha1', kind: 'DCCServer', metadata, spec: { ...spec, ...changes } };
  };
  const find = (items: unknown[], ...args: string[]) =>
    findServers(
      answering({ '/apis/dcc-operator.io/v1alpha1/dccservers': { metadata: {}, items } }),
      config(...args),
      going,
    );

  test('are found', async () => {
    expect(await find([raw('one'), raw('two')])).toMatchObject({ result: 'OK', found: '2 DCCServer(s)' });
  });

  test('that nobody selects are left out', async () => {
    expect(await find([raw('one')], '--selector=installation=north')).toMatchObject({ found: '0 DCCServer(s)' });
  });

  test('that cannot be read are told as a warning', async () => {
    expect(await find([raw('one'), raw('odd', { region: 7 })])).toMatchObject({
      result: 'WARNING',
      found: expect.stringMatching(/^1 DCCServer\(s\), and 1 .*\/odd$/),
    });
  });
});
