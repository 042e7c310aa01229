import { isBlockedBy, ledgerSays, requestIs } from '../expectations.ts';
import type { Stage } from '../stage.ts';

/** A request is blocked by two virtual machines; one is deleted, one moves away. */
export async function blockedByMachines(stage: Stage): Promise<void> {
  await stage.narrate(
    'An UnsubscriptionRequest asks to give dcc-host-01 back. To do so would destroy the two virtual machines on it, so the operator waits, and says for each of them what to do.',
  );
  await stage.kubectl('apply', '-f', 'docs/examples/retire-dcc-host-01.yaml');
  await stage.until(isBlockedBy('retire-dcc-host-01', 'VirtualMachinesRemain', 'VirtualMachinesRemain'));
  await stage.narrate(
    'web-01 is not needed any more: somebody deletes it. The operator follows every machine that leaves, and demands a backup of those that were deleted.',
  );
  await stage.cloud('vm', 'delete', 'web-01');
  await stage.until(ledgerSays('dcc-host-01', 'web-01', 'Deleted'));
  await stage.narrate('web-02 is still needed: it moves to another server.');
  await stage.cloud('vm', 'migrate', 'web-02', 'dcc-host-04');
  await stage.until(ledgerSays('dcc-host-01', 'web-02', 'Migrated'));
  await stage.until(requestIs('retire-dcc-host-01', 'AwaitingApproval'));
  stage.check('nothing was ordered before the approval', (await stage.ledger()).accepted.length === 0);
}
