import { beforeAll, describe, expect, test } from 'vitest';
import { seconds } from '../../operator/clock.ts';
import { profiles } from '../chart/profiles.ts';
import { eventually } from '../integration/operator/expectations.ts';
import type { ReachableCloud } from './cloud.ts';
import { helmOutput } from './helm.ts';
import { kube, release, system } from './installation.ts';
import { describeArgoCd } from './profiles/argo-cd.ts';
import { describeKeyless } from './profiles/keyless.ts';
import { describeMonitored } from './profiles/monitored.ts';
import { describeObserveOnly } from './profiles/observe-only.ts';
import { describeOneTeam } from './profiles/one-team.ts';
import { definitions, deleteObjects, leftOf, team } from './profiles/profile.ts';
import { describeStrict } from './profiles/strict.ts';

/** Of each file in the folder `profiles/` of the chart. */
const described: Readonly<Record<string, (cloud: () => ReachableCloud) => void>> = {
  'argo-cd': describeArgoCd,
  keyless: describeKeyless,
  monitored: describeMonitored,
  'observe-only': describeObserveOnly,
  'one-team': describeOneTeam,
  strict: describeStrict,
};

/** Installs every profile of the chart, one after the other, each into a cluster that has nothing of the operator. */
export function describeProfiles(cloud: () => ReachableCloud): void {
  describe('from nothing', () => {
    beforeAll(async () => {
      await deleteObjects();
      await helmOutput(['uninstall', release, '--namespace', system, '--wait', '--timeout=100s']);
      await eventually(async () => expect(await leftOf(release)).toEqual(definitions), seconds(60));
      await kube('delete', ...definitions, '--wait');
      await kube('create', 'namespace', team);
    });

    test('every profile is tried', () => {
      expect(Object.keys(described)).toEqual(profiles.map(({ name }) => name));
    });

    for (const describeOne of Object.values(described)) describeOne(cloud);
  });
}
