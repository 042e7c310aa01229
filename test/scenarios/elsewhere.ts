/** Reasons that no scenario can bring about, each with why and where it is seen on real parts. */
export const elsewhere: Readonly<Record<string, string>> = {
  'ServersResolved.CannotRead':
    'It takes an operator with rights of its own, and a namespace in which it has none: test/integration/operator/scope-namespaces.test.ts.',
};
