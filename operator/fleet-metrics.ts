import { Gauge, type Registry } from 'prom-client';
import type { Condition } from './api/conditions.ts';
import { endIsKnown } from './api/dccserver.ts';
import { drainFinalizer, placementFinalizer } from './api/names.ts';
import type { DCCServer, Metadata, Parsed, UnsubscriptionRequest } from './api/objects.ts';
import { isOpen } from './api/unsubscriptionrequest.ts';
import { compareRefund } from './unsubscription/report/refund-comparison.ts';

/** One value of one metric, with what it is about. */
interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface FleetMetric {
  readonly name: string;
  readonly help: string;
  readonly labelNames: readonly string[];
  readonly samples: (fleet: Fleet) => readonly Sample[];
}

/** Everything as last heard of. */
export interface Fleet {
  readonly servers: readonly Parsed<DCCServer>[];
  readonly requests: readonly Parsed<UnsubscriptionRequest>[];
}

/**
 * What alerts and dashboards ask of the objects themselves. Times are those at which something began, so that a scrape changes nothing
 * and an alert says for how long itself. Only what is out of the ordinary names its object: there is little of it. Each replica serves
 * all of it, from its cache: alerts take the max.
 */
export const fleetMetrics: readonly FleetMetric[] = [
  {
    name: 'dcc_servers',
    help: 'DCCServers by the reason of their condition Ready.',
    labelNames: ['state'],
    samples: ({ servers }) => counted(servers.map(stateOf)),
  },
  {
    name: 'dcc_unsubscription_requests',
    help: 'UnsubscriptionRequests by the reason of their condition Ready.',
    labelNames: ['state'],
    samples: ({ requests }) => counted(requests.map(stateOf)),
  },
  {
    name: 'dcc_unsubscription_calls',
    help: 'Calls in the journals of all requests by their state, or their result once they have one.',
    labelNames: ['state'],
    samples: ({ requests }) => counted(callsOf(requests).map(({ call }) => call.result ?? call.state)),
  },
  {
    name: 'dcc_unsubscription_open_call_signed_timestamp_seconds',
    help: 'When a call was signed that may still take effect, or was accepted and has not come to its end.',
    labelNames: ['namespace', 'request', 'call', 'state'],
    samples: ({ requests }) =>
      callsOf(requests)
        .filter(({ call }) => isOpen(call))
        .map(({ about, call }) => ({
          labels: { ...about, call: call.id, state: call.state },
          value: secondsOf(call.signedAt),
        })),
  },
  {
    name: 'dcc_unsubscription_stalled_since_timestamp_seconds',
    help: 'Since when a request goes no further without a person.',
    labelNames: ['namespace', 'request', 'reason'],
    samples: ({ requests }) =>
      requestsOf(requests).flatMap(({ metadata, status: { conditions = [] } }) =>
        conditions.filter(isStalled).map(({ reason, lastTransitionTime }) => ({
          labels: { ...aboutRequest(metadata), reason },
          value: secondsOf(lastTransitionTime),
        })),
      ),
  },
  {
    name: 'dcc_unsubscription_blocked_since_timestamp_seconds',
    help: 'Since when something of this kind has kept a request from being placed.',
    labelNames: ['namespace', 'request', 'condition', 'reason'],
    samples: ({ requests }) => requestsOf(requests).flatMap(oldestBlockers),
  },
  {
    name: 'dcc_unsubscription_refund_missing',
    help: 'How much less a call gave back than was estimated at least, in the currency of the account.',
    labelNames: ['namespace', 'request', 'call', 'currency'],
    samples: ({ requests }) =>
      callsOf(requests).flatMap(({ about, call }) => {
        // Exact amounts are in the journal: a metric is a floating-point number.
        const { missing, currency = '' } = compareRefund(call) ?? {};
        return missing === undefined ? [] : [{ labels: { ...about, call: call.id, currency }, value: Number(missing) }];
      }),
  },
  {
    name: 'dcc_server_machines_while_ordered',
    help: 'Virtual machines on a server for which an order stands, or may: they go with it.',
    labelNames: ['namespace', 'server', 'request'],
    samples: ({ servers }) => servers.flatMap(machinesWhileOrdered),
  },
  {
    name: 'dcc_deleting_since_timestamp_seconds',
    help: 'Since when an object is being deleted that a finalizer of the operator holds.',
    labelNames: ['namespace', 'name', 'kind'],
    samples: ({ servers, requests }) => [
      ...servers.flatMap((server) => heldSince('DCCServer', metadataOf(server))),
      ...requests.flatMap((request) => heldSince('UnsubscriptionRequest', metadataOf(request))),
    ],
  },
];

/** Serves them, worked out when somebody looks. */
export function registerFleetMetrics(registry: Registry, fleet: () => Fleet): void {
  for (const { name, help, labelNames, samples } of fleetMetrics) {
    new Gauge({
      ...{ name, help, labelNames, registers: [registry] },
      collect() {
        this.reset();
        for (const { labels, value } of samples(fleet())) this.set(labels, value);
      },
    });
  }
}

const metadataOf = <T extends { metadata: Metadata }>(parsed: Parsed<T>): Metadata =>
  parsed.kind === 'Readable' ? parsed.object.metadata : parsed.metadata;

/** Before its first pass an object has no state. */
function stateOf(parsed: Parsed<DCCServer> | Parsed<UnsubscriptionRequest>): string {
  if (parsed.kind === 'Unreadable') return 'Unreadable';
  return parsed.object.status.conditions?.find(({ type }) => type === 'Ready')?.reason ?? 'New';
}

function counted(states: readonly string[]): Sample[] {
  const counts = new Map<string, number>();
  for (const state of states) counts.set(state, (counts.get(state) ?? 0) + 1);
  return [...counts].map(([state, value]) => ({ labels: { state }, value }));
}

const requestsOf = (requests: Fleet['requests']): UnsubscriptionRequest[] =>
  requests.flatMap((parsed) => (parsed.kind === 'Readable' ? [parsed.object] : []));

const aboutRequest = ({ namespace, name }: Metadata) => ({ namespace, request: name });

const callsOf = (requests: Fleet['requests']) =>
  requestsOf(requests).flatMap(({ metadata, status: { placements = [] } }) =>
    placements.map((call) => ({ about: aboutRequest(metadata), call })),
  );

const isStalled = ({ type, status }: Condition): boolean => type === 'Stalled' && status === 'True';

function oldestBlockers({ metadata, status: { blockers = [] } }: UnsubscriptionRequest): Sample[] {
  const oldest = new Map<string, Sample>();
  for (const { condition, reason, since } of blockers) {
    const value = secondsOf(since);
    const known = oldest.get(`${condition}/${reason}`);
    if (known === undefined || value < known.value)
      oldest.set(`${condition}/${reason}`, { labels: { ...aboutRequest(metadata), condition, reason }, value });
  }
  return [...oldest.values()];
}

/** An Event alone tells of them for an hour, and nobody may look; the cloud's support can save them while the order is under way. */
function machinesWhileOrdered(server: Parsed<DCCServer>): Sample[] {
  if (server.kind === 'Unreadable') return [];
  const { metadata, status } = server.object;
  const { unsubscription, virtualMachines = { total: 0 } } = status;
  if (unsubscription === undefined || endIsKnown(unsubscription) || virtualMachines.total === 0) return [];
  const { namespace, name } = metadata;
  return [{ labels: { namespace, server: name, request: unsubscription.request }, value: virtualMachines.total }];
}

function heldSince(kind: string, { namespace, name, deletionTimestamp, finalizers = [] }: Metadata): Sample[] {
  const isHeld = finalizers.some((finalizer) => finalizer === drainFinalizer || finalizer === placementFinalizer);
  if (deletionTimestamp === undefined || !isHeld) return [];
  return [{ labels: { namespace, name, kind }, value: secondsOf(deletionTimestamp) }];
}

const secondsOf = (timestamp: string): number => new Date(timestamp).getTime() / 1_000;
