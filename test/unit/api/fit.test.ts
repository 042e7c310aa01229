import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { conditionSchema } from '../../../operator/api/conditions.ts';
import { type DCCServerStatus, dccServerStatusSchema } from '../../../operator/api/dccserver.ts';
import { cut } from '../../../operator/api/fit.ts';
import { fitDCCServerStatus, fitUnsubscriptionRequestStatus } from '../../../operator/api/objects.ts';
import {
  type OrderState,
  type Placement,
  type UnsubscriptionRequestStatus,
  unsubscriptionRequestStatusSchema,
} from '../../../operator/api/unsubscriptionrequest.ts';
import { anyOfShape } from '../../builders/arbitrary-status.ts';
import { aSeenMachine, machinesSeen } from '../../builders/dccserver.ts';
import { anotherPlanId, aPlacement } from '../../builders/unsubscriptionrequest.ts';

const accepted = (changes: Partial<Placement>) => aPlacement({ state: 'Accepted', ...changes });
const anOrder = (changes: Partial<OrderState> = {}): OrderState => ({ orderId: 'CS1', state: 'Completed', ...changes });
const fittedEntry = (entry: Placement) => fitUnsubscriptionRequestStatus({ placements: [entry] }).placements?.[0];

describe('whatever the cloud says', () => {
  /** As journals are: each entry has an id of its own, and servers and resources that were checked before the call. */
  const withJournal = (status: UnsubscriptionRequestStatus): UnsubscriptionRequestStatus => ({
    ...status,
    placements: (status.placements ?? []).map((entry, index) => ({
      ...entry,
      id: `${index + 1}.1`,
      servers: [`server-${index}`],
      resourceIds: [`resource-${index}`],
    })),
  });

  test('the status of a request fits, and its journal keeps every entry with its state', () => {
    fc.assert(
      fc.property(anyOfShape(unsubscriptionRequestStatusSchema).map(withJournal), (status) => {
        const fit = fitUnsubscriptionRequestStatus(status);
        expect(unsubscriptionRequestStatusSchema.safeParse(fit).error).toBeUndefined();
        const facts = ({ id, state, result, servers, resourceIds, plan, signedAt }: Placement) => [
          id,
          state,
          result,
          servers,
          resourceIds,
          plan,
          signedAt,
        ];
        expect(fit.placements?.map(facts)).toEqual(status.placements?.map(facts));
        expect(fit.plan?.orders.length).toBe(status.plan?.orders.length);
      }),
    );
  });

  test('the status of a server fits', () => {
    fc.assert(
      fc.property(anyOfShape(dccServerStatusSchema), (status) => {
        expect(dccServerStatusSchema.safeParse(fitDCCServerStatus(status)).error).toBeUndefined();
      }),
    );
  });

  test('what fits already stays as it is', () => {
    fc.assert(
      fc.property(
        anyOfShape(dccServerStatusSchema),
        anyOfShape(unsubscriptionRequestStatusSchema),
        (server, request) => {
          const fitServer = fitDCCServerStatus(server);
          expect(fitDCCServerStatus(fitServer)).toEqual(fitServer);
          const fitRequest = fitUnsubscriptionRequestStatus(request);
          expect(fitUnsubscriptionRequestStatus(fitRequest)).toEqual(fitRequest);
        },
      ),
    );
  });
});

test('the entry that is written before a call is stored to the letter', () => {
  const intent = aPlacement({ detail: 'x'.repeat(512), orders: [anOrder({ currency: 'CNY' })] });
  expect(fittedEntry(intent)).toEqual(intent);
});

describe('an accepted call', () => {
  test.each<[what: string, orders: OrderState[], kept: OrderState[]]>([
    ['an order id that is too long', [anOrder({ orderId: 'C'.repeat(65) })], [anOrder({ orderId: 'C'.repeat(64) })]],
    ['an order that is named twice', [anOrder(), anOrder({ state: 'Cancelled' })], [anOrder()]],
    ['a currency that is none', [anOrder({ refund: '1', currency: 'yuan' })], [anOrder({ refund: '1' })]],
    ['a refund that is no amount', [anOrder({ refund: '-1', currency: 'CNY' })], [anOrder({ currency: 'CNY' })]],
    ['a state that is empty', [anOrder({ state: '' })], [anOrder({ state: '-' })]],
  ])('with %s is recorded', (_, orders, kept) => {
    expect(fittedEntry(accepted({ orders }))?.orders).toEqual(kept);
  });

  test('with more orders than there is room for keeps the first', () => {
    const orders = Array.from({ length: 11 }, (_, index) => anOrder({ orderId: `CS${index}` }));
    expect(fittedEntry(accepted({ orders }))?.orders).toEqual(orders.slice(0, 10));
  });

  test('with refusals beside it keeps what they say', () => {
    const failed = [{ resourceId: '', code: 'C'.repeat(65), message: 'm'.repeat(513) }];
    expect(fittedEntry(accepted({ failed }))?.failed).toEqual([
      { resourceId: '-', code: 'C'.repeat(64), message: 'm'.repeat(512) },
    ]);
  });
});

describe('when there is no room for all', () => {
  test('of the journal, the status is left for the API server to refuse', () => {
    const placements = Array.from({ length: 1_001 }, (_, index) => aPlacement({ id: `${index}.1` }));
    const status = { placements, refund: 'x'.repeat(65) };
    expect(fitUnsubscriptionRequestStatus(status)).toEqual(status);
  });

  test('of the plan, the status is left for the API server to refuse', () => {
    const order = { servers: ['server-1'], resourceIds: ['resource-1'], relyingOn: [] };
    const status = { plan: { id: anotherPlanId, orders: Array.from({ length: 551 }, () => order) } };
    expect(fitUnsubscriptionRequestStatus(status)).toEqual(status);
  });

  test('of the journal, no entry makes room for another', () => {
    const status = { placements: [aPlacement(), aPlacement({ state: 'Accepted' })] };
    expect(fitUnsubscriptionRequestStatus(status)).toEqual(status);
  });
});

test('a server shows its machines although one has no status and another a name without end', () => {
  const status: DCCServerStatus = {
    virtualMachines: machinesSeen(aSeenMachine('a', { status: '' }), aSeenMachine('b', { name: 'b'.repeat(256) })),
  };
  expect(fitDCCServerStatus(status).virtualMachines?.remaining).toEqual([
    aSeenMachine('a', { status: '-' }),
    aSeenMachine('b', { name: 'b'.repeat(255) }),
  ]);
});

test('what cannot be without a value that cannot be mended is left out with it', () => {
  const unsubscription = { request: 'retire', state: 'Completed', refund: { amount: '12.50', currency: 'yuan' } };
  expect(fitDCCServerStatus({ unsubscription })).toEqual({ unsubscription: { request: 'retire', state: 'Completed' } });
});

test('a text is cut between its characters', () => {
  expect(fitUnsubscriptionRequestStatus({ serverNames: '😀'.repeat(300) }).serverNames).toBe('😀'.repeat(256));
  expect(cut('😀'.repeat(2_050), conditionSchema.shape.message)).toBe('😀'.repeat(2_048));
  expect(cut('fits', conditionSchema.shape.message)).toBe('fits');
});

test('half of a character, which the API server would give back as another text, is replaced', () => {
  expect(fitUnsubscriptionRequestStatus({ serverNames: 'x\ud83d' }).serverNames).toBe('x\ufffd');
});
