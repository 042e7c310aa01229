import type { Panel } from '../chart/queries.ts';
import type { Sample } from '../cluster/prometheus.ts';

/** A panel with what a real Prometheus gave for it. */
export interface ShownPanel extends Panel {
  readonly samples: readonly Sample[];
}

/** What the dashboard showed in a run, as Markdown; the namespace of the run is called `team-a`. */
export function dashboardDocument(panels: readonly ShownPanel[], namespace: string): string {
  const rows = panels.map(({ title, expressions, samples }) => {
    const queries = expressions.map((text) => `\`${text.replaceAll('|', '\\|')}\``).join('<br>');
    return `| ${title} | ${queries} | ${shown(samples, namespace)} |`;
  });
  return [introduction, '| panel | asks for | showed |', '| --- | --- | --- |', ...rows, ''].join('\n');
}

const introduction = `<!-- Written by a run of test/integration/operator/on-call.test.ts; see below. -->

# The dashboard, with data of a real run

[dashboard.json](../charts/dcc-operator/files/dashboard.json) is for Grafana; \`monitoring.dashboard\` of the chart hands it to Grafana's
sidecar. This is what its panels showed when a real Prometheus scraped two real operators once a second, on a real API server and a
simulated Huawei Cloud, in a night in which everything goes wrong: a call whose answer was lost, an order that waits, one that was refused, one
that gave back too little, a machine that keeps a server, a deletion that is held, a key that is refused, calls that are throttled. The same
test fails when a panel shows nothing. To write this page anew:

\`\`\`sh
DCC_OPERATOR_DASHBOARD_DOCUMENT=docs/dashboard.md npx vitest run --project integration test/integration/operator/on-call.test.ts
npx biome check --write docs/dashboard.md
\`\`\`
`;

const most = 4;

function shown(samples: readonly Sample[], namespace: string): string {
  const lines = samples.slice(0, most).map(({ labels, value }) => {
    const pairs = Object.entries(labels).map(([name, text]) => `${name}="${text.replaceAll(namespace, 'team-a')}"`);
    return `\`{${pairs.join(', ')}}\` ${Number(value.toPrecision(3))}`;
  });
  const more = samples.length > most ? [`and ${samples.length - most} more`] : [];
  return [...lines, ...more].join('<br>');
}
