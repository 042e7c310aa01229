import { spawn } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { text } from 'node:stream/consumers';

// Runs scripts of package.json in lanes, side by side: one that computes beside others that mostly wait for servers. Those of a lane,
// joined by a comma, run one after the other. The first lane yields to the others, and all it prints comes at its end.

interface Ended {
  readonly script: string;
  readonly code: number;
}

async function run(script: string, isFirst: boolean): Promise<Ended> {
  const child = spawn('npm', ['run', script], { stdio: ['ignore', isFirst ? 'pipe' : 'inherit', 'inherit'] });
  if (isFirst && child.pid !== undefined) setPriority(child.pid, constants.priority.PRIORITY_BELOW_NORMAL);
  const code = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve(status ?? 1));
  });
  const said = child.stdout === null ? '' : await text(child.stdout);
  const ended = { script, code: await code };
  process.stdout.write(said);
  return ended;
}

/** Up to the first that fails. */
async function runLane(lane: string, index: number): Promise<Ended[]> {
  const ended: Ended[] = [];
  for (const script of lane.split(',')) {
    const last = await run(script, index === 0);
    ended.push(last);
    if (last.code !== 0) break;
  }
  return ended;
}

const lanes = process.argv.slice(2);
if (lanes.length === 0)
  throw new Error('name scripts of package.json: node test/side-by-side.ts LANE LANE, each SCRIPT[,SCRIPT]');
const failed = (await Promise.all(lanes.map(runLane))).flat().filter(({ code }) => code !== 0);
for (const { script, code } of failed) console.error(`npm run ${script} failed with exit code ${code}`);
process.exitCode = failed.length === 0 ? 0 : 1;
