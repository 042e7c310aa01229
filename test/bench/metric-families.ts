import { parseSamples, type Sample } from './metrics-text.ts';

/** What dashboards and alerts rely on of a metric. */
export interface MetricFamily {
  name: string;
  type: string;
  help: string;
  /** Sorted; without the `le` of a histogram. */
  labels: string[];
  /** Upper bounds, the infinite one left out; only of a histogram. */
  buckets?: number[];
}

/** Reads Prometheus' text format for what does not change from one moment to the next, sorted by name. */
export function parseFamilies(text: string): MetricFamily[] {
  const samples = parseSamples(text);
  return [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)]
    .map(([, name = '', type = '']) => familyOf(name, type, text, samples))
    .toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

function familyOf(name: string, type: string, text: string, samples: readonly Sample[]): MetricFamily {
  const help = new RegExp(`^# HELP ${name} (.*)$`, 'm').exec(text)?.[1] ?? '';
  const suffixes = type === 'histogram' ? ['_bucket', '_sum', '_count'] : [''];
  const names = new Set(suffixes.map((suffix) => name + suffix));
  const own = samples.filter((sample) => names.has(sample.name));
  const labels = new Set(own.flatMap((sample) => Object.keys(sample.labels)));
  labels.delete('le');
  const family = { name, type, help, labels: [...labels].sort() };
  return type === 'histogram' ? { ...family, buckets: bucketsOf(own) } : family;
}

const bucketsOf = (samples: readonly Sample[]): number[] =>
  [...new Set(samples.flatMap(({ labels }) => labels['le'] ?? []))]
    .map(Number)
    .filter(Number.isFinite)
    .toSorted((one, other) => one - other);
