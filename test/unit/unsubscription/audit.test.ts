import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { UnsubscriptionRequestStatus } from '../../../operator/api/unsubscriptionrequest.ts';
import { createLog } from '../../../operator/telemetry/log.ts';
import { audit } from '../../../operator/unsubscription/audit.ts';
import type { Blocker } from '../../../operator/unsubscription/blockers/rule.ts';
import type { PlaceDecision } from '../../../operator/unsubscription/placement/last-look.ts';
import { decide, type Question } from '../../../operator/unsubscription/steps.ts';
import { auditLinesIn, documentedRows } from '../../audit-log.ts';
import { read } from '../../builders/observation.ts';
import { aCandidate, anEvidence, aSnapshot } from '../../builders/snapshot.ts';
import { terms } from '../../builders/terms.ts';
import { aPlacement, aRequest } from '../../builders/unsubscriptionrequest.ts';

/** What the given call writes, each line checked against its schema. */
function linesOf(write: (told: { log: ReturnType<typeof createLog> }) => void, level = 'info') {
  const written: string[] = [];
  write({ log: createLog(level, { write: (text) => void written.push(text) }) });
  return auditLinesIn(written);
}

/** An approved order, for which everything holds. */
function placing(): PlaceDecision {
  const decision = decide(aSnapshot(), terms);
  if (decision.do !== 'Place') throw new Error(`not to be placed: ${decision.do}`);
  return decision;
}

const retire = { request: 'datacenter/retire', uid: 'uid-of-retire' };

test('docs/audit-log.md has every line and every field in its tables, and nothing else', () => {
  const document = readFileSync(new URL('../../../docs/audit-log.md', import.meta.url), 'utf8');
  const rows = document
    .split('\n')
    .filter((text) => text.startsWith('| `') && !text.includes('`msg`'))
    .map((text) => text.split('|').slice(1, -1));
  const { lines, fields } = documentedRows();
  expect(rows.map((cells) => cells.map((cell) => cell.trim()))).toEqual([...lines, ...fields]);
});

test('every field says what it means', () => {
  expect(documentedRows().fields.filter(([, description]) => description === '')).toEqual([]);
});

test.each([
  ['debug', 1],
  ['warn', 1],
  ['error', 1],
  ['silent', 0],
])('a log of the level %s has %i line of what is told at the level info', (level, count) => {
  const lines = linesOf((told) => audit.outcomeWritten(told, aRequest(), aPlacement({ state: 'Accepted' })), level);
  expect(lines).toHaveLength(count);
});

describe('of an order that was decided upon and does not leave, it is told', () => {
  test('what blocks by now', () => {
    const wait = { do: 'Wait', for: 'Blocked', stalled: false, message: 'vm-1 remains.' } as const;
    const said = { status: 'False', message: 'vm-1 remains.', remedy: 'Delete it.' } as const;
    const remains = { condition: 'DependentsDrained', reason: 'VirtualMachinesRemain' } as const;
    const blocker: Blocker = { ...said, ...remains, server: 'server-1' };
    const held: Blocker = { ...said, condition: 'HooksReleased', reason: 'Held', server: '' };
    expect(linesOf((told) => audit.refused(told, aRequest(), placing(), wait, [blocker, held]))).toMatchObject([
      {
        ...retire,
        audit: 'Refused',
        call: '1.1',
        reason: 'Blocked',
        detail: 'vm-1 remains.',
        blockers: ['DependentsDrained/VirtualMachinesRemain server-1', 'HooksReleased/Held'],
      },
    ]);
  });

  test('that the request is gone', () => {
    const lines = linesOf((told) => audit.refused(told, aRequest(), placing(), 'Gone'));
    expect(lines).toMatchObject([{ audit: 'Refused', reason: 'Gone', blockers: [] }]);
  });

  test('that something else comes first', () => {
    const lines = linesOf((told) => audit.refused(told, aRequest(), placing(), { do: 'HoldFinalizer' }));
    expect(lines).toMatchObject([{ reason: 'DecidedOtherwise', detail: 'The last look decided HoldFinalizer.' }]);
  });
});

describe('of an outcome that does not go into the journal', () => {
  const accepted = aPlacement({ state: 'Accepted', orders: [{ orderId: 'CS1', state: 'Processing' }] });

  test('because it stands there already, it is told that it was written', () => {
    const lines = linesOf((told) => audit.outcomeStood(told, aRequest(), accepted, structuredClone(accepted)));
    expect(lines).toMatchObject([{ audit: 'OutcomeWritten', call: '1.1', state: 'Accepted' }]);
  });

  test('because another process has settled it, it is told what it was and what stands there', () => {
    const known = aPlacement({ state: 'NotPlaced' });
    const lines = linesOf((told) => audit.outcomeStood(told, aRequest(), aPlacement({ state: 'Rejected' }), known));
    expect(lines).toMatchObject([{ audit: 'OutcomeLate', level: 'warn', state: 'Rejected', journal: 'NotPlaced' }]);
  });

  test('because its request is gone, all of it is told', () => {
    const lines = linesOf((told) => audit.requestGone(told, aRequest(), accepted));
    expect(lines).toMatchObject([{ audit: 'RequestGone', level: 'error', placement: accepted }]);
  });
});

describe('of an entry that was brought up to what the cloud shows', () => {
  const processing = { orderId: 'CS1', state: 'Processing' };
  const accepted = aPlacement({ state: 'Accepted', orders: [processing] });
  const broughtUp = (before: Partial<UnsubscriptionRequestStatus>, now: typeof accepted, annotations = {}) => {
    const evidence = anEvidence({ unclaimedOrders: [aCandidate({ orderId: 'CS1' })], billedOrders: new Set(['CS1']) });
    const snapshot = { ...aSnapshot(), request: aRequest({ metadata: { annotations }, status: before }) };
    return linesOf((told) => audit.broughtUp(told, { ...snapshot, evidence: new Map([['1.1', read(evidence)]]) }, now));
  };

  test('a lost call is told with the evidence, and what a person states of it', () => {
    const lines = broughtUp({ placements: [aPlacement({ state: 'Unknown' })] }, accepted, {
      'settle.dcc-operator.io/1.1': 'CS1',
    });
    expect(lines).toMatchObject([
      {
        ...retire,
        audit: 'Settled',
        state: 'Accepted',
        orders: [processing],
        statement: 'CS1',
        evidence: { unclaimedOrders: [{ orderId: 'CS1' }], billedOrders: ['CS1'] },
      },
    ]);
  });

  test('an order that went on is told, and nothing of one that did not', () => {
    const pending = { ...processing, state: 'PendingRefund' };
    expect(broughtUp({ placements: [accepted] }, { ...accepted, orders: [pending] })).toMatchObject([
      { audit: 'Followed', orders: [pending] },
    ]);
    expect(broughtUp({ placements: [accepted] }, accepted)).toEqual([]);
  });

  test('its end is told with refund and fee', () => {
    const completed = { orderId: 'CS1', state: 'Completed', refund: '120.50', fee: '10', currency: 'CNY' };
    const ended = aPlacement({ ...accepted, orders: [completed], result: 'Completed' });
    expect(broughtUp({ placements: [accepted] }, ended)).toMatchObject([
      { audit: 'Followed' },
      { audit: 'Confirmed', result: 'Completed', orders: [completed] },
    ]);
    expect(broughtUp({ placements: [{ ...accepted, orders: [completed] }] }, ended)).toMatchObject([
      { audit: 'Confirmed' },
    ]);
    expect(broughtUp({ placements: [ended] }, ended)).toEqual([]);
  });
});

test('that a person is asked what became of a call is told with the question, and so is a statement that is not believed', () => {
  const call = aPlacement({ state: 'Unknown' });
  const linesAbout = (about: Omit<Question, 'call'>) =>
    linesOf((told) => audit.question(told, aRequest(), { call, ...about }, 'Look in Billing Center.'));
  const line = { level: 'warn', call: '1.1', detail: 'Look in Billing Center.' };
  const asked = { ...line, audit: 'Asked' };
  const refused = { ...line, audit: 'StatementRefused', statement: 'CS9' };
  expect(linesAbout({ asked: call })).toEqual([expect.objectContaining(asked)]);
  expect(linesAbout({ refused: 'CS9' })).toEqual([expect.objectContaining(refused)]);
  expect(linesAbout({ asked: call, refused: 'CS9' })).toMatchObject([asked, refused]);
  expect(linesAbout({})).toEqual([]);
  const ready = {
    type: 'Ready',
    status: 'False',
    reason: 'OutcomeUnknown',
    message: 'Look in Billing Center.',
  } as const;
  const asBefore = { status: { conditions: [{ ...ready, lastTransitionTime: '2026-03-01T12:00:00Z' }] } };
  const again = (told: Parameters<typeof audit.question>[0]) =>
    audit.question(told, aRequest(asBefore), { call, refused: 'CS9' }, 'Look in Billing Center.');
  expect(linesOf(again)).toEqual([]);
});

test('the end of a request is told with how each call ended, and also when nothing was left to order', () => {
  const journal = [aPlacement({ state: 'NotSent' }), aPlacement({ id: '1.2', state: 'Accepted', result: 'Completed' })];
  const ended = (placements: typeof journal) =>
    linesOf((told) => audit.ended(told, aRequest({ status: { placements } }), 'Complete'));
  expect(ended(journal)).toMatchObject([
    { audit: 'Ended', outcome: 'Complete', calls: ['1.1 NotSent', '1.2 Completed'] },
  ]);
  expect(ended([])).toMatchObject([{ ...retire, audit: 'Ended', calls: [] }]);
});

test('a request that is let go by force is told with the calls that nobody follows any more', () => {
  const journal = [aPlacement({ state: 'Rejected' }), aPlacement({ id: '1.2', attempt: 2, state: 'Unknown' })];
  expect(linesOf((told) => audit.releasedByForce(told, aRequest(), 'lost account', journal))).toMatchObject([
    { audit: 'ReleasedByForce', level: 'warn', reason: 'lost account', openCalls: ['1.2 Unknown'] },
  ]);
  const [unreadable] = linesOf((told) => audit.releasedByForce(told, aRequest(), 'lost account', undefined));
  expect(unreadable).not.toHaveProperty('openCalls');
});
