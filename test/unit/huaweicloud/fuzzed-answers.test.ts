import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { milliseconds, minutes } from '../../../operator/clock.ts';
import type { HuaweiAccount } from '../../../operator/huaweicloud/account.ts';
import { CloudError } from '../../../operator/huaweicloud/errors.ts';
import { type Answer, openTransport, type Transport } from '../../../operator/huaweicloud/transport.ts';
import { controlClient } from '../../huaweicloud/control-client.ts';
import { seeded } from '../../huaweicloud/seed.ts';
import { startHuaweiCloud } from '../../huaweicloud/server.ts';
import { allReads } from './all-reads.ts';
import { mutations, oneOf, withoutEachField } from './answer-mutations.ts';
import { cycleOf, full, fullWorld } from './full-world.ts';
import { type RecordedAnswers, recordAnswers, replay } from './recorded-answers.ts';
import { type Reply, recordedCloud } from './recorded-cloud.ts';
import { seededAccount } from './seeded-account.ts';

/** Project and account are known, so that only what is asked for is asked. */
const anAccount = (transport: Transport, url: string): HuaweiAccount =>
  seededAccount(url, transport, { projectId: seeded.projectId, domainId: seeded.domainId });

/** What a read asked for, what it was told, and what it rightly found in it. */
interface Recording {
  readonly answers: RecordedAnswers;
  readonly found: readonly string[];
}

const recordings = new Map<string, Recording>();
const names = allReads('', '').map(({ name }) => name);
let reads: ReturnType<typeof allReads>;

beforeAll(async () => {
  const world = fullWorld();
  // Nothing may change while it is recorded, and nobody is throttled.
  const settings = { orderProcessing: minutes(10), throttle: { rate: 10_000, operations: {} } };
  const cloud = await startHuaweiCloud({ world, settings });
  const control = controlClient(cloud.url);
  await control.createUnpaidOrder(full.servers[0]);
  for (const name of ['host-03', 'host-02']) await control.startTransaction(name);
  await control.unsubscribeInConsole([full.dedicatedHost], 1);
  reads = allReads(world.orders[0]?.orderId ?? '', cycleOf(world.bills[0]?.tradeTime ?? ''));
  for (const { name, found } of reads) {
    const { result, answers } = await recordAnswers((transport) => found(anAccount(transport, cloud.url)));
    recordings.set(name, { found: result, answers });
  }
  await cloud.stop();
}, 60_000);

function recordingOf(name: string): Recording {
  const recording = recordings.get(name);
  if (recording === undefined) throw new Error(`${name} was not recorded`);
  return recording;
}

/** What the read found, or the error of the cloud that it ended with; anything else is a crash. */
async function outcomeOf(name: string, account: HuaweiAccount): Promise<readonly string[] | CloudError> {
  const read = reads.find((one) => one.name === name);
  if (read === undefined) throw new Error(`there is no read ${name}`);
  try {
    return await read.found(account);
  } catch (error) {
    if (error instanceof CloudError) return error;
    throw error;
  }
}

test.each(names)('%s finds something on several pages, and the same again in what was recorded', async (name) => {
  const recording = recordingOf(name);
  expect(recording.found).not.toEqual([]);
  const account = anAccount(
    replay(recording.answers, '', (answer) => answer),
    'http://127.0.0.1:1',
  );
  expect(await outcomeOf(name, account)).toEqual(recording.found);
});

test.each(Object.entries(mutations))(
  'an answer that is %s makes a read fail, or changes nothing',
  async (_, mutation) => {
    const property = fc.asyncProperty(fc.gen(), async (g) => {
      const name = oneOf(names, g);
      const recording = recordingOf(name);
      const mutated = oneOf([...recording.answers.keys()], g);
      const mutate = (answer: Answer): Answer => ({ ...answer, body: mutation(answer.body, g) });
      const account = anAccount(replay(recording.answers, mutated, mutate), 'http://127.0.0.1:1');
      const outcome = await outcomeOf(name, account);
      if (!(outcome instanceof CloudError)) expect(outcome, name).toEqual(expect.arrayContaining([...recording.found]));
    });
    await fc.assert(property, { numRuns: 250 });
  },
);

test.each(names)('%s fails without any one field of any answer, or finds as much as before', async (name) => {
  const recording = recordingOf(name);
  for (const [mutated, { body }] of recording.answers) {
    for (const without of withoutEachField(body)) {
      const transport = replay(recording.answers, mutated, (answer) => ({ ...answer, body: without.body }));
      const outcome = await outcomeOf(name, anAccount(transport, 'http://127.0.0.1:1'));
      if (outcome instanceof CloudError) continue;
      expect(outcome, without.field).toEqual(expect.arrayContaining([...recording.found]));
    }
  }
});

test.each(names)('%s fails when any of its answers has an error inside, whatever else stands there', async (name) => {
  const recording = recordingOf(name);
  for (const mutated of recording.answers.keys()) {
    const mutate = (answer: Answer) => ({ ...answer, body: answer.body.replace('{', '{"error_code":"CBC.3002",') });
    const account = anAccount(replay(recording.answers, mutated, mutate), 'http://127.0.0.1:1');
    expect(await outcomeOf(name, account)).toMatchObject({ code: 'CBC.3002' });
  }
});

describe('a cloud that', () => {
  const replies: Readonly<Record<string, Reply>> = {
    'answers with a page of HTML': { text: '<!doctype html><title>Sign in</title>' },
    'answers 502 with a page of HTML': { status: 502, text: '<html>Bad gateway</html>' },
    'answers 204 with nothing': { status: 204, text: '' },
    'answers 302 to a login page': { status: 302, text: '', headers: { location: 'https://login.example' } },
    'answers 404 with nothing': { status: 404, text: '' },
    'answers more than is read': { json: { servers: [], count: 0, note: 'x'.repeat(200_000) } },
    'breaks off in the middle': 'Truncate',
    'resets the connection': 'Reset',
    'never answers': 'Stall',
  };

  test.each(Object.entries(replies))('%s gives no read anything, and is sent no order', async (_, reply) => {
    const transport = openTransport({ bodyLimit: 100_000 });
    const deadlines = { attempt: milliseconds(100), call: milliseconds(150) };
    await using cloud = await recordedCloud(() => reply, { transport, deadlines });
    const outcomes = await Promise.all(names.map((name) => outcomeOf(name, cloud.account)));
    expect(
      outcomes.map((outcome, place) => (outcome instanceof CloudError ? '' : names[place])).filter(Boolean),
    ).toEqual([]);
    expect(cloud.requests.filter(({ path }) => path.includes('unsubscribe'))).toEqual([]);
    transport.close();
  });
});
