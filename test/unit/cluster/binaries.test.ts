import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { cacheFolder, ensureBinaries } from '../../cluster/binaries.ts';
import { cacheKey, readRecipe } from '../../cluster/recipe.ts';

let cache: string;
beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'binaries-'));
});
afterEach(() => rm(cache, { recursive: true, force: true }));

const silent = { write: () => undefined };
const withoutGo = () => ({ output: silent, environment: { DCC_OPERATOR_TEST_CACHE: cache, PATH: '/nowhere' } });

describe('the programs', () => {
  test('come from the cache, without Go', async () => {
    const folder = join(cache, cacheKey(await readRecipe('helm')));
    await mkdir(folder);
    await writeFile(join(folder, 'helm'), '');
    expect(await ensureBinaries(['helm'], withoutGo())).toEqual({ helm: join(folder, 'helm') });
  });

  test('need Go when the cache lacks one, and the refusal says which', async () => {
    const { go } = await readRecipe('kubernetes');
    await expect(ensureBinaries(['etcd', 'kubectl'], withoutGo())).rejects.toThrow(
      `there is no go command in PATH: install Go ${go} or newer`,
    );
    const built = (await readdir(cache, { recursive: true })).filter((name) => !name.endsWith('.lock'));
    expect(built).toEqual([cacheKey(await readRecipe('kubernetes'))]);
  });
});

describe('the cache', () => {
  test.each([
    [{ DCC_OPERATOR_TEST_CACHE: '/own', XDG_CACHE_HOME: '/xdg' }, '/own'],
    [{ XDG_CACHE_HOME: '/xdg' }, '/xdg/dcc-operator-test'],
    [{ DCC_OPERATOR_TEST_CACHE: '', XDG_CACHE_HOME: '' }, expect.stringMatching(/\/\.cache\/dcc-operator-test$/)],
  ])('with %o is %s', (environment, folder) => {
    expect(cacheFolder(environment)).toEqual(folder);
  });
});
