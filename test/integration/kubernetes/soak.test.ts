import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { type Milliseconds, seconds, systemClock } from '../../../operator/clock.ts';
import { type Credential, createAuthority, issueCertificate } from '../../cluster/certificates.ts';
import { createSeededRandom } from '../../seeded-random.ts';
import { createPlayground, openConnection, type Playground, until } from './cluster.ts';
import { type FaultProxy, type ProxiedRequest, startFaultProxy } from './fault-proxy.ts';
import * as faults from './faults.ts';
import { createKubeconfigFiles, type KubeconfigFiles } from './kubeconfig-files.ts';

/** What `soak-process.ts` tells. */
const workSchema = z.object({ stored: z.number(), queued: z.number() });
const holdingsSchema = z.object({
  heldObjects: z.number(),
  heap: z.number(),
  descriptors: z.number(),
  timers: z.number(),
  watches: z.number(),
  requests: z.number(),
  connectionsOpened: z.number(),
});
type Holdings = z.infer<typeof holdingsSchema>;

const owned = new AsyncDisposableStack();
let widgets: Playground;
let proxy: FaultProxy;
let files: KubeconfigFiles;
beforeAll(async () => {
  const { connection } = owned.use(await openConnection());
  widgets = owned.use(await createPlayground(connection));
  proxy = owned.use(await startFaultProxy());
  files = owned.use(await createKubeconfigFiles());
});
afterAll(() => owned.disposeAsync());

const random = createSeededRandom(1);

/** Watches are short and end in every way; a write fails now and then. */
function wear({ kind }: ProxiedRequest): faults.Fault | undefined {
  const after = 1 + Math.floor(random() * 2);
  const chance = random();
  if (kind === 'Write' || kind === 'Get') return chance < 0.03 ? faults.answerLost : undefined;
  if (kind === 'List') return chance < 0.1 ? faults.truncatedBody : undefined;
  if (chance < 0.85) return faults.endedBetweenLines(after);
  if (chance < 0.9) return faults.cutInLine(after);
  if (chance < 0.95) return faults.malformedLine(after);
  return faults.errorEvent(after, 410, 'Expired');
}

/** Puts another certificate in place, with which the client has to open new connections. */
async function rotate(authority: Credential): Promise<void> {
  const { certificate, key } = await issueCertificate(authority, { commonName: 'soak', usage: 'client' });
  await files.replace('user.crt', certificate);
  await files.replace('user.key', key);
}

/** The small operator that is soaked. */
interface Soaked {
  /** What it holds on to when it has nothing to do. */
  holdingsAtRest(): Promise<Holdings>;
  kill(): Promise<void>;
}

async function startSoaking(authority: Credential): Promise<Soaked> {
  await rotate(authority);
  const trusted = { 'certificate-authority-data': Buffer.from(proxy.authority).toString('base64') };
  const user = { 'client-certificate': files.path('user.crt'), 'client-key': files.path('user.key') };
  await files.load(proxy.server, trusted, user);
  const leash = `${import.meta.dirname}/../../leash.ts`;
  const { group, plural, kind } = widgets.kind;
  const args = [files.path('kubeconfig'), group, plural, kind, widgets.namespace];
  const child = spawn(
    process.execPath,
    ['--expose-gc', '--import', leash, `${import.meta.dirname}/soak-process.ts`, ...args],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
  const exited = once(child, 'exit');
  const lines: unknown[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => lines.push(JSON.parse(line)));
  const isIdle = () => {
    const work = workSchema.safeParse(lines.at(-1)).data;
    return work?.stored === 0 && work.queued === 0;
  };
  const look = async (): Promise<Holdings> => {
    const from = lines.length;
    const told = () => lines.slice(from).flatMap((line) => holdingsSchema.safeParse(line).data ?? []);
    child.kill('SIGUSR2');
    await until('it has looked at itself', () => told().length > 0);
    return told()[0] ?? expect.fail('it says nothing');
  };
  return {
    holdingsAtRest: async () => {
      await until('it has nothing to do', isIdle);
      // The first look ends what waits for a collection; an old connection may need a moment to end.
      await look();
      await systemClock.sleep(seconds(2));
      return await look();
    },
    kill: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

/** Creates, changes and deletes objects until `end`; gives how often. */
async function changeObjects(worker: number, end: number): Promise<number> {
  let changes = 0;
  for (; systemClock.elapsed() < end; changes += 3) {
    const name = `soak-${worker}-${changes % 30}`;
    await widgets.create(name, { spec: { text: 'x'.repeat(2_000) } });
    await widgets.change(name, { size: changes });
    await widgets.delete(name);
  }
  return changes;
}

async function rotateUntil(authority: Credential, end: number): Promise<void> {
  while (systemClock.elapsed() < end) {
    await systemClock.sleep(seconds(1));
    await rotate(authority);
  }
}

/** Everything happens at once for as long; gives how many objects were changed. */
async function wearOut(authority: Credential, duration: Milliseconds): Promise<number> {
  proxy.faultFor = wear;
  // A watch that began at rest would be left in peace until it ends by itself.
  proxy.cut();
  const end = systemClock.elapsed() + duration;
  const working = Promise.all([1, 2, 3, 4, 5, 6].map((worker) => changeObjects(worker, end)));
  await Promise.all([working, rotateUntil(authority, end)]);
  proxy.faultFor = () => undefined;
  return (await working).reduce((sum, each) => sum + each);
}

test('what the process holds on to stays the same, through hundreds of watches and rotated certificates', async () => {
  const authority = await createAuthority('soak');
  const soaked = await startSoaking(authority);
  // All that is made once is made in the first seconds.
  await wearOut(authority, seconds(8));
  const before = await soaked.holdingsAtRest();
  const changes = await wearOut(authority, seconds(25));
  const after = await soaked.holdingsAtRest();
  const connections = proxy.connections;
  await soaked.kill();
  const watches = after.watches - before.watches;
  const requests = after.requests - before.requests;
  // A fraction of what a machine does that has nothing else to do.
  expect(changes, 'changes').toBeGreaterThan(300);
  expect(watches, 'watches').toBeGreaterThan(60);
  expect(requests, 'requests').toBeGreaterThan(300);
  expect(after.connectionsOpened - before.connectionsOpened, 'connections that were opened').toBeGreaterThan(8);

  // Some hundred at most come and go with connections; whatever stays with each watch or event is more.
  expect(after.heldObjects - before.heldObjects, `objects, after ${watches} watches`).toBeLessThan(250 + watches / 4);
  expect(after.heap - before.heap, 'bytes').toBeLessThan(4_000_000);
  expect(after.descriptors - before.descriptors, 'descriptors').toBeLessThanOrEqual(6);
  expect(after.timers - before.timers, 'timers').toBeLessThanOrEqual(5);
  expect(connections, 'open connections').toBeLessThan(20);
}, 120_000);
