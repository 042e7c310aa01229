import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CloudError } from '../../../operator/huaweicloud/errors.ts';
import { collectCounted, collectMarked } from '../../../operator/huaweicloud/paging.ts';

const listing = { operation: 'test.List', key: (item: string) => item, maxPages: 20 };
const letters = ['a', 'b', 'c', 'd', 'e', 'f', 'g'];

async function failure(list: Promise<unknown>): Promise<CloudError> {
  const error = await list.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!(error instanceof CloudError)) throw new Error(`expected a CloudError, got ${error}`);
  return error;
}

describe('a list that states its total', () => {
  const byOffset = (limit: number) =>
    collectCounted(listing, async ({ offset }) => ({
      items: letters.slice(offset, offset + limit),
      total: letters.length,
    }));

  test.each([1, 3, 7, 100])('is collected in pages of %i, by offset', async (limit) => {
    expect(await byOffset(limit)).toEqual(letters);
  });

  test('is collected by page number from 1', async () => {
    const collected = await collectCounted(listing, async ({ page }) => ({
      items: letters.slice((page - 1) * 3, page * 3),
      total: letters.length,
    }));
    expect(collected).toEqual(letters);
  });

  test('is empty only when the total says so', async () => {
    expect(await collectCounted(listing, async () => ({ items: [], total: 0 }))).toEqual([]);
    const error = await failure(collectCounted(listing, async () => ({ items: [], total: 3 })));
    expect(error.class).toBe('Unparsable');
    expect(error.message).toContain('only 0 of 3 items came');
  });

  test('fails when a page is short and nothing follows', async () => {
    const pages = [['a', 'b'], []];
    const error = await failure(
      collectCounted(listing, async ({ page }) => ({ items: pages[page - 1] ?? [], total: 4 })),
    );
    expect(error.message).toContain('only 2 of 4 items came');
  });

  test('fails when the server ignores the position', async () => {
    const error = await failure(collectCounted(listing, async () => ({ items: ['a', 'b'], total: 4 })));
    expect(error.message).toContain('an item came twice');
  });

  test('fails when the total changes between pages', async () => {
    const error = await failure(
      collectCounted(listing, async ({ offset, page }) => ({
        items: letters.slice(offset, offset + 2),
        total: 8 - page,
      })),
    );
    expect(error.message).toContain('the list changed while it was read');
  });

  test('fails when more comes than was stated', async () => {
    const error = await failure(collectCounted(listing, async () => ({ items: letters, total: 2 })));
    expect(error.message).toContain('more items came than the total of 2');
  });

  test('fails when it has too many pages', async () => {
    const error = await failure(
      collectCounted(listing, async ({ page }) => ({ items: [`item ${page}`], total: 1_000 })),
    );
    expect(error.message).toContain('too many pages');
  });
});

describe('a list that is continued from markers', () => {
  test('is collected until no marker follows, short and empty pages included', async () => {
    const pages = new Map<string | undefined, { items: string[]; next: string | undefined }>([
      [undefined, { items: ['a', 'b'], next: 'm1' }],
      ['m1', { items: [], next: 'm2' }],
      ['m2', { items: ['c'], next: undefined }],
    ]);
    const collected = await collectMarked(
      listing,
      async (marker) => pages.get(marker) ?? { items: [], next: undefined },
    );
    expect(collected).toEqual(['a', 'b', 'c']);
  });

  test('fails when the server ignores the marker', async () => {
    const error = await failure(collectMarked(listing, async () => ({ items: ['a'], next: 'a' })));
    expect(error.message).toContain('an item came twice');
  });

  test('may have ten thousand pages, and no more', async () => {
    const { maxPages: _, ...byDefault } = listing;
    const ofPages = (pages: number) =>
      collectMarked(byDefault, async (marker) => {
        const page = Number(marker ?? 1);
        return { items: [`item ${page}`], next: page === pages ? undefined : `${page + 1}` };
      });
    expect(await ofPages(10_000)).toHaveLength(10_000);
    expect((await failure(ofPages(10_001))).message).toContain('too many pages');
  });

  test('fails when a marker comes back', async () => {
    let page = 0;
    const error = await failure(
      collectMarked(listing, async () => {
        page += 1;
        return { items: [`item ${page}`], next: page % 2 === 0 ? 'even' : 'odd' };
      }),
    );
    expect(error.message).toContain('a page came twice');
  });

  test('fails when it has too many pages', async () => {
    let page = 0;
    const endless = collectMarked(listing, async () => {
      page += 1;
      return { items: [], next: `m${page}` };
    });
    expect((await failure(endless)).message).toContain('too many pages');
  });
});

test('whatever pages come, the result is exactly the stated number of different items, or a failure', async () => {
  const page = fc.record({ items: fc.array(fc.constantFrom(...letters), { maxLength: 4 }), total: fc.nat({ max: 8 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(page, { minLength: 1, maxLength: 6 }), async (pages) => {
      const at = (number: number) => pages[(number - 1) % pages.length] ?? { items: [], total: 0 };
      const result = await collectCounted(listing, async (position) => at(position.page)).catch(
        (error: unknown) => error,
      );
      if (result instanceof CloudError) expect(result.class).toBe('Unparsable');
      else expect([...new Set(result as string[])]).toHaveLength(at(1).total);
    }),
  );
});
