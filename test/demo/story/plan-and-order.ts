import type { Stage } from '../stage.ts';
import { approve, untilOrdered } from './order.ts';

export async function planAndOrder(stage: Stage): Promise<void> {
  await stage.narrate(
    'Now only a person is missing. The plan lists every order as it would be sent; its id is a digest of that, so an approval holds for exactly this plan and no other.',
  );
  await stage.kubectl('get', 'unsubscriptionrequest', 'retire-dcc-host-01', '-o', 'jsonpath={.status.plan}');
  await stage.narrate(
    'The approval is one field of the manifest. Before the order is sent the operator looks at everything once more and writes down what it is about to do: if it dies on the way, it finds out what happened and never orders twice.',
  );
  await approve(stage, 'retire-dcc-host-01');
  await untilOrdered(stage, 'retire-dcc-host-01', 'dcc-host-01');
  await stage.narrate('The refund is not computed: it was read from the order, after the cloud had completed it.');
}
