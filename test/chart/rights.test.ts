import { beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../operator/config.ts';
import { ensureBinaries } from '../cluster/binaries.ts';
import {
  clusterRole,
  deploymentOf,
  election,
  isClusterWide,
  rendered,
  role,
  roleBinding,
  rulesOf,
} from './manifests.ts';

// Built when it is missing, which takes longer than a test may.
beforeAll(() => ensureBinaries(['helm']));

describe('the chart', () => {
  test('lets the operator delete nothing, and read no Secret unless that is configured', async () => {
    const verbs = (await rulesOf()).flatMap((one) => one.verbs);
    expect(verbs).not.toContain('delete');
    expect(verbs).not.toContain('*');
    expect((await rulesOf()).flatMap(({ resources }) => resources)).not.toContain('secrets');
    const secrets = (await rulesOf({ 'credentials.allowSecretRefs': 'true' })).filter(({ resources }) =>
      resources.includes('secrets'),
    );
    expect(secrets).toEqual([{ apiGroups: [''], resources: ['secrets'], verbs: ['get'] }]);
  });

  test('lets viewers view and editors edit, and neither approve, where the API server guards approvals', async () => {
    const people = (await rendered()).filter(({ metadata }) => /-(viewer|editor)$/.test(metadata.name));
    const verbs = people.flatMap((object) => clusterRole.parse(object).rules.flatMap((one) => one.verbs));
    expect(verbs.sort()).toEqual([
      ...['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'],
    ]);
    for (const off of ['aggregateRoles', 'admission.enabled']) {
      const names = (await rendered({ [off]: 'false' })).map(({ metadata }) => metadata.name);
      expect(names.filter((name) => /-(viewer|editor)$/.test(name))).toEqual([]);
    }
  });

  test('lets an operator of some namespaces do there what it may do everywhere, and nothing on the cluster', async () => {
    const values = { namespaces: '{team-a,team-b}', 'credentials.allowSecretRefs': 'true' };
    const objects = await rendered(values);
    expect(objects.filter(isClusterWide)).toEqual([]);
    const everywhere = await rulesOf({ 'credentials.allowSecretRefs': 'true' });
    for (const namespace of ['team-a', 'team-b']) {
      const granted = objects.filter(({ metadata }) => metadata['namespace'] === namespace);
      const rights = role.parse(granted.find(({ kind }) => kind === 'Role'));
      expect(rights.rules).toEqual(everywhere);
      expect(roleBinding.parse(granted.find(({ kind }) => kind === 'RoleBinding'))).toMatchObject({
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: rights.metadata.name },
        subjects: [{ kind: 'ServiceAccount', name: 'dcc-dcc-operator', namespace: 'dcc-system' }],
      });
    }
  });

  test('has the operator look after everything unless told otherwise', async () => {
    const { template: pod } = await deploymentOf();
    const config = readConfig(pod.spec.containers[0]?.args ?? [], {});
    expect(config).toMatchObject({ namespaces: [] });
    expect(config.selector).toBeUndefined();
    expect((await rendered()).filter(isClusterWide)).toHaveLength(2);
    const bound = (await rendered()).filter(({ kind }) => kind === 'RoleBinding').map(({ metadata }) => metadata.name);
    expect(bound).toEqual([election]);
  });

  test('lets the operators of a release share one lease in its namespace, read what halts them, and touch no other', async () => {
    const objects = await rendered();
    const { args } = (await deploymentOf()).template.spec.containers[0] ?? {};
    const lease = readConfig(args ?? [], {})['lease-name'];
    const granted = objects.filter(({ metadata }) => metadata.name === election);
    expect(granted.map(({ kind, metadata }) => [kind, metadata['namespace']])).toEqual([
      ['Role', 'dcc-system'],
      ['RoleBinding', 'dcc-system'],
    ]);
    const leases = { apiGroups: ['coordination.k8s.io'], resources: ['leases'] };
    const halt = readConfig(args ?? [], {})['halt-config-map'];
    expect(granted[0]).toMatchObject({
      rules: [
        { ...leases, verbs: ['create'] },
        { ...leases, resourceNames: [lease], verbs: ['get', 'update'] },
        { apiGroups: [''], resources: ['configmaps'], resourceNames: [halt], verbs: ['get'] },
      ],
    });
    expect(granted[0]?.['rules']).toHaveLength(3);
    expect(roleBinding.parse(granted[1])).toMatchObject({
      roleRef: { kind: 'Role', name: election },
      subjects: [{ kind: 'ServiceAccount', name: 'dcc-dcc-operator', namespace: 'dcc-system' }],
    });
  });
});
