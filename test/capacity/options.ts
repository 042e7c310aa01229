import { parseArgs } from 'node:util';
import { type Milliseconds, milliseconds, parseDuration } from '../../operator/clock.ts';
import type { Fleet } from './fleet.ts';

export interface CapacityOptions {
  help: boolean;
  /** Measured one after the other. */
  fleets: Fleet[];
  /** How long each fleet is watched at rest. */
  rest: Milliseconds;
  /** How long the simulated cloud takes for each call, besides its own work. */
  latency: Milliseconds;
  /** Calls a second to each operation of the billing centre and account, above which it refuses. */
  billingRate: number;
  /** Flags of the operator that differ from its defaults. */
  flags: Readonly<Record<string, string>>;
  /** Measures so many readings of each fleet alone, without an operator; none: the operator. */
  readings: number;
  /** A file for the raw figures. */
  json: string | undefined;
}

/** What `--help` prints. */
export const usage = `Measures what the operator costs at rest: the real one, a real control plane, a simulated Huawei Cloud.

Usage: npm run capacity [-- OPTIONS]

  --fleets A,B,...     servers x accounts, such as 1000x10; default: 100x1,1000x1,1000x10,1000x100,10000x10,10000x100
  --machines N         virtual machines on each server, each with a backup; default: 2
  --requests N         requests for a tenth of the servers are 0.1: each waits for the machines to go; default: 0
  --host-type T        DCC or DeH; default: DCC
  --latency D          how long the cloud takes for each call; default: 100ms
  --billing-rate N     calls a second that the billing centre takes for each operation and account; default: 200
  --rest D             how long each fleet is watched at rest; default: 3m
  --flags A=V,...      flags of the operator, such as concurrency=16,poll-interval=5m
  --readings N         measure so many readings of the cloud alone, without an API server, for fleets of one account
  --json FILE          also write the raw figures to this file
  --help               show this`;

/** Reads the command line. @throws on anything that it does not understand. */
export function readOptions(args: string[]): CapacityOptions {
  const { values } = parseArgs({
    args,
    options: {
      help: { type: 'boolean', default: false },
      fleets: { type: 'string', default: '100x1,1000x1,1000x10,1000x100,10000x10,10000x100' },
      machines: { type: 'string', default: '2' },
      requests: { type: 'string', default: '0' },
      'host-type': { type: 'string', default: 'DCC' },
      latency: { type: 'string', default: '100ms' },
      'billing-rate': { type: 'string', default: '200' },
      rest: { type: 'string', default: '3m' },
      flags: { type: 'string', default: '' },
      readings: { type: 'string', default: '0' },
      json: { type: 'string' },
    },
  });
  const common = {
    machinesPerServer: numberIn(values.machines),
    requestsPerServer: numberIn(values.requests),
    hostType: hostTypeOf(values['host-type']),
  };
  return {
    help: values.help,
    fleets: values.fleets.split(',').map((text) => ({ ...common, ...sizeOf(text) })),
    rest: durationOf(values.rest),
    latency: durationOf(values.latency),
    billingRate: numberIn(values['billing-rate']),
    readings: numberIn(values.readings),
    flags: Object.fromEntries(values.flags.split(',').filter(Boolean).map(flagOf)),
    json: values.json,
  };
}

function sizeOf(text: string): Pick<Fleet, 'servers' | 'accounts'> {
  const [, servers, accounts] = /^([1-9]\d*)x([1-9]\d*)$/.exec(text)?.map(Number) ?? [];
  if (servers === undefined || accounts === undefined || accounts > servers) {
    throw new Error(`"${text}" is not servers x accounts, such as 1000x10`);
  }
  return { servers, accounts };
}

function hostTypeOf(text: string): Fleet['hostType'] {
  if (text === 'DCC' || text === 'DeH') return text;
  throw new Error(`"${text}" is neither DCC nor DeH`);
}

function numberIn(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0)) throw new Error(`"${text}" is not a number of zero or more`);
  return value;
}

function durationOf(text: string): Milliseconds {
  const [, count] = /^(\d+)ms$/.exec(text) ?? [];
  const duration = count === undefined ? parseDuration(text) : milliseconds(Number(count));
  if (duration === undefined) throw new Error(`"${text}" is not a duration such as 100ms or 3m`);
  return duration;
}

function flagOf(text: string): [string, string] {
  const [name = '', value] = text.split(/=(.*)/s);
  if (value === undefined) throw new Error(`"${text}" is not a flag with its value, such as concurrency=16`);
  return [name, value];
}
