import { pino } from 'pino';
import { Counter, Registry } from 'prom-client';
import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Health } from '../../../operator/telemetry/health.ts';
import { answersOf, isLoopback } from '../../../operator/telemetry/health-answers.ts';

const line = z.looseObject({ level: z.number(), msg: z.string() });

function serve(changes: Partial<Health> = {}) {
  const health: Health = { livez: [], readyz: [], state: {}, ...changes };
  const lines: z.infer<typeof line>[] = [];
  const log = pino({ base: null }, { write: (text: string) => void lines.push(line.parse(JSON.parse(text))) });
  const registry = new Registry();
  const answerTo = answersOf(health, registry, log);
  const ask = (url: string, { method = 'GET', client = '127.0.0.1' } = {}) => answerTo({ method, url, client });
  return { health, registry, lines, ask };
}

const check = (name: string, ...problems: string[]) => ({ name, problems: () => problems });

test.each(['/livez', '/readyz'])('%s passes when none of its checks finds a problem', async (path) => {
  const { ask } = serve({ livez: [check('one'), check('two')], readyz: [check('three')] });
  expect(await ask(path)).toMatchObject({ status: 200, body: 'ok\n' });
});

test('a probe that fails has one line for each problem, and each probe has its own', async () => {
  const { ask } = serve({ livez: [check('one', 'too hot', 'too late'), check('two'), check('three', 'too far')] });
  expect(await ask('/livez')).toMatchObject({ status: 503, body: 'one: too hot\none: too late\nthree: too far\n' });
  expect(await ask('/readyz')).toMatchObject({ status: 200 });
});

test('?verbose lists all checks as the API server does', async () => {
  const { ask } = serve({ livez: [check('one'), check('two', 'too late')], readyz: [check('three')] });
  expect(await ask('/livez?verbose')).toMatchObject({
    status: 503,
    body: '[+]one ok\n[-]two failed: too late\nlivez check failed\n',
  });
  expect(await ask('/readyz?verbose=true')).toMatchObject({
    status: 200,
    body: '[+]three ok\nreadyz check passed\n',
  });
});

test('what should be known though nothing is wrong is told by ?verbose, and fails nothing', async () => {
  const noted = { ...check('one'), notes: () => ['worth a look'] };
  const { ask } = serve({
    readyz: [noted, { ...check('two', 'too late'), notes: () => ['and this'] }],
    livez: [noted],
  });
  expect(await ask('/livez')).toMatchObject({ status: 200, body: 'ok\n' });
  expect(await ask('/readyz?verbose')).toMatchObject({
    status: 503,
    body: '[+]one ok\n[!]one: worth a look\n[-]two failed: too late\n[!]two: and this\nreadyz check failed\n',
  });
});

test('a check that throws has failed', async () => {
  const broken = {
    name: 'broken',
    problems: () => {
      throw new Error('boom');
    },
  };
  const { ask } = serve({ livez: [broken] });
  expect(await ask('/livez')).toMatchObject({ status: 503, body: 'broken: the check itself failed: boom\n' });
});

test('a check that is added later counts', async () => {
  const { ask, health } = serve();
  expect(await ask('/livez')).toMatchObject({ status: 200 });
  health.livez.push(check('late', 'too late'));
  expect(await ask('/livez')).toMatchObject({ status: 503 });
});

test('the log tells when a probe begins to fail, and when it passes again, once each', async () => {
  const problems: string[] = [];
  const { ask, lines } = serve({ livez: [{ name: 'one', problems: () => problems }] });
  await ask('/livez');
  await ask('/livez');
  expect(lines).toEqual([]);
  problems.push('too hot');
  await ask('/livez');
  await ask('/livez');
  problems.pop();
  await ask('/livez');
  await ask('/livez');
  expect(lines).toMatchObject([
    { level: 40, msg: '/livez fails', problems: ['one: too hot'] },
    { level: 30, msg: '/livez passes again' },
  ]);
});

test('the log tells of a probe that fails from the start', async () => {
  const { ask, lines } = serve({ readyz: [check('one', 'not yet')] });
  await ask('/readyz');
  expect(lines).toMatchObject([{ msg: '/readyz fails' }]);
});

test('/metrics gives what is registered', async () => {
  const { ask, registry } = serve();
  new Counter({ name: 'things_total', help: 'Things.', registers: [registry] }).inc(3);
  const { status, body, headers } = await ask('/metrics');
  expect([status, headers['content-type']]).toEqual([200, registry.contentType]);
  expect(body).toContain('things_total 3\n');
});

test('/debug/state gives all sections as JSON, each worked out when asked', async () => {
  let count = 0;
  const { ask, health } = serve({ state: { process: () => ({ asked: ++count }) } });
  health.state['later'] = () => 'added';
  await ask('/debug/state');
  const { status, body, headers } = await ask('/debug/state');
  expect([status, headers['content-type']]).toEqual([200, 'application/json']);
  expect(JSON.parse(body)).toEqual({ process: { asked: 2 }, later: 'added' });
});

test.each(['10.0.0.7', '::ffff:10.0.0.7', 'fe80::1', '128.0.0.1', '1127.0.0.1'])(
  '/debug/state is not for %s, who is told the way',
  async (client) => {
    const { ask } = serve({ state: { secretish: () => 'unspoken' } });
    const { status, body } = await ask('/debug/state', { client });
    expect(status).toBe(403);
    expect(body).toContain('port-forward');
    expect(body).not.toContain('unspoken');
  },
);

test.each(['127.0.0.1', '127.8.0.1', '::1', '::ffff:127.0.0.1'])('%s is an address of its own', (address) => {
  expect(isLoopback(address)).toBe(true);
});

test('a connection that is gone already has no address of its own', () => {
  expect(isLoopback(undefined)).toBe(false);
});

test('what cannot be worked out is an answer too, and the log says why', async () => {
  const broken = () => {
    throw new Error('boom');
  };
  const { ask, lines } = serve({ state: { broken } });
  const { status, body } = await ask('/debug/state');
  expect(status).toBe(500);
  expect(body).not.toContain('boom');
  expect(lines).toMatchObject([{ level: 50, err: { message: 'boom' }, path: '/debug/state' }]);
});

test.each(['/', '/healthz', '/livez/', '/toString', '/__proto__', '//', '*'])(
  'who asks for %s is told what there is',
  async (path) => {
    const { ask } = serve();
    const { status, body } = await ask(path);
    expect(status).toBe(404);
    for (const known of ['/livez', '/readyz', '/metrics', '/debug/state']) expect(body).toContain(known);
  },
);

test('HEAD is answered as GET, and other methods are told what is allowed', async () => {
  const { ask } = serve({ livez: [check('one', 'too hot')] });
  expect(await ask('/livez', { method: 'HEAD' })).toMatchObject({ status: 503 });
  expect(await ask('/livez', { method: 'POST' })).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
});
