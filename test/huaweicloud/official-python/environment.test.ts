import { chmod, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { officialPython } from './environment.ts';

/** A machine with a python3 of our own making (none without a script), and an empty cache. */
async function aMachine(script?: string) {
  const folder = await mkdtemp(join(tmpdir(), 'official-python-test-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  if (script !== undefined) {
    await writeFile(join(folder, 'python3'), `#!/bin/sh\n${script}\n`);
    await chmod(join(folder, 'python3'), 0o755);
  }
  const shown: string[] = [];
  const environment = {
    PATH: `${folder}${script === undefined ? '' : ':/usr/bin:/bin'}`,
    DCC_OPERATOR_TEST_CACHE: join(folder, 'cache'),
  };
  const output = { write: (text: string) => shown.push(text) };
  return { install: () => officialPython({ environment, output }), shown, cache: join(folder, 'cache') };
}

const tells = (version: string) => `if [ "$1" = -c ]; then echo ${version}; echo /usr; exit 0; fi`;
/** `python3 -m venv --clear <folder>` of a machine whose pip does `pip`. */
const makesVenv = (pip: string) =>
  `mkdir -p "$4/bin"; printf '#!/bin/sh\\n${pip}\\n' > "$4/bin/python"; chmod +x "$4/bin/python"`;

test.each([
  ['no python3', undefined, /need python3\..*apt-get install python3 python3-venv/s],
  ['an old python3', tells('3.8.19'), /python3 is 3\.8\.19, too old.*Install Python 3\.10 or newer/s],
  [
    'a python3 without venv',
    `${tells('3.11.2')}; echo 'ensurepip is not available' >&2; exit 1`,
    /virtual environment\..*python3-venv.*ensurepip is not available/s,
  ],
  [
    'no package index',
    `${tells('3.11.2')}; ${makesVenv('echo "No matching distribution found" >&2; exit 1')}`,
    /pip\.conf or in PIP_INDEX_URL.*No matching distribution found/s,
  ],
])('a machine with %s is told what it lacks', async (_, script, message) => {
  const { install } = await aMachine(script);
  await expect(install()).rejects.toThrow(message);
});

test('what failed half-way is made anew, and what was made is kept', async () => {
  const machine = await aMachine(`${tells('3.12.1')}; ${makesVenv('[ -e "$(dirname "$0")/../../ready" ]')}`);
  await expect(machine.install()).rejects.toThrow('pip could not install');
  await writeFile(join(machine.cache, 'ready'), '');
  const python = await machine.install();
  expect(python.startsWith(machine.cache)).toBe(true);
  expect(machine.shown).toHaveLength(2);
  expect(await machine.install()).toBe(python);
  expect(machine.shown).toHaveLength(2);
});

test('two that ask at once share one environment', async () => {
  const machine = await aMachine(`${tells('3.12.1')}; sleep 0.2; ${makesVenv('exit 0')}`);
  const [one, other] = await Promise.all([machine.install(), machine.install()]);
  expect(one).toBe(other);
  expect(machine.shown).toHaveLength(1);
  expect((await readdir(machine.cache)).filter((name) => !name.endsWith('.lock'))).toHaveLength(1);
});
