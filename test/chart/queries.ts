import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import { z } from 'zod';

const files = new URL('../../charts/dcc-operator/files/', import.meta.url);
const rule = z.object({ alert: z.string(), expr: z.string(), annotations: z.record(z.string(), z.string()) });
const alertFile = z.object({ groups: z.array(z.object({ rules: z.array(rule) })) });
const dashboard = z.object({
  panels: z.array(
    z.object({ title: z.string(), targets: z.array(z.object({ expr: z.string() })).optional(), type: z.string() }),
  ),
});

/** An alert: what it asks Prometheus for, and what it tells people. */
export interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: Readonly<Record<string, string>>;
}

export function alerts(): Alert[] {
  const { groups } = alertFile.parse(parse(readFileSync(new URL('alerts.yaml', files), 'utf8')));
  return groups.flatMap(({ rules }) => rules);
}

/** A panel of the dashboard, with what it asks Prometheus for. */
export interface Panel {
  readonly title: string;
  readonly expressions: readonly string[];
}

/** All but the headings. */
export function panels(): Panel[] {
  const { panels: all } = dashboard.parse(JSON.parse(readFileSync(new URL('dashboard.json', files), 'utf8')));
  return all
    .filter(({ type }) => type !== 'row')
    .map(({ title, targets = [] }) => ({ title, expressions: targets.map(({ expr }) => expr) }));
}

/** Every expression that an alert or a panel of the dashboard asks Prometheus for. */
export function queries(): string[] {
  return [...alerts().map(({ expr }) => expr), ...panels().flatMap(({ expressions }) => expressions)];
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
