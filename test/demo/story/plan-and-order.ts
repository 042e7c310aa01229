import type { Stage } from '../stage.ts';
import { approve, untilOrdered } from './order.ts';

const planInLines =
  '{range .status.plan.orders[*]}{.servers} {.resourceIds}{"\\n"}{range .relyingOn[*]}- {@}{"\\n"}{end}{end}';

/** The plan is read and approved; the order is placed, and followed to its refund. */
export async function planAndOrder(stage: Stage): Promise<void> {
  await stage.narrate(
    'Now only a person is missing. The plan has every order as it would be sent, and what people have stated about the server that no API of the cloud confirms. Its id is a digest of all that: an approval holds for this plan and no other.',
  );
  await stage.kubectl('get', 'unsubscriptionrequest', 'retire-dcc-host-01', '-o', `jsonpath=${planInLines}`);
  await stage.narrate(
    'The approval is one field of the manifest. Before the order is sent the operator looks at everything once more and writes down what it is about to do: if it dies on the way, it finds out what happened and never orders twice.',
  );
  await approve(stage, 'retire-dcc-host-01');
  await untilOrdered(stage, 'retire-dcc-host-01', 'dcc-host-01');
  await stage.narrate('The refund is not computed: it was read from the order, after the cloud had completed it.');
}
