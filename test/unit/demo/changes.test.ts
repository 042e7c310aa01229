import { describe, expect, test } from 'vitest';
import type { DCCServer, UnsubscriptionRequest } from '../../../operator/api/objects.ts';
import { aDepartedMachine } from '../../builders/dccserver.ts';
import { aPlacement } from '../../builders/unsubscriptionrequest.ts';
import { changes } from '../../demo/changes.ts';
import { emptyView, type View } from '../../demo/view.ts';
import { aBlocker, accepted, aPlan, inState, observed, requested } from './objects.ts';

const servers = (...list: DCCServer[]): View => ({ servers: list, requests: [] });
const requests = (...list: UnsubscriptionRequest[]): View => ({ servers: [], requests: list });
const told = (before: View, after: View) => changes(before, after).map(({ text }) => text);

describe('of a server is told', () => {
  test('what is on it when it is first observed', () => {
    expect(told(emptyView, servers(observed('dcc-host-01', ['web-01', 'web-02'])))).toEqual([
      'the subscription is InUse',
      'on it: web-01, web-02',
      'Observed',
    ]);
  });

  test('nothing when nothing changed', () => {
    const view = servers(observed('dcc-host-01', ['web-01']));
    expect(told(view, structuredClone(view))).toEqual([]);
  });

  test('which machines left, and what became of each', () => {
    const before = servers(observed('dcc-host-01', ['lost', 'moved', 'saved']));
    const { backup: _, ...lost } = aDepartedMachine('lost', { problem: 'BackupMissing' });
    const moved = { ...aDepartedMachine('moved', { fate: 'Migrated' }), backup: undefined };
    const open = aDepartedMachine('open', { fate: 'Unknown' });
    const after = servers(observed('dcc-host-01', [], { departed: [lost, moved, aDepartedMachine('saved'), open] }));
    expect(told(before, after)).toEqual([
      'no virtual machine is on it',
      'ledger: lost was deleted without a usable backup',
      'ledger: moved left and is alive on another server',
      'ledger: saved was deleted; its data is in the backup of 2026-03-01T11:00:00.000Z',
    ]);
    expect(told(after, after)).toEqual([]);
  });

  test('its state in words, and that it is gone', () => {
    const before = servers(observed('dcc-host-05', []));
    const deleting = servers(observed('dcc-host-05', [], inState('Deleting', 'It waits.')));
    expect(told(before, deleting)).toEqual(['Observed -> Deleting  It waits.']);
    expect(told(deleting, emptyView)).toEqual(['its finalizer was released: the object is gone']);
  });
});

describe('of a request is told', () => {
  test('its plan, its state and everything that blocks it, with the remedy', () => {
    const blockers = [aBlocker('web-01 is on the server.')];
    expect(told(emptyView, requests(requested('retire', 'Blocked', { plan: aPlan, blockers })))).toEqual([
      'plan-0123456789abcdef01234567 is 1 order: unsubscribe dcc-host-01 (dcc-1)',
      'Blocked',
      '  blocked: web-01 is on the server. -> Delete it.',
    ]);
  });

  test('what no longer blocks it, before its new state', () => {
    const before = requests(requested('retire', 'Blocked', { plan: aPlan, blockers: [aBlocker('a'), aBlocker('b')] }));
    const after = requests(requested('retire', 'AwaitingApproval', { plan: aPlan, blockers: [aBlocker('b')] }));
    expect(told(before, after)).toEqual(['  no longer: a', 'Blocked -> AwaitingApproval  It is so.']);
  });

  test('nothing of what the operator settles by itself in a moment', () => {
    const blockers = [aBlocker('a', { reason: 'NotClaimed' }), aBlocker('b', { reason: 'FateUnknown' })];
    const before = requests(requested('retire', 'Blocked'));
    expect(told(before, requests(requested('retire', 'Blocked', { blockers })))).toEqual([]);
  });

  test('the life of its call, from the intent to the refund', () => {
    const steps = [
      { placements: [aPlacement()] },
      { placements: [accepted('Processing')] },
      { placements: [accepted('Completed', {}, { refund: '90.00', fee: '10.00', currency: 'CNY' })] },
      {
        placements: [
          accepted('Completed', { result: 'Completed' }, { refund: '90.00', fee: '10.00', currency: 'CNY' }),
        ],
      },
    ].map((status) => requests(requested('retire', 'Ordering', status)));
    const story = steps.map((step, at) => told(steps[at - 1] ?? requests(requested('retire', 'Ordering')), step));
    expect(story).toEqual([
      ['journal: call 1.1 is Intended'],
      ['journal: call 1.1 is Accepted: order CS1'],
      ['order CS1 is Completed, and refunds 90.00 CNY after a handling fee of 10.00 CNY'],
      [],
    ]);
  });

  test('a refund that is known later than the end of its order', () => {
    const [before, after] = [{}, { refund: '90.00', fee: '10.00', currency: 'CNY' }].map((refund) =>
      requests(requested('retire', 'OrderInProgress', { placements: [accepted('Completed', {}, refund)] })),
    );
    expect(told(before ?? emptyView, after ?? emptyView)).toEqual([
      'order CS1 is Completed, and refunds 90.00 CNY after a handling fee of 10.00 CNY',
    ]);
  });

  test('how a lost answer was found again', () => {
    const before = requests(requested('retire', 'OutcomeUnknown', { placements: [aPlacement({ state: 'Unknown' })] }));
    const found = accepted('Completed', { detail: 'The answer was lost.' });
    const after = requests(requested('retire', 'OutcomeUnknown', { placements: [found] }));
    expect(told(before, after)).toEqual(['journal: call 1.1 is Accepted: order CS1. The answer was lost.']);
  });
});

test('only what the live table does not show has to be told beside it', () => {
  const after = requests(requested('retire', 'Blocked', { blockers: [aBlocker('a')] }));
  expect(changes(emptyView, after).map(({ inTable = false }) => inTable)).toEqual([false, true]);
});
