import { describe, expect, test } from 'vitest';
import { asJson, asTable, type Line, overall } from '../../../operator/check/print.ts';

const place = { region: 'cn-north-4', projectId: '0123456789abcdef0123456789abcdef' };
const good: Line = { check: 'configuration', result: 'OK', found: 'site china' };
const bad: Line = {
  check: 'cloud/rds/instances',
  place,
  result: 'FAILED',
  found: 'rds.ListInstances: answered 403 RDS.0011: access denied',
  remedy: 'Grant the user or agency of these credentials rds:instance:list.',
};
const doubtful: Line = { check: 'cloud/project', place, result: 'WARNING', found: 'not compared', remedy: 'Grant it.' };
const left: Line = { check: 'refund-rates', result: 'SKIPPED', found: 'not given' };

describe('the table', () => {
  test('has a row for each check in the order given, with what to do below what was found', () => {
    expect(asTable([good, bad, left], 200).split('\n')).toEqual([
      'CHECK                RESULT   FOUND, AND WHAT TO DO',
      'configuration        OK       site china',
      'cloud/rds/instances  FAILED   rds.ListInstances: answered 403 RDS.0011: access denied',
      '                              -> Grant the user or agency of these credentials rds:instance:list.',
      'refund-rates         SKIPPED  not given',
      '',
      '3 checks: 1 OK, 1 FAILED, 1 SKIPPED',
    ]);
  });

  test('stays within the width of the terminal', () => {
    const rows = asTable([good, bad, doubtful, left], 80).split('\n');
    expect(rows.filter(({ length }) => length > 80)).toEqual([]);
    expect(rows.join(' ').replaceAll(/\s+/g, ' ')).toContain('answered 403 RDS.0011: access denied');
  });

  test('leaves long words whole, so that they can be copied', () => {
    const id = 'x'.repeat(90);
    expect(asTable([{ ...good, found: `the id ${id}` }], 60)).toContain(id);
  });

  const elsewhere = { region: 'cn-east-3', projectId: 'fedcba98', secret: 'team-a/north' };

  test('has a part for each place when there are several, and only then', () => {
    expect(asTable([good, bad], 120)).not.toContain('cn-north-4');
    const rows = asTable([good, bad, { ...bad, place: elsewhere, remedy: undefined }, left], 200).split('\n');
    expect(rows).toEqual([
      'CHECK                RESULT   FOUND, AND WHAT TO DO',
      'configuration        OK       site china',
      '',
      'In cn-north-4, project 01234567:',
      'cloud/rds/instances  FAILED   rds.ListInstances: answered 403 RDS.0011: access denied',
      '                              -> Grant the user or agency of these credentials rds:instance:list.',
      '',
      'In cn-east-3, project fedcba98, with the Secret team-a/north:',
      'cloud/rds/instances  FAILED   rds.ListInstances: answered 403 RDS.0011: access denied',
      '',
      'refund-rates         SKIPPED  not given',
      '',
      '4 checks: 1 OK, 2 FAILED, 1 SKIPPED',
    ]);
  });

  test('tells together what one failure kept from running, and apart what was skipped for a reason of its own', () => {
    const kept = (check: string, after: string, at = place): Line => ({
      ...{ check, place: at, result: 'SKIPPED', found: `${after} failed`, after },
    });
    const lines = [bad, kept('cloud/site', 'cloud/account'), kept('cloud/project', 'cloud/account'), left];
    const rows = asTable([...lines, kept('cloud/clock', 'cloud/account')], 120).split('\n');
    expect(rows.filter((row) => row.includes('SKIPPED'))).toEqual([
      'cloud/site and 1 more  SKIPPED  cloud/account failed',
      'refund-rates           SKIPPED  not given',
      'cloud/clock            SKIPPED  cloud/account failed',
      '5 checks: 1 FAILED, 4 SKIPPED',
    ]);
    const apart = [kept('cloud/site', 'cloud/account'), kept('cloud/site', 'cloud/account', elsewhere)];
    expect(asTable(apart, 120).match(/^cloud\/site +SKIPPED/gm)).toHaveLength(2);
  });
});

test('the JSON has all that the table has', () => {
  expect(JSON.parse(asJson([good, bad]))).toEqual({ result: 'FAILED', checks: [good, bad] });
});

test.each([
  ['OK', [good, left]],
  ['OK', [good, doubtful]],
  ['FAILED', [good, bad, doubtful]],
] as const)('all together it is %s', (result, lines) => {
  expect(overall(lines)).toBe(result);
});
