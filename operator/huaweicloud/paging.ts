import { unparsable } from './errors.ts';

/** One list that comes in pages. */
export interface Listing<Item> {
  /** Service and operation, for errors. */
  readonly operation: string;
  /** What no two items share. An item that comes twice means that the pages cannot be trusted. */
  readonly key: (item: Item) => string;
  /** More pages than this are an error (default 10,000): a server that ignores the position would page for ever. */
  readonly maxPages?: number;
}

/** A million machines of ECS. */
const mostPages = 10_000;

/** One page of a list that states how many items it has in all. */
export interface CountedPage<Item> {
  readonly items: readonly Item[];
  readonly total: number;
}

/** Where the next page begins: `offset` counts the items before it, `page` counts pages from 1. */
export interface Position {
  readonly offset: number;
  readonly page: number;
}

/**
 * Collects a list that states its total, by offset or by page number. Fails as `Unparsable` unless exactly the stated
 * number of different items was collected and the total stayed the same on all pages.
 */
export async function collectCounted<Item>(
  listing: Listing<Item>,
  fetchPage: (position: Position) => Promise<CountedPage<Item>>,
): Promise<Item[]> {
  const collected = collection(listing);
  let total: number | undefined;
  for (let page = 1; page <= (listing.maxPages ?? mostPages); page += 1) {
    const { items, total: stated } = await fetchPage({ offset: collected.size(), page });
    if (total !== undefined && total !== stated) throw contradiction(listing, 'the list changed while it was read');
    total = stated;
    collected.add(items);
    if (collected.size() > total) throw contradiction(listing, `more items came than the total of ${total}`);
    if (collected.size() === total) return collected.items();
    if (items.length === 0) throw contradiction(listing, `only ${collected.size()} of ${total} items came`);
  }
  throw contradiction(listing, 'the list has too many pages');
}

/** One page of a list that is continued from a marker; `next` is undefined on the last page. */
export interface MarkedPage<Item> {
  readonly items: readonly Item[];
  readonly next: string | undefined;
}

/** Collects a list that is continued from markers. Fails as `Unparsable` when an item or a marker comes twice. */
export async function collectMarked<Item>(
  listing: Listing<Item>,
  fetchPage: (marker: string | undefined) => Promise<MarkedPage<Item>>,
): Promise<Item[]> {
  const collected = collection(listing);
  const markers = new Set<string>();
  let marker: string | undefined;
  for (let page = 1; page <= (listing.maxPages ?? mostPages); page += 1) {
    const { items, next } = await fetchPage(marker);
    collected.add(items);
    if (next === undefined) return collected.items();
    if (markers.has(next)) throw contradiction(listing, 'a page came twice');
    markers.add(next);
    marker = next;
  }
  throw contradiction(listing, 'the list has too many pages');
}

function collection<Item>(listing: Listing<Item>) {
  const byKey = new Map<string, Item>();
  return {
    size: () => byKey.size,
    items: () => [...byKey.values()],
    add(items: readonly Item[]) {
      for (const item of items) {
        const key = listing.key(item);
        if (byKey.has(key)) throw contradiction(listing, 'an item came twice');
        byKey.set(key, item);
      }
    },
  };
}

function contradiction(listing: Listing<never>, message: string) {
  return unparsable(listing.operation, `${message}, so the list is not complete`);
}
