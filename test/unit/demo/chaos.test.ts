import { describe, expect, test } from 'vitest';
import { milliseconds } from '../../../operator/clock.ts';
import { aPlacement } from '../../builders/unsubscriptionrequest.ts';
import { type Life, lives, orderDelay, watchIntents } from '../../demo/chaos.ts';
import { emptyView, type View } from '../../demo/view.ts';
import { requested } from './objects.ts';

function take(seed: number, count: number): Life[] {
  const source = lives(seed);
  return Array.from({ length: count }, () => source.next().value);
}

describe('the lives under chaos', () => {
  test('are the same for the same seed, and others for another', () => {
    expect(take(7, 50)).toEqual(take(7, 50));
    expect(take(7, 50)).not.toEqual(take(8, 50));
  });

  test('some end while the operator starts, most while it works', () => {
    const starting = take(1, 1_000).filter(({ since }) => since === 'Start').length;
    expect(starting).toBeGreaterThan(150);
    expect(starting).toBeLessThan(350);
  });

  test('that end by an intent do so before and after the cloud has answered', () => {
    const early = take(1, 1_000).filter(({ afterIntent }) => afterIntent < orderDelay).length;
    expect(early).toBeGreaterThan(600);
    expect(early).toBeLessThan(950);
  });

  test('are never negative and never long', () => {
    for (const { lifetime, afterIntent } of take(3, 1_000)) {
      expect(lifetime).toBeGreaterThanOrEqual(0);
      expect(lifetime).toBeLessThanOrEqual(milliseconds(2_500));
      expect(afterIntent).toBeLessThanOrEqual(milliseconds(750));
    }
  });
});

describe('the next intent', () => {
  function journal() {
    let view: View = emptyView;
    let handler = () => {};
    const next = watchIntents({
      view: () => view,
      subscribe: (subscriber) => {
        handler = subscriber;
        return () => {};
      },
    });
    const show = (...states: { id: string; state: 'Intended' | 'Accepted' }[]) => {
      const placements = states.map((entry) => aPlacement(entry));
      view = { servers: [], requests: [requested('retire', 'Ordering', { placements })] };
      handler();
    };
    return { next, show };
  }
  const isPending = async (promise: Promise<void>) => (await Promise.race([promise, 'pending'])) === 'pending';

  test('is heard of once for each call', async () => {
    const { next, show } = journal();
    const first = next();
    show({ id: '1.1', state: 'Intended' });
    await first;
    const second = next();
    show({ id: '1.1', state: 'Intended' });
    expect(await isPending(second)).toBe(true);
    show({ id: '1.1', state: 'Accepted' }, { id: '1.2', state: 'Intended' });
    await second;
  });

  test('is no other state', async () => {
    const { next, show } = journal();
    const first = next();
    show({ id: '1.1', state: 'Accepted' });
    expect(await isPending(first)).toBe(true);
  });
});
