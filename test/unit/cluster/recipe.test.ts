import { describe, expect, test } from 'vitest';
import { cacheKey, readRecipe } from '../../cluster/recipe.ts';

describe('a recipe', () => {
  test('takes the versions from its go.mod', async () => {
    const kubernetes = await readRecipe('kubernetes');
    expect(kubernetes.version).toMatch(/^v1\.36\.\d+$/);
    expect(kubernetes.go).toMatch(/^1\.\d+/);
    expect(kubernetes.stamps).toMatchObject({
      'k8s.io/component-base/version.gitVersion': kubernetes.version,
      'k8s.io/component-base/version.gitMajor': '1',
      'k8s.io/component-base/version.gitMinor': '36',
    });
  });

  test('tells Helm the Kubernetes release that its own client is of', async () => {
    const { stamps } = await readRecipe('helm');
    expect(Number(stamps['helm.sh/helm/v3/pkg/chartutil.k8sVersionMinor'])).toBeGreaterThan(30);
  });
});

test('a recipe names the Go that it needs, when most machines have an older one', async () => {
  expect((await readRecipe('argocd')).toolchain).toMatch(/^go1\.\d+\.\d+$/);
  expect((await readRecipe('kubernetes')).toolchain).toBeUndefined();
});

describe('the name in the cache', () => {
  test('shows what it holds', async () => {
    const recipe = await readRecipe('kubernetes');
    expect(cacheKey(recipe)).toMatch(new RegExp(`^kubernetes-${recipe.version}-[0-9a-f]{8}$`));
  });

  test('changes with everything that changes the programs, and only with that', async () => {
    const recipe = await readRecipe('kubernetes');
    const variants = [
      recipe,
      { ...recipe, goMod: `${recipe.goMod}\n` },
      { ...recipe, goSum: `${recipe.goSum}\n` },
      { ...recipe, sources: ['package main'] },
      { ...recipe, stamps: { ...recipe.stamps, extra: '1' } },
    ];
    expect(new Set(variants.map(cacheKey)).size).toBe(variants.length);
    expect(cacheKey({ ...recipe, folder: '/elsewhere' })).toBe(cacheKey(recipe));
  });
});
