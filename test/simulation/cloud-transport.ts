import { seconds } from '../../operator/clock.ts';
import type { SignedRequest } from '../../operator/huaweicloud/signing.ts';
import type { Exchange, ExchangeOptions, Transport } from '../../operator/huaweicloud/transport.ts';
import { type Cloud, signatureLifetime } from './cloud.ts';
import { answerRead } from './cloud-answers.ts';
import type { Host } from './host.ts';
import type { Schedule } from './schedule.ts';

/** How bad the way to the cloud is, and the cloud. Probabilities, and milliseconds. */
export interface CloudFaults {
  isCutOff: boolean;
  /** No connection comes about. */
  noConnection: number;
  /** A call is lost on its way, or lies about for as long as signatures live and longer. */
  lostCall: number;
  /** As that, but only for orders. */
  lostOrder: number;
  lateCall: number;
  lostAnswer: number;
  /** The order was accepted, and the answer does not say it. */
  garbledAnswer: number;
  /** Refused: for good, for now, or with an error that says nothing. */
  refused: number;
  /** Refused for some of the resources of a call, and accepted for the others. */
  refusedInPart: number;
  failed: number;
  latency: number;
  /** How far the clock of the proxy on the way is off. */
  proxyAhead: number;
  /** How long it takes at most to read a project. */
  longReading: number;
}

interface OrderBody {
  resource_ids: readonly string[];
  unsubscribe_type: 1 | 2;
}

type Heard = { status: number; body: string; isOfProxy?: true } | undefined;

/** The way of one process to the cloud, as `openTransport` gives it. */
export function transportTo(cloud: Cloud, host: Host, schedule: Schedule, faults: CloudFaults): Transport {
  const latency = () => schedule.between(1, faults.latency);
  /** Often so that it arrives in the last moments in which its signature still counts. */
  const lateness = ({ signedAt }: SignedRequest) => {
    const left = cloud.leftOf(signedAt);
    return (
      schedule.weigh([
        [5, () => schedule.between(0, latestCall)],
        [3, () => schedule.between(left - seconds(15), left)],
        [2, () => schedule.between(left - seconds(0.5), left)],
      ])?.() ?? 0
    );
  };
  const later = (delay: number, action: () => void) => schedule.after(delay, () => host.run(action));

  /** The call of an order arrives: what the cloud does, and what it says. `undefined` is silence. */
  function order(request: SignedRequest, say: (heard: Heard) => void): void {
    const refusal = refusalOf(request);
    if (refusal !== undefined) {
      cloud.callsUnderWay -= 1;
      say(refusal);
      return;
    }
    schedule.after(cloud.processing(), () => {
      cloud.callsUnderWay -= 1;
      const { resource_ids: ids, unsubscribe_type: scope }: OrderBody = JSON.parse(request.body.toString());
      // As the real one: else two orders of different people would both be completed, which nobody can tell apart.
      if (cloud.standingOrders(ids).some(({ signedAt }) => signedAt === undefined)) {
        say(error(400, 'CBC.99003651'));
        return;
      }
      const signedAt = request.signedAt.toISOString();
      const refused = refusedOf(ids);
      const resourceIds = ids.filter((id) => !refused.includes(id));
      const { orderId } = cloud.accept({ resourceIds, refused, signedAt, givesBack: scope === 1 });
      const isGarbled = schedule.chance(faults.garbledAnswer);
      const fail_resource_infos = refused.map((resource_id) => ({ resource_id, error_code: 'CBC.99006066' }));
      const body = JSON.stringify({ order_ids: [orderId], fail_resource_infos });
      say(isGarbled ? schedule.pick(garbled) : { status: 200, body });
    });
  }

  /** Never all of them. */
  function refusedOf(ids: readonly string[]): readonly string[] {
    if (ids.length < 2 || !schedule.chance(faults.refusedInPart)) return [];
    const spared = schedule.pick(ids);
    return ids.filter((id) => id !== spared && schedule.chance(0.7));
  }

  function refusalOf({ signedAt }: SignedRequest): Heard {
    const gateway = cloud.admit(signedAt);
    if (gateway !== undefined) return error(401, gateway);
    if (schedule.chance(faults.refused)) return error(400, schedule.pick(refusals) ?? 'CBC.0100');
    return schedule.chance(faults.failed) ? error(500, 'CBC.0999') : undefined;
  }

  function send(request: SignedRequest, isOrder: boolean, hear: (heard: Heard) => void): void {
    // What is late goes out all the same, also when the process gave up, or is dead.
    const delay = isOrder && schedule.chance(faults.lateCall) ? Math.max(0, lateness(request)) : latency();
    if (faults.isCutOff || schedule.chance(faults.lostCall) || (isOrder && schedule.chance(faults.lostOrder))) return;
    if (isOrder) cloud.callsUnderWay += 1;
    const say = (heard: Heard) => {
      if (isOrder) schedule.tell('cloud', () => `answers ${host.name}: ${heard?.status} ${heard?.body}`);
      // Who stands still for long finds its connection broken.
      const isLost = schedule.chance(faults.lostAnswer) || (host.isPaused && schedule.chance(0.5));
      if (!isLost) later(latency(), () => hear(heard));
    };
    schedule.after(delay, () => {
      if (isOrder) order(request, say);
      else if (schedule.chance(faults.failed)) say(schedule.chance(0.5) ? error(503, 'Busy') : badGateway);
      else say({ status: 200, body: JSON.stringify(answerRead(cloud, request)) });
    });
  }

  function leave(request: SignedRequest, isOrder: boolean, hear: (heard: Heard) => void): void {
    if (isOrder) {
      const signedAt = request.signedAt.toISOString();
      schedule.tell(host.name, () => `sends the order of ${signedAt}`);
      const { resource_ids: resourceIds }: OrderBody = JSON.parse(request.body.toString());
      cloud.depart({ signedAt, resourceIds, process: host.name });
    }
    send(request, isOrder, hear);
    if (isOrder) host.step('Order');
  }

  /** Why an order does not leave; `undefined` when it may. */
  function heldBack(isOrder: boolean, holdBack: ExchangeOptions['holdBack']): string | undefined {
    if (!isOrder) return undefined;
    return faults.isCutOff || schedule.chance(faults.noConnection) ? 'the connection was refused' : holdBack?.();
  }

  function exchange(request: SignedRequest, { signal, connection, holdBack }: ExchangeOptions): Promise<Exchange> {
    const isOrder = connection === 'Fresh';
    return new Promise((resolve) => {
      let left = false;
      const end = () => resolve({ kind: left ? 'Unknown' : 'NotSent', message: 'no answer before the deadline' });
      const hear = (heard: Heard) => {
        if (heard === undefined) return resolve({ kind: 'Unknown', message: 'the connection was reset' });
        const { isOfProxy, ...said } = heard;
        const at = cloud.wallClock().getTime() + (isOfProxy ? faults.proxyAhead : 0);
        return resolve({ kind: 'Answered', answer: { ...said, headers: { date: new Date(at).toUTCString() } } });
      };
      signal.addEventListener('abort', end, { once: true });
      host.step(isOrder ? 'Order' : 'Read');
      later(latency(), () => {
        if (signal.aborted) return;
        const message = heldBack(isOrder, holdBack);
        if (message !== undefined) return resolve({ kind: 'NotSent', message });
        left = true;
        leave(request, isOrder, hear);
      });
    });
  }

  return { exchange, close: () => undefined };
}

/** Longer than signatures live. */
const latestCall = signatureLifetime * 2;

const error = (status: number, code: string): Heard => ({
  status,
  body: JSON.stringify({ error_code: code, error_msg: 'refused' }),
});

const page = (status: number, body: object): Heard => ({ status, body: JSON.stringify(body), isOfProxy: true });
const badGateway: Heard = { status: 502, body: 'Bad Gateway', isOfProxy: true };

/** Documented refusals: for good, and for now. */
const refusals = ['CBC.99003645', 'CBC.99003651', 'CBC.99006066', 'CBC.99006066'];

/** Answers to an accepted order that do not say so. */
const garbled: readonly Heard[] = [
  undefined,
  { status: 200, body: '' },
  { status: 200, body: '{}' },
  { status: 200, body: '<html>' },
  badGateway,
  // A proxy that looks into answers, in words like the cloud's.
  page(403, { code: 'BLOCKED', message: 'The answer was blocked by policy.' }),
  page(429, { error: { code: '429', message: 'Too many requests.' } }),
  error(500, 'CBC.0999'),
  // Something on the way handed it over twice, and this is the answer to the second time.
  error(400, 'CBC.99003651'),
  { status: 200, body: JSON.stringify({ error_code: 'CBC.0999', error_msg: 'other error' }) },
];
