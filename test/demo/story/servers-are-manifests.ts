import { carries } from '../expectations.ts';
import type { Stage } from '../stage.ts';

/** Describes four servers, and waits until the operator has seen what is on each. */
export async function serversAreManifests(stage: Stage): Promise<void> {
  await stage.narrate(
    'Four servers of the cloud are described, one DCCServer each. Applying them orders nothing: the operator looks at what is on each server, and keeps looking.',
  );
  await stage.kubectl('apply', '-f', 'docs/examples/servers.yaml', '-f', 'docs/examples/neighbour.yaml');
  await stage.until(carries('dcc-host-01', 'web-01', 'web-02'));
  await stage.until(carries('dcc-host-02', 'batch-01'));
  await stage.until(carries('dcc-host-03'));
  await stage.until(carries('dcc-host-05', 'neighbour-01'));
}
