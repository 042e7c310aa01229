import { describe, expect, test } from 'vitest';
import type { ReachableCloud } from './cloud.ts';
import { chart, helm, type Values } from './helm.ts';
import { quickValuesFor, release, system } from './installation.ts';
import { operatorPods } from './pods.ts';

const refusals: readonly (readonly [values: Values, says: string])[] = [
  [{ mode: 'Delete' }, "at '/mode': value must be one of 'Place', 'ObserveOnly'"],
  [{ replicas: 3 }, "additional properties 'replicas' not allowed"],
  [{ pollInterval: 'often' }, "at '/pollInterval': "],
  [{ replicaCount: -1 }, "at '/replicaCount': minimum: got -1, want 0"],
  [{ namespaces: ['Not a name'] }, "at '/namespaces/0': "],
  [
    { credentials: { accessKey: 'in plain sight' } },
    "at '/credentials': additional properties 'accessKey' not allowed",
  ],
];

/** Settings that Helm does not let into a cluster where the operator runs. */
export function describeRefusals(cloud: () => ReachableCloud): void {
  describe('set to something else', () => {
    test.each(refusals)('%o is refused', async (values, says) => {
      const { output, failed } = await helm(['upgrade', release, chart, '--namespace', system], values);
      expect({ output, failed }).toEqual({ output: expect.stringContaining(says), failed: true });
    });

    test('it is refused while the cluster knows no ServiceMonitor, and goes on as it was', async () => {
      const before = await operatorPods();
      const monitoring = { serviceMonitor: { enabled: true }, rules: { enabled: true } };
      const values = { ...quickValuesFor(cloud()), monitoring };
      const { output, failed } = await helm(['upgrade', release, chart, '--namespace', system], values);
      expect({ output, failed }).toEqual({
        output: expect.stringContaining('no matches for kind "ServiceMonitor" in version "monitoring.coreos.com/v1"'),
        failed: true,
      });
      expect((await operatorPods()).map(({ metadata }) => metadata.uid)).toEqual(
        before.map(({ metadata }) => metadata.uid),
      );
    });
  });
}
