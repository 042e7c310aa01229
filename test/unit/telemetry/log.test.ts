import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { createLog } from '../../../operator/telemetry/log.ts';

const line = z.looseObject({ level: z.string(), time: z.string() });

/** A log that keeps its lines. */
function listen(level = 'info') {
  const written: string[] = [];
  const log = createLog(level, { write: (text) => void written.push(text) });
  return { log, text: () => written.join(''), lines: () => written.map((text) => line.parse(JSON.parse(text))) };
}

const secret = 'do-not-tell';
const names = ['secretKey', 'secret', 'accessKey', 'securityToken', 'token', 'password'];
const headers = [
  'authorization',
  'Authorization',
  'X-Security-Token',
  'x-security-token',
  'X-Auth-Token',
  'x-auth-token',
];
const environment = ['HUAWEICLOUD_SDK_AK', 'HUAWEICLOUD_SDK_SK', 'HUAWEICLOUD_SDK_SECURITY_TOKEN'];

describe('a secret does not reach the log', () => {
  test.each([...names, ...headers, 'client-key-data', ...environment])(
    'under the name %s, wherever it stands',
    (name) => {
      const { log, text } = listen();
      const held = { [name]: secret, harmless: 'told' };
      log.info(held, 'at the top');
      log.info({ credentials: held }, 'one deep');
      log.info({ account: { credentials: held } }, 'two deep');
      log.info({ request: { account: { credentials: held } } }, 'three deep');
      log.info({ accounts: [{ credentials: held }] }, 'in a list');
      log.child({ credentials: held }).info('in what a child always says');
      log.error({ err: Object.assign(new Error('refused'), { request: held }) }, 'in an error');
      expect(text()).not.toContain(secret);
      expect(text().match(/\[redacted\]/g)).toHaveLength(7);
      expect(text().match(/told/g)).toHaveLength(7);
    },
  );
});

test('a line is one JSON object with the name of its level and an ISO time', () => {
  const { log, text, lines } = listen();
  log.warn({ server: 'server-1' }, 'it is frozen');
  expect(text()).toMatch(/^\{.*\}\n$/);
  expect(lines()).toEqual([
    { level: 'warn', time: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/), server: 'server-1', msg: 'it is frozen' },
  ]);
});

test('an error is told with its message and its cause', () => {
  const { log, lines } = listen();
  log.error({ err: new Error('no answer', { cause: new Error('reset') }) }, 'a read failed');
  expect(lines()[0]).toMatchObject({ level: 'error', err: { message: expect.stringContaining('no answer') } });
  expect(JSON.stringify(lines())).toContain('reset');
});

test.each([
  ['debug', ['debug', 'info', 'warn', 'error']],
  ['info', ['info', 'warn', 'error']],
  ['warn', ['warn', 'error']],
  ['error', ['error']],
])('at level %s it tells %j', (level, told) => {
  const { log, lines } = listen(level);
  for (const name of ['debug', 'info', 'warn', 'error'] as const) log[name]('something');
  expect(lines().map((one) => one.level)).toEqual(told);
});
