/** Preloaded into an operator: SIGUSR2 sets its clock an hour forward, as it is after its machine was suspended. */
let ahead = 0;
globalThis.Date = new Proxy(Date, {
  construct: (target, of) => Reflect.construct(target, of.length === 0 ? [target.now() + ahead] : of),
  get: (target, name) => (name === 'now' ? () => target.now() + ahead : Reflect.get(target, name)),
});
process.on('SIGUSR2', () => {
  ahead = 3_600_000;
});
