import { z } from 'zod';
import { conditionList } from './condition-list.ts';
import { conditions } from './conditions.ts';
import type { Metadata } from './objects.ts';
import { sentence } from './sentence.ts';

/**
 * The status of an object that cannot be understood: what stands there stays, the journal above all, and Ready says what
 * is wrong. Pure.
 */
export function unreadableStatus(raw: { metadata: Metadata; status?: unknown }, problem: string, at: Date): object {
  const status = z
    .looseObject({})
    .catch({})
    .parse(raw.status ?? {});
  const previous = conditions.safeParse(status['conditions']).data ?? [];
  const message = `The object cannot be understood: ${sentence(problem)} Correct it, or upgrade the operator and its definitions together.`;
  const now = [
    { type: 'Ready', status: 'False' as const, reason: 'Unreadable', message },
    { type: 'Stalled', status: 'True' as const, reason: 'Unreadable', message },
  ];
  const { generation } = raw.metadata;
  const kept = previous.filter(({ type }) => !['Ready', 'Stalled', 'Reconciling'].includes(type));
  const conditionsNow = [...conditionList(now, previous, at, generation), ...kept];
  return { ...status, observedGeneration: generation, conditions: conditionsNow };
}
