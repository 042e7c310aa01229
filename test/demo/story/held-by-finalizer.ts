import { carries, serverIs, serverIsGone } from '../expectations.ts';
import type { Stage } from '../stage.ts';

/** A DCCServer is deleted while a virtual machine is on the server; it goes when the machine has gone. */
export async function heldByFinalizer(stage: Stage): Promise<void> {
  await stage.narrate(
    'Somebody deletes the DCCServer of dcc-host-05, or Git does. A finalizer keeps the object as long as a virtual machine is on the server, so that nobody loses sight of it.',
  );
  await stage.kubectl('delete', 'dccserver', 'dcc-host-05', '--wait=false');
  await stage.until(serverIs('dcc-host-05', 'Deleting'));
  await stage.untilOperatorLooked();
  await stage.until(carries('dcc-host-05', 'neighbour-01'));
  await stage.narrate(
    'The machine moves away, and the object may go. The server itself stays rented: nothing was ordered.',
  );
  await stage.cloud('vm', 'migrate', 'neighbour-01', 'dcc-host-04');
  await stage.until(serverIsGone('dcc-host-05'));
  stage.check('nothing was ordered for dcc-host-05', (await stage.ledger()).accepted.length === 3);
}
