/** Preloaded into an operator: SIGUSR2 makes it throw where nobody catches it, as a mistake in it would. */
process.on('SIGUSR2', () => {
  throw new Error('a mistake that nobody caught');
});
