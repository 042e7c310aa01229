import type { Metadata } from '../../operator/api/objects.ts';

/** The namespace of every object that a builder makes. */
export const namespace = 'datacenter';

/** The moment at which tests look at the world, unless they say otherwise. */
export const lookedAt = new Date('2026-03-01T12:00:00Z');

/** `lookedAt` moved by so many milliseconds. */
export const millisecondsLater = (duration: number): Date => new Date(lookedAt.getTime() + duration);

/** `lookedAt` moved by so many minutes. */
export const minutesLater = (count: number): Date => millisecondsLater(count * 60_000);

/** Metadata of an object that was applied an hour ago; its uid follows from its name. */
export const aMetadata = (name: string, changes: Partial<Metadata> = {}): Metadata => ({
  name,
  namespace,
  uid: `uid-of-${name}`,
  resourceVersion: '1',
  generation: 1,
  creationTimestamp: minutesLater(-60).toISOString(),
  ...changes,
});
