import { describe, expect, test } from 'vitest';
import { check } from '../../../operator/check/check.ts';
import { systemClock } from '../../../operator/clock.ts';

const secret = 'very-secret-key-of-the-tests-0000000000003';
/** No API server, and a cloud that refuses connections. */
const nowhere = [
  '--check',
  '--kubeconfig=/nowhere/kubeconfig',
  '--endpoints=*=http://127.0.0.1:1',
  '--check-timeout=20s',
];

async function run(args: readonly string[], environment: Record<string, string> = {}) {
  const printed: string[] = [];
  const code = await check({
    args: [...args],
    environment: { HUAWEICLOUD_SDK_AK: 'AK', HUAWEICLOUD_SDK_SK: secret, ...environment },
    clock: systemClock,
    print: (text) => printed.push(text),
    width: 120,
  });
  return { code, output: printed.join('\n') };
}

describe('the command', () => {
  test('runs every check, whatever fails, and gives 1 when one did', async () => {
    const { code, output } = await run([...nowhere, '--check-output=json']);
    expect(code).toBe(1);
    const { checks }: { checks: { check: string; result: string }[] } = JSON.parse(output);
    const results = Object.fromEntries(checks.map((one) => [one.check, one.result]));
    expect(results).toMatchObject({
      configuration: 'WARNING',
      'kubernetes/api': 'FAILED',
      'kubernetes/rights': 'SKIPPED',
      'cloud/credentials': 'OK',
      'cloud/account': 'FAILED',
      'cloud/cbr/backups': 'SKIPPED',
      'refund-rates': 'SKIPPED',
    });
    expect(checks.map((one) => one.check).slice(0, 3)).toEqual([
      'configuration',
      'kubernetes/api',
      'kubernetes/definitions',
    ]);
  });

  test('says what to do about a kubeconfig that is not there', async () => {
    const { output } = await run(nowhere);
    expect(output).toMatch(/^kubernetes\/api +FAILED +.*\/nowhere\/kubeconfig/m);
    expect(output.replaceAll(/\s+/g, ' ')).toContain(
      '-> Name a kubeconfig with --kubeconfig, or run in a Pod with a service account.',
    );
  });

  test('shows no secret, also where an error repeats one', async () => {
    const { output } = await run([...nowhere, `--kubeconfig=/nowhere/${secret}`]);
    expect(output).toContain('/nowhere/[redacted]');
    expect(output).not.toContain(secret);
  });

  test.each([
    [['--check-output=json'], {}],
    [['--check-output', 'json'], {}],
    [[], { DCC_OPERATOR_CHECK_OUTPUT: 'json' }],
  ])('tells settings that cannot be used as JSON when that was asked for (%j)', async (args, environment) => {
    const { code, output } = await run(['--check', '--concurrency=0', ...args], environment);
    expect(code).toBe(1);
    expect(JSON.parse(output)).toMatchObject({
      result: 'FAILED',
      checks: [{ check: 'configuration', found: expect.stringMatching(/^--concurrency: /) }, { result: 'SKIPPED' }],
    });
  });

  test('tells settings that cannot be used in the table otherwise, and those of the cloud as well', async () => {
    expect((await run(['--check', '--concurrency=0'])).output).toMatch(/^configuration +FAILED +--concurrency: /m);
    const { code, output } = await run([...nowhere, '--endpoints=esc=https://ecs.example.com']);
    expect(code).toBe(1);
    expect(output).toMatch(/^configuration +FAILED +--endpoints: there is no service esc/m);
    expect(output).toMatch(/^cloud\/credentials and \d+ more +SKIPPED +configuration failed$/m);
  });
});
