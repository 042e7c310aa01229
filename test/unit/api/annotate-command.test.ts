import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { annotateCommand } from '../../../operator/api/annotate-command.ts';

/** The words of a command as a shell reads them. */
function wordsOf(message: string): string[] {
  const [, command = ''] = /`(.*)`/.exec(message) ?? [];
  return execFileSync('sh', ['-c', `printf '%s\\n' ${command}`], { encoding: 'utf8' })
    .trimEnd()
    .split('\n');
}

const request = { namespace: 'team-a', name: 'retire' };

test.each([
  ['CS2603011200', 'settle/1.1=CS2603011200'],
  ['refused=a,b', 'settle/1.1=refused=a,b'],
  ['ORDER_ID', 'settle/1.1=ORDER_ID'],
  ["INC-42: it's closed; $(reboot) `x` <y> | z", "settle/1.1=INC-42: it's closed; $(reboot) `x` <y> | z"],
])('can be pasted into a shell as it stands: %s', (value, annotation) => {
  const command = annotateCommand('unsub', request, 'settle/1.1', value);
  expect(wordsOf(`Say so: ${command}.`)).toEqual([
    ...['kubectl', '-n', 'team-a', 'annotate', 'unsub', 'retire', '--overwrite', annotation],
  ]);
});

test('cannot be pasted where a person has to think first', () => {
  const command = annotateCommand('dccs', request, 'force', '<reason>').replaceAll('`', '');
  expect(() => execFileSync('sh', ['-c', command.replace('kubectl', 'echo')], { stdio: 'pipe' })).toThrow('reason');
});

test('takes an annotation away, too', () => {
  expect(wordsOf(annotateCommand('dccs', request, 'force'))).toEqual([
    ...['kubectl', '-n', 'team-a', 'annotate', 'dccs', 'retire', 'force-'],
  ]);
});
