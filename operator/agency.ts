/** An agency to switch to: of the newer IAM by its URN, or of the older one by its account and name. */
export type Agency =
  | { readonly kind: 'Urn'; readonly urn: string }
  | { readonly kind: 'Named'; readonly account: string; readonly name: string };

/** Reads `iam::<account id>:agency:<name>` or `<account name>/<agency name>`; undefined for anything else. */
export function parseAgency(text: string): Agency | undefined {
  // As the API reference of AssumeAgency has it: five parts, of which the second may be empty.
  if (/^[^\s:]+:[^\s:]*:[^\s:]{1,64}:[^\s:]{1,64}:\S+$/.test(text)) return { kind: 'Urn', urn: text };
  const [, account, name] = /^([^\s/:]+)\/([^\s/:]+)$/.exec(text) ?? [];
  return account === undefined || name === undefined ? undefined : { kind: 'Named', account, name };
}

/** The account of an agency, which the third part of its URN is; undefined when that is no id. */
export const accountInUrn = (urn: string): string | undefined => /^[^:]*:[^:]*:([0-9a-f]{32}):/.exec(urn)?.[1];
