import { beforeAll, describe, expect, test } from 'vitest';
import { ensureBinaries } from '../cluster/binaries.ts';
import { template } from './helm.ts';
import { rendered } from './manifests.ts';

// Built when it is missing, which takes longer than a test may.
beforeAll(() => ensureBinaries(['helm']));

describe('the chart has the API server ask who may', () => {
  const admission = (values?: Record<string, string>, served?: string[]) =>
    template(values, ['templates/admission.yaml'], served);
  const named = async (values?: Record<string, string>) =>
    (await rendered(values))
      .filter(({ kind }) => kind.includes('AdmissionPolicy'))
      .map(({ kind, metadata }) => `${kind} ${metadata.name}`);

  test('approve, settle and break the glass, unless told otherwise', async () => {
    expect(await named()).toEqual([
      'ValidatingAdmissionPolicy dcc-dcc-operator-approval',
      'ValidatingAdmissionPolicy dcc-dcc-operator-force-release',
      'ValidatingAdmissionPolicyBinding dcc-dcc-operator-approval',
      'ValidatingAdmissionPolicyBinding dcc-dcc-operator-force-release',
    ]);
    expect(await named({ 'admission.enabled': 'false' })).toEqual([]);
  });

  test('in its own namespaces only, when it has some', async () => {
    expect(await admission()).not.toContain('namespaceSelector');
    expect((await admission({ namespaces: '{team-a}' })).match(/values:\n\s+- team-a/g)).toHaveLength(2);
  });

  test('since when requests are stamped, which is another time for namespaces that were added', async () => {
    const stamping = async (namespaces: string) => {
      const all = await admission({ 'admission.fourEyes': 'true', namespaces });
      const [, name = ''] = /paramRef: \{ name: (\S+), parameterNotFoundAction: Deny \}/.exec(all) ?? [];
      expect(all).toContain(`kind: MutatingAdmissionPolicyBinding\nmetadata:\n  name: ${name}\n`);
      return name;
    };
    const [before, sorted, more] = await Promise.all(['{a,b}', '{b,a}', '{a,b,c}'].map(stamping));
    expect(sorted).toBe(before);
    expect(more).not.toBe(before);
  });

  test('with four eyes only where the API server can note who made a request', async () => {
    const fourEyes = { 'admission.fourEyes': 'true' };
    expect(await named(fourEyes)).toContain('MutatingAdmissionPolicy dcc-dcc-operator-requested-by');
    const api = 'admissionregistration.k8s.io';
    const beta = await admission(fourEyes, [`${api}/v1beta1/MutatingAdmissionPolicy`]);
    expect(beta).toContain(`apiVersion: ${api}/v1beta1\nkind: MutatingAdmissionPolicy\n`);
    await expect(admission(fourEyes, [])).rejects.toThrow(
      /serves no MutatingAdmissionPolicy.*Set admission.fourEyes to false/,
    );
  });
});
