import { isApproved, isBlockedBy } from '../expectations.ts';
import type { Stage } from '../stage.ts';
import { approve, untilOrdered } from './order.ts';

/** A frozen server is approved and still not ordered, until it is thawed. */
export async function frozenServer(stage: Stage): Promise<void> {
  await stage.narrate('dcc-host-03 is empty, but the cloud has frozen it and would refuse the order.');
  await stage.kubectl('apply', '-f', 'docs/examples/retire-dcc-host-03.yaml');
  await stage.until(isBlockedBy('retire-dcc-host-03', 'ServerFrozen'));
  await stage.narrate(
    'It is approved all the same. That is remembered, but every condition has to hold at the moment of the order: nothing is sent.',
  );
  await approve(stage, 'retire-dcc-host-03');
  await stage.until(isApproved('retire-dcc-host-03'));
  await stage.untilOperatorLooked();
  await stage.until(isBlockedBy('retire-dcc-host-03', 'ServerFrozen'));
  stage.check('nothing was ordered for the frozen server', (await stage.ledger()).accepted.length === 2);
  await stage.narrate('What froze it is settled. Now everything holds, and nobody has to be asked again.');
  await stage.cloud('server', 'thaw', 'dcc-host-03');
  await untilOrdered(stage, 'retire-dcc-host-03', 'dcc-host-03');
}
