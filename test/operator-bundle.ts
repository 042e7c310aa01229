import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'rolldown';
import { operatorBundle } from '../rolldown.config.ts';

/** The operator built as it is shipped, in a folder of its own: nobody runs what somebody else is just building. */
export interface OperatorProgram extends AsyncDisposable {
  /** The file to run with Node. */
  readonly path: string;
}

/** Builds the operator from the sources as they are now. */
export async function buildOperator(): Promise<OperatorProgram> {
  const folder = await mkdtemp(join(tmpdir(), 'dcc-operator-build-'));
  await build({ ...operatorBundle(folder), logLevel: 'warn' });
  return {
    path: join(folder, 'operator.js'),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
