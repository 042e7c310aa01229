import { z } from 'zod';
import { moneySchema } from './money.ts';

/** Instants in the world are ISO 8601 in UTC; each service writes them in its own format. */
export const instantSchema = z.iso.datetime();

const accessKeySchema = z.strictObject({
  accessKey: z.string().min(1),
  secretKey: z.string().min(1),
  /** Set on temporary keys: every call must then carry it in X-Security-Token. */
  securityToken: z.string().optional(),
  expiresAt: instantSchema.optional(),
  /** Operation names (such as "billing.unsubscribe") that IAM does not allow this key. */
  denied: z.array(z.string()).default([]),
});

/** An OIDC issuer that the account trusts, and the public keys (PEM) its tokens are signed with. */
const identityProviderSchema = z.strictObject({
  id: z.string(),
  urn: z.string(),
  issuer: z.string(),
  audience: z.string(),
  publicKeys: z.array(z.string()).min(1),
});

/** An agency that users and agencies of other accounts (or of this one) may switch to. */
const agencySchema = z.strictObject({ urn: z.string(), name: z.string(), trusts: z.array(z.string()) });

export const accountSchema = z.strictObject({
  domainId: z.string().min(1),
  name: z.string(),
  /** The web site that the account was opened on; the billing centre of another site refuses it. */
  site: z.enum(['china', 'international', 'europe']).default('china'),
  currency: z.enum(['CNY', 'USD', 'EUR']).default('CNY'),
  enabled: z.boolean().default(true),
  /** The two kinds of freezing that a partner can order (ACCOUNT and ACCOUNT_AND_RESOURCE). */
  freeze: z.enum(['none', 'account', 'accountAndResources']).default('none'),
  balance: moneySchema.default('0.00'),
  debt: moneySchema.default('0.00'),
  accessKeys: z.array(accessKeySchema).default([]),
  identityProviders: z.array(identityProviderSchema).default([]),
  /** Those that tokens of identity providers may have. */
  agencyUrns: z.array(z.string()).default([]),
  agencies: z.array(agencySchema).default([]),
});

export const projectSchema = z.strictObject({
  id: z.string().min(1),
  /** The main project of a region carries the region's name. */
  name: z.string(),
  region: z.string(),
  domainId: z.string(),
  enabled: z.boolean().default(true),
  /** Whether deleted ECSs of this project go to the recycle bin first. */
  recycleBin: z.boolean().default(false),
});

/** What stands behind the calls that hand out temporary keys without a signature. */
export const credentialSourcesSchema = z.strictObject({
  /** Unscoped tokens that IAM v3 gave for OIDC id tokens. */
  tokens: z.array(z.strictObject({ token: z.string(), domainId: z.string() })).default([]),
  /** The account whose agency the node has (ECS metadata service); null when the node has none. */
  nodeAgencyDomainId: z.string().nullable().default(null),
  /** Whether the metadata service has version 2, whose tokens are what must be shown. */
  metadataVersion2: z.enum(['absent', 'optional', 'required']).default('optional'),
  metadataTokens: z.array(z.strictObject({ token: z.string(), expiresAt: instantSchema })).default([]),
  /** The token that a CCE pod identity must present, and the account it stands for. */
  podIdentity: z.strictObject({ token: z.string(), domainId: z.string() }).nullable().default(null),
});

export type AccessKey = z.infer<typeof accessKeySchema>;
export type IdentityProvider = z.infer<typeof identityProviderSchema>;
export type Account = z.infer<typeof accountSchema>;
export type Project = z.infer<typeof projectSchema>;
