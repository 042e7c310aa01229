import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { conditionSchema } from '../../operator/api/conditions.ts';
import { blockerSchema } from '../../operator/api/unsubscriptionrequest.ts';
import { minutes } from '../../operator/clock.ts';
import { arbitraryFoundServer, arbitraryOutcome, arbitrarySnapshot } from '../builders/arbitrary.ts';
import { blockedCases } from '../builders/blocked.ts';
import { aMachine, anAccount, aSubscription, dependents, read, unreadable } from '../builders/observation.ts';
import { aFoundServer, aSnapshot } from '../builders/snapshot.ts';
import { aPlacement, aRequest } from '../builders/unsubscriptionrequest.ts';
import { ensureBinaries } from '../cluster/binaries.ts';
import { type HealthCase, requestCases, serverCases, unseenCases } from './health-cases.ts';
import { assess, fragment, type Health } from './health-checks.ts';
import { requestAfter, type StoredObject, serverAfter } from './stored-objects.ts';

let settings: Readonly<Record<string, string>> = {};
// Argo CD is built when it is missing.
beforeAll(async () => {
  await ensureBinaries(['argocd-health', 'helm']);
  settings = (await fragment()).data;
}, minutes(30));

const reported = z.looseObject({
  conditions: z.array(conditionSchema).default([]),
  blockers: z.array(blockerSchema).default([]),
  blockerCount: z.int().optional(),
  plan: z.looseObject({ id: z.string() }).optional(),
});
const statusOf = ({ status = {} }: StoredObject) => reported.parse(status);
const readyOf = (object: StoredObject) => statusOf(object).conditions.find(({ type }) => type === 'Ready');
const isTrue = (object: StoredObject, type: string) =>
  statusOf(object).conditions.some((condition) => condition.type === type && condition.status === 'True');
const casesByReason = [...Object.entries(requestCases), ...Object.entries(serverCases)];
const allCases: readonly HealthCase[] = [...casesByReason.flatMap(([, cases]) => cases), ...unseenCases];

/** Assesses many at once: the program takes longer to start than to answer. */
function assessAll(objects: readonly StoredObject[]): () => readonly Health[] {
  let answers: readonly Health[] = [];
  beforeAll(async () => {
    answers = await assess(settings, objects);
  }, minutes(1));
  return () => answers;
}

describe('what Argo CD shows of an object', () => {
  const answers = assessAll(allCases.map(([, object]) => object));

  test.each(
    allCases.map(([happened, object, status, message], index) => ({
      kind: object.kind,
      happened,
      status,
      message,
      index,
    })),
  )('is $status when of a $kind $happened', ({ status, message, index }) => {
    const plan = statusOf(allCases[index]?.[1] ?? expect.fail()).plan?.id ?? '';
    expect(answers()[index]).toEqual({ status, message: message.replaceAll('{plan}', plan) });
  });
});

test.each(casesByReason)('there are objects whose Ready says %s', (reason, cases) => {
  expect(cases.length).toBeGreaterThan(0);
  for (const [, object] of cases) expect(readyOf(object)?.reason).toBe(reason);
});

describe('whatever blocks a request', () => {
  const objects = blockedCases.map(({ snapshot }) => requestAfter(snapshot));
  const answers = assessAll(objects);
  const people = ['AwaitingApproval', 'ApprovedPlanDiffers', 'Held', 'Halted', 'ObserveOnly', 'Suspended', 'NotBefore'];
  const others: Readonly<Record<string, Health['status']>> = {
    DeadlinePassed: 'Degraded',
    AlreadyUnsubscribed: 'Healthy',
  };

  test.each(blockedCases.map((one, index) => ({ ...one, index })))(
    'is named with what to do when $changed',
    ({ reason, alongside, index }) => {
      const object = objects[index] ?? expect.fail();
      const { status, message } = answers()[index] ?? expect.fail();
      const alone = people.includes(reason) && alongside.length === 0;
      expect(status).toBe(others[reason] ?? (alone ? 'Suspended' : 'Progressing'));
      const [first] = statusOf(object).blockers;
      if (status !== 'Healthy') expect(message).toContain(`${first?.message} ${first?.remedy}`);
    },
  );
});

describe('of any object that the operator can have reported on', () => {
  const requests = fc.sample(arbitrarySnapshot, { numRuns: 2_000, seed: 1 }).map(requestAfter);
  const servers = fc
    .sample(fc.tuple(arbitraryFoundServer('server-1'), arbitraryOutcome), { numRuns: 500, seed: 1 })
    .map(([{ observation, server }, outcome]) =>
      serverAfter(observation, server, aRequest({ status: { placements: [aPlacement(outcome)] } })),
    );
  const objects = [...requests, ...servers];
  const answers = assessAll(objects);
  const each = (check: (object: StoredObject, health: Health) => void) => {
    expect(answers()).toHaveLength(objects.length);
    for (const [index, object] of objects.entries()) check(object, answers()[index] ?? expect.fail());
  };
  const isDeleted = ({ metadata }: StoredObject) => metadata.deletionTimestamp !== undefined;

  test('Argo CD shows a health in words', () => {
    each((_, { status, message }) => {
      expect(['Healthy', 'Progressing', 'Suspended', 'Degraded']).toContain(status);
      expect(message).toMatch(/\S/);
    });
  });

  test('Healthy is what is Ready, and Degraded what is Stalled or has drained for too long; what is deleted is neither', () => {
    each((object, { status }) => {
      const there = !isDeleted(object);
      expect(status === 'Healthy').toBe(there && isTrue(object, 'Ready'));
      expect(status === 'Degraded').toBe(there && (isTrue(object, 'Stalled') || isTrue(object, 'DrainOverdue')));
    });
  });

  test('what is deleted is Progressing, with each finalizer that holds it and what Ready says', () => {
    each((object, { status, message }) => {
      if (!isDeleted(object)) return;
      expect(status).toBe('Progressing');
      for (const finalizer of object.metadata.finalizers ?? []) expect(message).toContain(finalizer);
      const isOurs = object.metadata.finalizers?.some((name) => name.startsWith('dcc-operator.io/'));
      if (isOurs) expect(message).toContain(readyOf(object)?.message);
    });
  });

  test('each word that Ready says is one that is known here', () => {
    const said = (all: readonly StoredObject[]) => new Set(all.map((object) => readyOf(object)?.reason ?? 'nothing'));
    expect([...said(requests)].filter((reason) => !(reason in requestCases))).toEqual([]);
    // No type has these words. An object that cannot be understood brings the last one, and no observation does.
    expect([...said(servers), 'Unreadable'].sort()).toEqual(Object.keys(serverCases).sort());
  });
});

test('docs/argocd.md tells for each word of Ready what Argo CD shows', async () => {
  const document = await readFile(`${import.meta.dirname}/../../docs/argocd.md`, 'utf8');
  const rows = [...document.matchAll(/^\| (Healthy|Progressing|Suspended|Degraded) +\|([^|]*)\|/gm)];
  const told = rows.flatMap(([, status, words = '']) =>
    [...words.matchAll(/`(\w+)`/g)].map(([, reason]) => `${reason} ${status}`),
  );
  const [, ...shown] = new Set([
    '',
    ...casesByReason.flatMap(([reason, cases]) => cases.map(([, , status]) => `${reason} ${status}`)),
  ]);
  expect(new Set(told)).toEqual(new Set(shown));
});

test('settings without the checks leave Argo CD without a word', async () => {
  expect(await assess({}, [requestAfter(aSnapshot())])).toEqual([{ status: '', message: '' }]);
});

test('of more blockers than the status has room for all are counted', async () => {
  const crowded = {
    subscription: read(aSubscription({ status: 'Frozen' })),
    account: read(anAccount({ inArrears: true })),
  };
  const unprotected = aMachine('web-01', { backup: { kind: 'Unprotected', problem: 'BackupMissing' } });
  const observation = { ...crowded, dependents: read(dependents({ machines: [unprotected] })), autoPlacement: true };
  const servers = Array.from({ length: 50 }, (_, index) =>
    aFoundServer(`server-${index + 1}`, { observation, paid: unreadable() }),
  );
  const object = requestAfter(
    aSnapshot({ servers, request: { metadata: {}, spec: { refund: { minimum: '1', currency: 'CNY' } } } }),
  );
  const { blockerCount = 0, blockers } = statusOf(object);
  expect(blockerCount).toBeGreaterThan(blockers.length);
  const [health] = await assess(settings, [object]);
  expect(health?.message).toContain(` and ${blockerCount - 3} more.`);
});

test('what is not there yet, or of a version of tomorrow, is no error', async () => {
  const object = requestAfter(aSnapshot());
  const saying = (...conditions: object[]) => ({ ...object, status: { observedGeneration: 1, conditions } });
  const ready = (reason: string) => ({ type: 'Ready', status: 'False', reason, message: 'It rains.' });
  expect(await assess(settings, [saying(), saying(ready('Tomorrow')), saying(ready('Blocked'))])).toEqual([
    { status: 'Progressing', message: 'NotReported: Nothing is reported yet.' },
    { status: 'Progressing', message: 'Tomorrow: It rains.' },
    { status: 'Progressing', message: 'Blocked: It rains.' },
  ]);
});
