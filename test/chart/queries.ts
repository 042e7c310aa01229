import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const files = new URL('../../charts/dcc-operator/files/', import.meta.url);
const alerts = z.object({ groups: z.array(z.object({ rules: z.array(z.object({ expr: z.string() })) })) });
const dashboard = z.object({
  panels: z.array(
    z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).optional(), type: z.string() }),
  ),
});

/** Every expression that an alert or a panel of the dashboard asks Prometheus for. */
export function queries(): string[] {
  const { groups } = alerts.parse(parse(readFileSync(new URL('alerts.yaml', files), 'utf8')));
  const { panels } = dashboard.parse(JSON.parse(readFileSync(new URL('dashboard.json', files), 'utf8')));
  return [
    ...groups.flatMap(({ rules }) => rules.map(({ expr }) => expr)),
    ...panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)),
  ];
}

/** The metrics that an expression asks for, a histogram by the name that it is registered with. */
export function metricsIn(expr: string): string[] {
  const bare = expr
    .replaceAll(/\{[^}]*\}/g, '')
    .replaceAll(/\b(by|on)\s*\([^)]*\)/g, '')
    .replaceAll(/\[\w+\]/g, '');
  const words = bare.match(/[a-z]\w*/g) ?? [];
  return words.filter((word) => word.includes('_') && word !== 'histogram_quantile').map(withoutSuffix);
}

const withoutSuffix = (name: string): string => name.replace(/_bucket$/, '');
