import { expect, test } from 'vitest';
import { blockersOf } from '../../../../operator/unsubscription/blockers/rules.ts';
import { aMachine, dependents, read } from '../../../builders/observation.ts';
import { aFoundServer, aSnapshot } from '../../../builders/snapshot.ts';

test('whoever has halted the operator reads that before anything else that keeps the order from being placed', () => {
  const halted = aSnapshot({
    mode: 'ObserveOnly',
    halt: read({ configMap: 'ConfigMap dcc-system/halt', reason: 'INC-42' }),
    exceeded: { limit: 'perHour', most: 1 },
    request: { spec: { suspend: true } },
  });
  expect(blockersOf(halted).map(({ reason }) => reason)).toEqual([
    'Halted',
    'ObserveOnly',
    'Suspended',
    'BudgetExceeded',
  ]);
});

test('machines are told by server, then those that remain before those in the recycle bin, each by name', () => {
  const machines = [aMachine('vm-3'), aMachine('vm-1', { status: 'InRecycleBin' }), aMachine('vm-2')];
  const server = (name: string) => aFoundServer(name, { observation: { dependents: read(dependents({ machines })) } });
  const told = blockersOf(aSnapshot({ servers: [server('server-2'), server('server-1')] }));
  const machinesTold = ['VirtualMachinesRemain vm-2', 'VirtualMachinesRemain vm-3', 'RecycleBinNotEmpty vm-1'];
  expect(
    told
      .filter(({ condition }) => condition === 'DependentsDrained')
      .map(({ server: on, reason, message }) => `${on} ${reason} ${message.split(' ')[0]}`),
  ).toEqual(['server-1', 'server-2'].flatMap((on) => machinesTold.map((machine) => `${on} ${machine}`)));
});
