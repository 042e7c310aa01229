import { isBlockedBy, ledgerSays, requestIs } from '../expectations.ts';
import type { Stage } from '../stage.ts';
import { approve, untilOrdered } from './order.ts';

/** A request is blocked by a virtual machine and by its missing backup; both are seen to, in that order. */
export async function backupMissing(stage: Stage): Promise<void> {
  await stage.narrate(
    'batch-01 on dcc-host-02 was never backed up. The operator says so while the machine is still there, because once it is deleted it is too late.',
  );
  await stage.kubectl('apply', '-f', 'docs/examples/retire-dcc-host-02.yaml');
  await stage.until(isBlockedBy('retire-dcc-host-02', 'VirtualMachinesRemain', 'BackupMissing'));
  await stage.narrate('First the backup, then the machine.');
  await stage.cloud('backup', 'make', 'batch-01');
  await stage.until(isBlockedBy('retire-dcc-host-02', 'VirtualMachinesRemain'));
  await stage.cloud('vm', 'delete', 'batch-01');
  await stage.until(ledgerSays('dcc-host-02', 'batch-01', 'Deleted'));
  await stage.until(requestIs('retire-dcc-host-02', 'AwaitingApproval'));
  await approve(stage, 'retire-dcc-host-02');
  await untilOrdered(stage, 'retire-dcc-host-02', 'dcc-host-02');
}
