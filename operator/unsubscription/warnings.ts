import type { WarningStatus } from '../api/unsubscriptionrequest.ts';
import { hours } from '../clock.ts';
import { type FoundServer, foundServers, givesServersBack, type Snapshot } from './snapshot.ts';

/**
 * What does not keep an order from being placed and is worth a look all the same, sorted. Pure, and of nothing that changes by
 * itself from one pass to the next.
 */
export function warningsOf(snapshot: Snapshot): WarningStatus[] {
  return foundServers(snapshot)
    .flatMap((found) => [...autoRenewal(found, snapshot), ...autoPlacement(found, snapshot)])
    .sort((a, b) => a.server.localeCompare(b.server) || a.reason.localeCompare(b.reason));
}

/** When the cloud takes the money for the next period: by default at 03:00, seven days before the end. */
const deductedBefore = hours(24 * 7);

/** Money for a period that nobody wants, if the drain lasts until then: not all of it comes back. */
function autoRenewal({ name, observation }: FoundServer, snapshot: Snapshot): WarningStatus[] {
  const { subscription } = observation;
  if (!givesServersBack(snapshot)) return [];
  if (subscription.kind === 'Unreadable') return asItStood('AutoRenewalOn', name, snapshot);
  const { autoRenewal: isOn, expireTime, status } = subscription.value;
  if (!isOn || expireTime === undefined || status !== 'InUse') return [];
  const day = new Date(new Date(expireTime).getTime() - deductedBefore).toISOString().slice(0, 10);
  return [
    {
      server: name,
      reason: 'AutoRenewalOn',
      message: `The cloud renews ${name} by itself, and takes the money about ${day}.`,
      remedy: 'If the drain can last until then, switch auto-renewal off in Billing Center > Renewals.',
    },
  ];
}

function autoPlacement({ name, observation }: FoundServer, snapshot: Snapshot): WarningStatus[] {
  if (!givesServersBack(snapshot)) return [];
  if (observation.dependents.kind === 'Unreadable') return asItStood('AutoPlacementOn', name, snapshot);
  if (!observation.autoPlacement) return [];
  return [
    {
      server: name,
      reason: 'AutoPlacementOn',
      message: `New machines that name no host may still be placed on ${name}.`,
      remedy:
        'Switch auto placement off for the host in the DeH console: a machine that comes while it is ordered is lost.',
    },
  ];
}

/** A source that cannot be read for a while does not make a warning come and go. */
const asItStood = (reason: WarningStatus['reason'], server: string, { request }: Snapshot): WarningStatus[] =>
  (request.status.warnings ?? []).filter((warning) => warning.reason === reason && warning.server === server);
