/** What can be measured, in the order of the table. */
export const subjectNames = ['floor', 'ours', 'controller-runtime', 'client-node-shared-agent', 'client-node'] as const;

export type SubjectName = (typeof subjectNames)[number];

/** What the table calls each. */
export const titles: Record<SubjectName, string> = {
  floor: 'floor: a bare Go client',
  ours: 'this runtime',
  'controller-runtime': 'controller-runtime, own events filtered',
  'client-node-shared-agent': 'client-node, one shared agent, a queue',
  'client-node': 'client-node as most write it, a queue',
};
