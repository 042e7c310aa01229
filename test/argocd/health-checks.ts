import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { parse } from 'yaml';
import { z } from 'zod';
import { template } from '../chart/helm.ts';
import { ensureBinaries } from '../cluster/binaries.ts';
import type { StoredObject } from './stored-objects.ts';

/** What Argo CD shows of an object. */
export interface Health {
  readonly status: 'Healthy' | 'Progressing' | 'Suspended' | 'Degraded' | 'Missing' | 'Unknown' | '';
  readonly message: string;
}

const configMap = z.looseObject({
  kind: z.literal('ConfigMap'),
  metadata: z.looseObject({ name: z.string(), namespace: z.string() }),
  data: z.record(z.string(), z.string()),
});

/** The fragment of Argo CD's settings that the chart carries, as people take it out of its ConfigMap. */
export async function fragment(): Promise<{ manifest: string; data: Readonly<Record<string, string>> }> {
  const rendered = await template({ 'argocd.healthChecks.enabled': 'true' }, ['templates/argocd.yaml']);
  const manifest = configMap.parse(parse(rendered)).data['argocd-cm.yaml'] ?? '';
  return { manifest, data: configMap.parse(parse(manifest)).data };
}

const answers = z.array(
  z.strictObject({
    status: z.enum(['Healthy', 'Progressing', 'Suspended', 'Degraded', 'Missing', 'Unknown', '']),
    message: z.string(),
  }),
);

/** Has Argo CD's own code assess objects by these settings; rejects with what it said when the settings are wrong. */
export async function assess(
  settings: Readonly<Record<string, string>>,
  objects: readonly StoredObject[],
): Promise<Health[]> {
  const { 'argocd-health': program } = await ensureBinaries(['argocd-health']);
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.end(JSON.stringify({ settings, objects }));
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  if (code !== 0) throw new Error(`argocd-health ended with ${code}: ${stderr}`);
  return answers.parse(JSON.parse(stdout));
}
