/**
 * Preloaded (`node --import`) into a process that tests start: ends it when the pipe on its standard input closes, which
 * the kernel does when the starter has ended, be it by `kill -9`. A process that nobody watches would go on for ever.
 */
process.stdin.once('end', () => process.exit(1));
process.stdin.once('error', () => process.exit(1));
process.stdin.resume();
process.stdin.unref();
