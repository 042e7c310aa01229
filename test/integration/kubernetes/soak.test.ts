import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { seconds, systemClock } from '../../../operator/clock.ts';
import { type Credential, createAuthority, issueCertificate } from '../../cluster/certificates.ts';
import { createSeededRandom } from '../../seeded-random.ts';
import { createPlayground, openConnection, type Playground } from './cluster.ts';
import { type FaultProxy, type ProxiedRequest, startFaultProxy } from './fault-proxy.ts';
import * as faults from './faults.ts';
import { createKubeconfigFiles, type KubeconfigFiles } from './kubeconfig-files.ts';

/** What `soak-process.ts` tells once a second. */
const sampleSchema = z.object({
  descriptors: z.number(),
  heap: z.number(),
  timers: z.number(),
  watches: z.number(),
  connectionsOpened: z.number(),
  objects: z.number(),
});
type Sample = z.infer<typeof sampleSchema>;

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
  const after = 1 + Math.floor(random() * 4);
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

async function startSoaking(authority: Credential): Promise<ChildProcess & { stdout: Readable }> {
  await rotate(authority);
  const trusted = { 'certificate-authority-data': Buffer.from(proxy.authority).toString('base64') };
  const user = { 'client-certificate': files.path('user.crt'), 'client-key': files.path('user.key') };
  await files.load(proxy.server, trusted, user);
  const leash = `${import.meta.dirname}/../../leash.ts`;
  const { group, plural, kind } = widgets.kind;
  const args = [files.path('kubeconfig'), group, plural, kind, widgets.namespace];
  return spawn(
    process.execPath,
    ['--expose-gc', '--import', leash, `${import.meta.dirname}/soak-process.ts`, ...args],
    { stdio: ['pipe', 'pipe', 'inherit'] },
  );
}

/** Creates, changes and deletes objects until `until`; gives how often. */
async function changeObjects(worker: number, until: number): Promise<number> {
  let changes = 0;
  for (; systemClock.elapsed() < until; changes += 3) {
    const name = `soak-${worker}-${changes % 30}`;
    await widgets.create(name, { spec: { text: 'x'.repeat(2_000) } });
    await widgets.change(name, { size: changes });
    await widgets.delete(name);
  }
  return changes;
}

async function rotateUntil(authority: Credential, until: number): Promise<void> {
  while (systemClock.elapsed() < until) {
    await systemClock.sleep(seconds(1));
    await rotate(authority);
  }
}

const middle = (numbers: number[]) => numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;

test('what the process holds on to stays the same, through hundreds of watches and rotated certificates', async () => {
  proxy.faultFor = wear;
  const authority = await createAuthority('soak');
  const child = await startSoaking(authority);
  const exited = once(child, 'exit');
  const samples: Sample[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => samples.push(sampleSchema.parse(JSON.parse(line))));
  const until = systemClock.elapsed() + seconds(40);
  const [changes] = await Promise.all([
    Promise.all([1, 2, 3, 4].map((worker) => changeObjects(worker, until))),
    rotateUntil(authority, until),
  ]);
  const connections = proxy.connections;
  child.kill('SIGKILL');
  await exited;

  const last = samples.at(-1) ?? expect.fail('it said nothing');
  const total = changes.reduce((sum, each) => sum + each);
  // A tenth of what a machine does that has nothing else to do.
  expect(total, 'changes').toBeGreaterThan(100);
  expect(last.watches, 'watches').toBeGreaterThan(20);
  expect(last.connectionsOpened, 'connections that were opened').toBeGreaterThan(10);

  // The first third warms up: what is compared is the second with the last.
  const third = Math.floor(samples.length / 3);
  const early = (name: keyof Sample) => middle(samples.slice(third, 2 * third).map((sample) => sample[name]));
  const late = (name: keyof Sample) => middle(samples.slice(-third).map((sample) => sample[name]));
  expect(late('descriptors')).toBeLessThanOrEqual(early('descriptors') + 6);
  expect(late('timers')).toBeLessThanOrEqual(early('timers') + 15);
  expect(late('heap')).toBeLessThanOrEqual(early('heap') * 1.15 + 2_000_000);
  expect(connections, 'open connections').toBeLessThan(20);
}, 120_000);
