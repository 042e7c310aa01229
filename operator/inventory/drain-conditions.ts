import { type ConditionNow, capped } from '../api/condition-list.ts';
import { inNumbers } from '../api/count-mismatch.ts';
import { type DCCServerStatus, labelOf } from '../api/dccserver.ts';
import type { DCCServer } from '../api/objects.ts';
import { sentence } from '../api/sentence.ts';
import { excludedIds } from './machines.ts';
import type { Dependents, ReadFailure, Reading, ServerObservation } from './observation.ts';

/** Why a source could not be read, and what to do. */
export const inWords = ({ source, message, remedy }: ReadFailure): string =>
  `${source} cannot be read: ${sentence(message)} ${remedy}`;

/** Whether anything is left on the server. */
export function drainedCondition(reading: Reading<Dependents>): ConditionNow {
  const type = 'Drained';
  if (reading.kind === 'Unreadable') {
    return { type, status: 'Unknown', reason: 'CannotList', message: inWords(reading.failure) };
  }
  const { machines: remaining, mismatch } = reading.value;
  if (mismatch !== undefined) {
    const message = `${inNumbers(mismatch)}.`;
    return { type, status: 'False', reason: 'CountMismatch', message };
  }
  if (remaining.length === 0) {
    return { type, status: 'True', reason: 'NoVirtualMachineLeft', message: 'No virtual machine is on the server.' };
  }
  const names = remaining.map((machine) => `${labelOf(machine)} (${machine.service}).`);
  const message = `Virtual machines remain: ${capped(names)} ${drainRemedy(remaining)}`;
  return { type, status: 'False', reason: 'VirtualMachinesRemain', message };
}

function drainRemedy(remaining: Dependents['machines']): string {
  const unplaced = remaining.filter(({ placed }) => placed === 'MaybeHere').length;
  if (unplaced === 0) return 'Delete or migrate them.';
  const which = unplaced === remaining.length ? 'which' : 'of all of them which';
  return `The cloud does not tell ${which} server of the zone they are on. Delete or migrate them, or exclude those that are elsewhere, with the reason.`;
}

/** Whether the data of every machine that left is safe, by the ledger in this status. */
export function ledgerCondition(
  server: DCCServer,
  status: DCCServerStatus,
  judged: ServerObservation['departed'],
): ConditionNow {
  const type = 'DataProtected';
  const { virtualMachines, departed = [], ledgerIncomplete } = status;
  if (server.spec.backup?.requirement === 'Waived') {
    return { type, status: 'True', reason: 'Waived', message: 'A person waived the backups.' };
  }
  if (virtualMachines === undefined) {
    return { type, status: 'Unknown', reason: 'NotObserved', message: 'The server has not been observed yet.' };
  }
  const excluded = excludedIds(server);
  const counted = departed.filter(({ id }) => !excluded.has(id));
  const lost = counted.filter(({ problem }) => problem !== undefined);
  if (lost.length > 0) {
    const reason = lost[0]?.problem ?? 'BackupMissing';
    const names = lost.map((machine) => `${labelOf(machine)} (${machine.problem}).`);
    return { type, status: 'False', reason, message: `Deleted without a usable backup: ${capped(names)}` };
  }
  if (judged.kind === 'Unreadable') {
    return { type, status: 'Unknown', reason: 'CannotRead', message: inWords(judged.failure) };
  }
  const open = counted.filter(({ fate }) => fate === 'Unknown').map((machine) => `${labelOf(machine)}.`);
  if (open.length > 0) {
    return { type, status: 'Unknown', reason: 'FateUnknown', message: `Not known what became of: ${capped(open)}` };
  }
  if (ledgerIncomplete === true) {
    const message = 'More virtual machines were seen on the server than can be followed.';
    return { type, status: 'Unknown', reason: 'LedgerFull', message };
  }
  const message = 'Every machine that left is alive elsewhere or backed up.';
  return { type, status: 'True', reason: 'Protected', message };
}
