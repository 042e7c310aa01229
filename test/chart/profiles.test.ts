import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { parseAllDocuments } from 'yaml';
import { z } from 'zod';
import { readConfig } from '../../operator/config.ts';
import { ensureBinaries } from '../cluster/binaries.ts';
import { chart, helm } from './helm.ts';
import { type Profile, profiles, templateOf } from './profiles.ts';

const run = promisify(execFile);
const kind = z.looseObject({ kind: z.string() });
const deployment = z.object({
  kind: z.literal('Deployment'),
  spec: z.object({
    replicas: z.int(),
    template: z.object({
      spec: z.looseObject({
        containers: z.tuple([z.object({ args: z.array(z.string()), envFrom: z.array(z.unknown()).default([]) })]),
      }),
    }),
  }),
});

/** What a profile comes to: its kinds, what the operator makes of its flags, and its pods. */
async function rendered(profile: Profile, ...more: string[]) {
  const objects = parseAllDocuments(await templateOf(profile, ...more))
    .map((document): unknown => document.toJS())
    .filter((object) => object !== null);
  const found = objects.map((object) => deployment.safeParse(object)).find(({ success }) => success)?.data;
  const { replicas, template } = found?.spec ?? expect.fail('there is no Deployment');
  const [{ args, envFrom }] = template.spec.containers;
  const kinds = new Set(objects.map((object) => kind.parse(object).kind));
  return { kinds, config: readConfig(args, {}), replicas, envFrom, pod: template.spec };
}

const named = (name: string) => profiles.find((each) => each.name === name) ?? expect.fail(`no profile ${name}`);

beforeAll(() => ensureBinaries(['helm']), 900_000);

describe.each(profiles)('the profile $name', (profile) => {
  test('says for whom it is, what is to be filled in, and how it is installed', () => {
    const [whom, ...filledIn] = profile.about;
    expect(whom).toMatch(/^For /);
    expect(filledIn.join('\n')).toMatch(/^To fill in: the /);
    expect(profile.command).toMatch(
      new RegExp(`^helm install dcc charts/dcc-operator .*-f charts/dcc-operator/${profile.path} `),
    );
  });

  test('is taken by the schema of the values, and leaves the settings that it is not about', async () => {
    const { config } = await rendered(profile);
    const about = ['mode', 'namespaces', 'max-open-orders', 'max-orders-per-hour'];
    const rest = (settings: object) => Object.entries(settings).filter(([name]) => !about.includes(name));
    const own = { 'halt-config-map': 'dcc-dcc-operator-halt', 'lease-name': 'dcc-dcc-operator' };
    expect(rest(config)).toEqual(rest({ ...readConfig([], {}), ...own }));
  });
});

describe.concurrent('rendered,', () => {
  test('observe-only orders nothing, and checks before it starts', async () => {
    const { config, pod } = await rendered(named('observe-only'));
    expect(config.mode).toBe('ObserveOnly');
    expect(pod).toMatchObject({ initContainers: [{ name: 'preflight' }] });
  });

  test('one-team is one operator without anything of the cluster, and with no key of its own', async () => {
    const { config, kinds, replicas, envFrom } = await rendered(named('one-team'));
    expect({ namespaces: config.namespaces, replicas, envFrom }).toEqual({
      namespaces: ['team-a'],
      replicas: 1,
      envFrom: [],
    });
    expect([...kinds]).not.toContain('ClusterRoleBinding');
  });

  test('strict has four eyes, a small budget, a network policy and a check before the start', async () => {
    const { config, kinds, pod } = await rendered(named('strict'));
    expect(config).toMatchObject({ mode: 'Place', 'max-open-orders': 1, 'max-orders-per-hour': 4 });
    expect([...kinds]).toEqual(expect.arrayContaining(['MutatingAdmissionPolicy', 'NetworkPolicy', 'Job']));
    expect(pod).toMatchObject({ initContainers: [{}], priorityClassName: 'system-cluster-critical' });
  });

  test('keyless has a token, and no Secret', async () => {
    const { envFrom, pod } = await rendered(named('keyless'));
    expect({ envFrom, volumes: pod['volumes'] }).toMatchObject({
      envFrom: [],
      volumes: [{ name: 'huaweicloud-token' }],
    });
  });

  test('monitored has what the Prometheus operator and Grafana look for', async () => {
    const { kinds } = await rendered(named('monitored'));
    expect([...kinds]).toEqual(expect.arrayContaining(['ServiceMonitor', 'Service', 'PrometheusRule', 'ConfigMap']));
  });

  test('argo-cd has health checks, and lets Git both ask and approve', async () => {
    const { kinds } = await rendered(named('argo-cd'));
    expect([...kinds]).toContain('ConfigMap');
    expect([...kinds]).not.toContain('MutatingAdmissionPolicy');
  });

  test('several together have what each of them has', async () => {
    const more = ['observe-only', 'monitored', 'one-team'].map((name) => `-f ${join(chart, named(name).path)}`);
    const { config, kinds } = await rendered(named('strict'), ...more);
    expect(config).toMatchObject({ mode: 'ObserveOnly', namespaces: ['team-a'], 'max-open-orders': 1 });
    expect([...kinds]).toEqual(expect.arrayContaining(['MutatingAdmissionPolicy', 'NetworkPolicy', 'ServiceMonitor']));
  });
});

test('all of them are in the packaged chart', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'dcc-operator-package-'));
  try {
    await helm(['package', chart, '--destination', folder]);
    const { stdout } = await run('tar', ['--list', '--file', join(folder, 'dcc-operator-0.1.0.tgz')]);
    expect(stdout.split('\n')).toEqual(expect.arrayContaining(profiles.map(({ path }) => `dcc-operator/${path}`)));
  } finally {
    await rm(folder, { recursive: true });
  }
});
