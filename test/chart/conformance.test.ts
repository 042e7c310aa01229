import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ensureBinaries } from '../cluster/binaries.ts';
import { template } from './helm.ts';
import { kubernetesSchemas, releases } from './kubernetes-schemas.ts';
import { profiles, templateOf } from './profiles.ts';
import { writePrometheusOperatorSchemas } from './prometheus-operator-schemas.ts';
import { type Settings, type ValueCase, valueCases } from './value-cases.ts';

let kubeconform = '';
let schemas = '';
/** Of the kinds that are not Kubernetes'. */
let scratch = '';
let everything = '';
beforeAll(async () => {
  ({ kubeconform } = await ensureBinaries(['kubeconform']));
  schemas = await kubernetesSchemas();
  scratch = await mkdtemp(join(tmpdir(), 'dcc-operator-schemas-'));
  await writePrometheusOperatorSchemas(scratch);
  const renderings = [
    ...settings.map((values) => template(values, [], [])),
    ...profiles.map((each) => templateOf(each)),
  ];
  everything = (await Promise.all(renderings)).join('\n---\n');
}, 900_000);
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** Checks manifests strictly against the schemas of a release; gives what the real kubeconform said. */
async function judge(manifests: string, release: string): Promise<{ code: unknown; output: string }> {
  const locations = [`${schemas}/${release}`, scratch].flatMap((folder) => [
    '-schema-location',
    `${folder}/{{ .ResourceKind }}{{ .KindSuffix }}.json`,
  ]);
  // Four eyes need a kind that only the newest release serves.
  const unknown = release === '1.36' ? [] : ['-skip', 'MutatingAdmissionPolicy,MutatingAdmissionPolicyBinding'];
  const args = ['-strict', '-summary', ...unknown, ...locations, '-'];
  const child = spawn(kubeconform, args);
  child.stdin.end(manifests);
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  return { code, output: `${stdout}${stderr}` };
}

/** Every value that is seen to do something, in as few renderings as can hold them: with everything on, and with little. */
const settings: readonly Settings[] = [{}, ...together(valueCases.filter(isOn)), ...together(valueCases.filter(isOff))];

/** Needs a kind that only the newest release serves: it is judged below. */
function isOn({ value, hides }: ValueCase): boolean {
  return hides === undefined && value !== 'admission.fourEyes';
}

function isOff({ hides }: ValueCase): boolean {
  return hides !== undefined;
}

/** Merges the settings of the cases, and begins anew where two would contradict. */
function together(cases: readonly ValueCase[]): Settings[] {
  const merged: Settings[] = [];
  for (const { given, set } of cases) {
    const more = { ...given, ...set };
    const index = merged.findIndex((settings) => goTogether(settings, more));
    if (index === -1) merged.push(more);
    else merged[index] = { ...merged[index], ...more };
  }
  return merged;
}

function goTogether(settings: Settings, more: Settings): boolean {
  const has = (part: string) => [settings, more].map((each) => Object.keys(each).some((name) => name.includes(part)));
  const [older, newer] = ['identityProvider', 'providerUrn'].map((part) => has(part).includes(true));
  const sameWords = Object.entries(more).every(([name, text]) => (settings[name] ?? text) === text);
  return sameWords && !(older && newer);
}

// All at once: kubeconform reads the schemas anew each time, which takes longer than judging.
test.each(releases)(
  'all that the chart renders, with each value and each profile, is what the schemas of Kubernetes %s say',
  async (release) => {
    const { code, output } = await judge(everything, release);
    expect(output).toMatch(/Summary: \d{2,3} resources found/);
    expect({ code, output }).toMatchObject({ code: 0, output: expect.stringMatching(/Invalid: 0, Errors: 0/) });
  },
);

test('they are few, and hold every value that is seen to do something', () => {
  expect(settings.length).toBeLessThan(7);
  const set = new Set(settings.flatMap((each) => Object.keys(each)));
  const wanted = valueCases
    .filter(({ value }) => value !== 'admission.fourEyes')
    .flatMap((each) => Object.keys(each.set));
  expect(wanted.filter((name) => !set.has(name))).toEqual([]);
});

test('four eyes are what the schemas of the release say that serves their policy', async () => {
  const { code, output } = await judge(await template({ 'admission.fourEyes': 'true' }), '1.36');
  expect({ code, output }).toMatchObject({ code: 0, output: expect.stringMatching(/Invalid: 0, Errors: 0/) });
});

test.each([
  ['Kubernetes', 'serviceAccountName:', 'serviceAccountNames:'],
  ['the Prometheus operator', 'honorLabels:', 'honourLabels:'],
])('a manifest with a field that no release of %s knows is refused', async (_, known, unknown) => {
  const all = await template({ 'monitoring.serviceMonitor.enabled': 'true' });
  expect(all).toContain(known);
  expect(await judge(all.replace(known, unknown), '1.36')).toMatchObject({
    code: 1,
    output: expect.stringContaining(unknown.slice(0, -1)),
  });
});
