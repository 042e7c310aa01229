import { execFile } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, describe, expect, test } from 'vitest';
import { parse, stringify } from 'yaml';
import { z } from 'zod';
import { ensureBinaries } from '../cluster/binaries.ts';
import { type AlertCase, alertCases } from './alert-cases.ts';
import { chart } from './helm.ts';

const run = promisify(execFile);
const root = `${import.meta.dirname}/../..`;
const rulesFile = join(chart, 'files/alerts.yaml');
const rule = z.strictObject({
  alert: z.string(),
  expr: z.string(),
  for: z.string().optional(),
  labels: z.strictObject({ severity: z.enum(['critical', 'warning', 'info']) }),
  annotations: z.strictObject({ summary: z.string(), description: z.string(), runbook: z.string() }),
});
const rules = z
  .strictObject({ groups: z.array(z.strictObject({ name: z.string(), rules: z.array(rule) })) })
  .parse(parse(readFileSync(rulesFile, 'utf8')))
  .groups.flatMap((group) => group.rules);

let promtool = '';
beforeAll(async () => {
  ({ promtool } = await ensureBinaries(['promtool']));
}, 1_800_000);

/** Asks the real promtool whether the alert does as the case says. Rejects with its words when not. */
async function judge({ alert, series, atMinute, fires }: AlertCase): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'dcc-operator-alerts-'));
  const found = rules.find((one) => one.alert === alert) ?? expect.fail(`there is no alert ${alert}`);
  // promtool would compare its words, too, which say how long something has lasted.
  const { annotations: _, labels, ...condition } = found;
  const expected = fires === undefined ? [] : [{ exp_labels: { ...fires, ...labels } }];
  const input = Object.entries(series).map(([name, values]) => ({ series: name, values }));
  const test = {
    interval: '1m',
    input_series: input,
    alert_rule_test: [{ eval_time: `${atMinute}m`, alertname: alert, exp_alerts: expected }],
  };
  const file = join(folder, 'test.yaml');
  try {
    const alone = { groups: [{ name: 'alone', rules: [{ ...condition, labels }] }] };
    await writeFile(join(folder, 'rules.yaml'), stringify(alone));
    await writeFile(file, stringify({ rule_files: ['rules.yaml'], evaluation_interval: '1m', tests: [test] }));
    await run(promtool, ['test', 'rules', file]);
  } finally {
    await rm(folder, { recursive: true });
  }
}

describe('an alert', () => {
  test('is written as Prometheus reads it', async () => {
    await run(promtool, ['check', 'rules', '--lint=all', '--lint-fatal', rulesFile]);
  });

  test.each(alertCases)('$alert: $what', judge);

  test.each(rules)('$alert is seen to fire and to be silent, and has a runbook', ({ alert, annotations }) => {
    const cases = alertCases.filter((one) => one.alert === alert);
    expect(cases.some(({ fires }) => fires !== undefined)).toBe(true);
    expect(cases.some(({ fires }) => fires === undefined)).toBe(true);
    expect(annotations.runbook).toBe(`docs/runbooks/${alert}.md`);
    expect(existsSync(join(root, annotations.runbook))).toBe(true);
  });
});
