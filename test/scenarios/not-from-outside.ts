/** Reasons that nothing from outside can bring about on real parts, each with why; the unit tests of the rules have them. */
export const notFromOutside: Readonly<Record<string, string>> = {};
