import type { Stage } from './stage.ts';
import { backupMissing } from './story/backup-missing.ts';
import { blockedByMachines } from './story/blocked-by-machines.ts';
import { frozenServer } from './story/frozen-server.ts';
import { heldByFinalizer } from './story/held-by-finalizer.ts';
import { planAndOrder } from './story/plan-and-order.ts';
import { refusedManifests } from './story/refused-manifests.ts';
import { serversAreManifests } from './story/servers-are-manifests.ts';

export interface Chapter {
  readonly title: string;
  readonly play: (stage: Stage) => Promise<void>;
}

/** What the demo tells, in this order. */
export const story: readonly Chapter[] = [
  { title: 'A physical server is a manifest', play: serversAreManifests },
  { title: 'A server that still carries virtual machines is not given back', play: blockedByMachines },
  { title: 'A person approves the plan; then it is ordered, once', play: planAndOrder },
  { title: 'Data without a backup blocks, too', play: backupMissing },
  { title: 'An approval alone orders nothing: a frozen server', play: frozenServer },
  { title: 'Deleting a DCCServer never unsubscribes anything', play: heldByFinalizer },
  { title: 'Mistakes are refused at once, in a sentence', play: refusedManifests },
];
