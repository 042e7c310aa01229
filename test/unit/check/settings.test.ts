import { describe, expect, test } from 'vitest';
import { checkConfiguration } from '../../../operator/check/configuration.ts';
import { checkRefundRates } from '../../../operator/check/refund-rates.ts';
import { readConfig } from '../../../operator/config.ts';
import { EndpointError } from '../../../operator/huaweicloud/endpoints.ts';

const config = (...args: string[]) => readConfig(args, {});

describe('the settings', () => {
  test('are told in short', () => {
    expect(checkConfiguration(config('--namespaces=team-a,team-b', '--mode=ObserveOnly'))).toMatchObject({
      result: 'OK',
      found: 'site china, mode ObserveOnly, team-a, team-b',
    });
  });

  test('that send the calls elsewhere are told as a warning', () => {
    expect(checkConfiguration(config('--endpoints', 'ecs=https://ecs.example.com'))).toMatchObject({
      result: 'WARNING',
      found: expect.stringContaining('ecs=https://ecs.example.com'),
    });
  });

  test('that name no service are refused', () => {
    expect(() => checkConfiguration(config('--endpoints', 'esc=https://ecs.example.com'))).toThrow(EndpointError);
  });
});

describe('the table of fees', () => {
  test('is told by its terms', () => {
    const rates = config('--refund-rates', '{"unconditionalDays":5,"feePercent":{"monthly":[10],"2":[15,10]}}');
    expect(checkRefundRates(rates['refund-rates'])).toMatchObject({
      result: 'OK',
      found: expect.stringMatching(/monthly.*5 unconditional days/),
    });
  });

  test('may be missing', () => {
    expect(checkRefundRates(undefined)).toMatchObject({ result: 'SKIPPED' });
  });
});
