import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import type { UnsubscriptionRequest } from '../../../../operator/api/objects.ts';
import { KubernetesError } from '../../../../operator/kubernetes/errors.ts';
import type { Parsed } from '../../../../operator/kubernetes/parsed-objects.ts';
import { recordOutcome } from '../../../../operator/unsubscription/placement/record-outcome.ts';
import { aPlacement, aRequest } from '../../../builders/unsubscriptionrequest.ts';
import { createVirtualClock } from '../../../virtual-clock.ts';

const intent = aPlacement();
const outcome = aPlacement({ state: 'Accepted', orders: [{ orderId: 'CS1', state: 'Processing' }] });
const request = aRequest({ status: { placements: [intent] } });

const notNeeded = (): never => {
  throw new Error('nothing of the kind is done');
};

/** Records the outcome while each write in turn ends as `writes` says; then they succeed. */
function recording(
  writes: KubernetesError[],
  live: () => Promise<Parsed<UnsubscriptionRequest> | undefined> = async () => ({ kind: 'Readable', object: request }),
  heard = outcome,
  kept = (status: UnsubscriptionRequest['status']) => status,
) {
  const clock = createVirtualClock();
  const lines: { level: number; placement: unknown }[] = [];
  const log = pino({ level: 'debug' }, { write: (line: string) => lines.push(JSON.parse(line)) });
  const written: UnsubscriptionRequest[] = [];
  let attempts = 0;
  const requests = {
    cached: notNeeded,
    all: notNeeded,
    byIndex: notNeeded,
    writeRawStatus: notNeeded,
    holdFinalizer: notNeeded,
    releaseFinalizer: notNeeded,
    live,
    writeStatus: async (object: UnsubscriptionRequest, status: UnsubscriptionRequest['status']) => {
      attempts += 1;
      const failure = writes.shift();
      if (failure !== undefined) throw failure;
      written.push({ ...object, status });
      return { ...object, status: kept(status) };
    },
  };
  const result = recordOutcome({ requests, clock, log }, { request }, heard);
  return { clock, lines, written, result, attempts: () => attempts };
}

const refused = () => new KubernetesError('Invalid', 'status.placements: too many', { status: 422 });
const conflict = () => new KubernetesError('Conflict', 'the object has been modified');
const error = 50;

test('an outcome goes into the journal of the version that stands there by now', async () => {
  const newer = aRequest({ metadata: { resourceVersion: '2' }, status: { placements: [intent], refund: 'newer' } });
  const { clock, written, lines, result } = recording([conflict()], async () => ({ kind: 'Readable', object: newer }));
  await clock.advance(250);
  await result;
  expect(written).toEqual([{ ...newer, status: { placements: [outcome], refund: 'newer' } }]);
  expect(lines).toMatchObject([{ audit: 'OutcomeWritten', call: '1.1', state: 'Accepted' }]);
});

test.each(['Unknown', 'Accepted'] as const)('%s does not undo that a person was asked meanwhile', async (state) => {
  const askedAt = '2026-03-01T12:20:00.000Z';
  const asked = aRequest({ status: { placements: [{ ...intent, state: 'Unknown', askedAt }] } });
  const late = aPlacement({ state });
  const { clock, written, result } = recording([conflict()], async () => ({ kind: 'Readable', object: asked }), late);
  await clock.advance(250);
  await result;
  expect(written[0]?.status.placements).toEqual([{ ...late, askedAt }]);
});

test.each<[what: string, live: () => Promise<Parsed<UnsubscriptionRequest> | undefined>]>([
  ['is gone', async () => undefined],
  [
    'was made anew under its name',
    async () => ({ kind: 'Readable', object: aRequest({ metadata: { uid: 'another' } }) }),
  ],
])('when the request %s, the log keeps the outcome, and nothing more is tried', async (_, live) => {
  const { clock, lines, result, attempts } = recording([conflict(), refused()], live);
  await clock.advance(250);
  expect(await result).toBe(request);
  expect(attempts()).toBe(1);
  expect(lines).toMatchObject([{ level: error, placement: outcome }]);
});

test('a refusal by the API server is an error at once, told once, and tried again in case it is mended', async () => {
  const { clock, lines, written, result } = recording([refused(), refused(), refused()]);
  await clock.settle();
  expect(lines).toMatchObject([{ level: error, placement: outcome }]);
  await clock.advance(750);
  await result;
  expect(lines.slice(1)).toMatchObject([{ audit: 'OutcomeWritten' }]);
  expect(written).toHaveLength(1);
});

test('what older definitions take away of an outcome is an error in the log, and what is left stands', async () => {
  const answered = { ...outcome, answered: true };
  const cut = ({ placements = [], ...status }: UnsubscriptionRequest['status']) => ({
    ...status,
    placements: placements.map(({ answered: _, ...entry }) => entry),
  });
  const { lines, result } = recording([], undefined, answered, cut);
  expect((await result).status.placements).toEqual([outcome]);
  expect(lines).toMatchObject([
    { audit: 'OutcomeWritten' },
    { level: error, err: { message: expect.stringContaining('Install the CustomResourceDefinitions') } },
  ]);
});

test('an outcome that cannot be written for a minute is left to be read back', async () => {
  const unreachable = () => new KubernetesError('Unreachable', 'the connection was refused');
  const { clock, result, attempts } = recording(Array.from({ length: 1_000 }, unreachable));
  const settled = result.catch((reason: unknown) => reason);
  await clock.advance(59_900);
  const tried = attempts();
  await clock.advance(30_000);
  expect(await settled).toBeInstanceOf(Error);
  expect(tried).toBeGreaterThan(200);
  expect(attempts() - tried).toBeLessThan(3);
});

test('while the request cannot be read, the version at hand is tried again', async () => {
  const unreachable = () => new KubernetesError('Unreachable', 'the connection was refused');
  const { clock, written, result } = recording([unreachable()], () => Promise.reject(unreachable()));
  await clock.advance(250);
  await result;
  expect(written).toHaveLength(1);
});

const states = ['Intended', 'Unknown', 'Accepted', 'Rejected', 'NotSent', 'NotPlaced'] as const;
const settled = ['Accepted', 'Rejected', 'NotSent', 'NotPlaced'];

describe('when another process leads by now, and the journal says', () => {
  const heard = ['Accepted', 'Rejected', 'NotSent', 'Unknown'] as const;
  test.each(states.flatMap((known) => heard.map((state) => [known, state] as const)))(
    '%s, an outcome %s that comes late takes nothing back that was read since',
    async (known, state) => {
      const theirs = aPlacement({ state: known, detail: 'read back' });
      const newer = aRequest({ metadata: { resourceVersion: '2' }, status: { placements: [theirs] } });
      const live = async () => ({ kind: 'Readable', object: newer }) as const;
      const ours = aPlacement({ state });
      const { clock, written, result } = recording([conflict()], live, ours);
      await clock.advance(250);
      const kept = settled.includes(known) && (state !== 'Accepted' || known === 'Accepted');
      expect((await result).status.placements).toEqual([kept ? theirs : ours]);
      expect(written).toHaveLength(kept ? 0 : 1);
    },
  );

  test("that another order was accepted, the answer itself is right: what was read back was somebody else's", async () => {
    const theirs = aPlacement({
      state: 'Accepted',
      orders: [{ orderId: 'CS1', state: 'Completed' }],
      result: 'Completed',
    });
    const newer = aRequest({ metadata: { resourceVersion: '2' }, status: { placements: [theirs] } });
    const live = async () => ({ kind: 'Readable', object: newer }) as const;
    const ours = aPlacement({ state: 'Accepted', orders: [{ orderId: 'CS2', state: 'Processing' }] });
    const { clock, result } = recording([conflict()], live, ours);
    await clock.advance(250);
    expect((await result).status.placements).toEqual([ours]);
  });
});
