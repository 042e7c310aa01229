import { describe, expect, test } from 'vitest';
import { statementsOn } from '../../../operator/unsubscription/statements.ts';
import { aServer } from '../../builders/dccserver.ts';

const everywhere = { seesAllNamespaces: true };

describe('what people state about a server', () => {
  test('is where its machines are looked for, what does not count, and what is demanded of backups', () => {
    const { spec } = aServer('server-1');
    const server = aServer('server-1', {
      spec: {
        virtualMachines: {
          hypervisorHostnames: ['nova-2', 'nova-1'],
          hostIds: ['f00'],
          exclude: [
            { id: 'rds-1', service: 'RDS', reason: 'it runs elsewhere' },
            { id: 'gauss-1', service: 'Other', reason: 'it is on host-07' },
          ],
        },
        backup: { maxAge: '12h' },
        credentialsSecretRef: { name: 'finance' },
      },
    });
    expect(statementsOn(server, everywhere)).toEqual([
      `server-1: DCC server ${spec.resourceId} in ${spec.availabilityZone} of project ${spec.projectId}`,
      'server-1: virtual machines on the hypervisor nova-1 are on it',
      'server-1: virtual machines on the hypervisor nova-2 are on it',
      'server-1: virtual machines with the host id f00 are on it',
      'server-1: RDS rds-1 does not count: it runs elsewhere',
      'server-1: instance gauss-1, which no list shows, does not count: it is on host-07',
      'server-1: backups of its virtual machines are demanded, not older than 12h',
      'server-1: credentials of the Secret finance',
    ]);
  });

  test('is that the whole zone counts where there is no mapping, and that no backups are demanded where they are waived', () => {
    const server = aServer('server-1', { spec: { virtualMachines: undefined, backup: { requirement: 'Waived' } } });
    const statements = statementsOn(server, everywhere);
    expect(statements).toContain('server-1: every virtual machine of its zone counts');
    expect(statements).toContain('server-1: no backups are demanded');
  });

  test('is that no other object stands for it where none would be seen, and only there', () => {
    const server = aServer('server-1');
    const seen = statementsOn(server, everywhere);
    expect(statementsOn(server, { seesAllNamespaces: false })).toEqual([
      ...seen,
      'server-1: no DCCServer of a namespace that this operator does not see stands for it',
    ]);
  });

  test('needs no mapping for a dedicated host: the cloud lists its machines', () => {
    const server = aServer('server-1', { spec: { hostType: 'DeH', virtualMachines: undefined } });
    expect(statementsOn(server, everywhere).join()).not.toContain('zone counts');
  });
});
