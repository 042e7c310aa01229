// Makes a fresh clone ready: installs the locked packages when they are missing or outdated, and checks that Node 24 is
// at hand. Plain JavaScript, because it must run on whatever Node the machine has.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';

const stamp = 'node_modules/.dcc-operator-setup';
const wanted = createHash('sha256').update(readFileSync('package-lock.json')).digest('hex');
const installed = existsSync(stamp) ? readFileSync(stamp, 'utf8') : '';

if (installed !== wanted) {
  console.error('setup: installing the packages of package-lock.json (npm ci)');
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'], {
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
  writeFileSync(stamp, wanted);
}

// npm puts node_modules/.bin first in the PATH of the scripts that follow, so the pinned Node wins where it exists.
const pinned = 'node_modules/.bin/node';
const version = execFileSync(existsSync(pinned) ? pinned : 'node', ['--version'], { encoding: 'utf8' }).trim();
const [major = 0, minor = 0] = version.slice(1).split('.').map(Number);
if (major < 24 || (major === 24 && minor < 5)) {
  console.error(
    `setup: Node ${version} is too old. npm carries Node 24 only for Linux on x64 and arm64; install Node 24.5 or newer.`,
  );
  process.exit(1);
}
