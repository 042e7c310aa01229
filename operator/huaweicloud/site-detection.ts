import { type Milliseconds, minutes, seconds, untilAborted } from '../clock.ts';
import { createBillingAccount } from './billing-account.ts';
import { type CallContext, readerOf, type Scope, type ServiceReader } from './calls.ts';
import { createCredentialsGate } from './credentials-gate.ts';
import { billingOrigins, type Site, sites } from './endpoints.ts';
import { CloudError } from './errors.ts';

/** Which of the other sites an account belongs to; undefined when none of them says so. Never rejects. */
export type FindSite = () => Promise<Site | undefined>;

/** How long nobody is asked again when no site knew the account. */
const forgottenAfter = minutes(10);
/** A single try: nobody waits long for a better message. */
const deadlines = { attempt: seconds(5), call: seconds(5) };

/**
 * Asks the billing centres of the other sites for the cheapest of their lists, as Huawei's Terraform provider does: the one that
 * answers is the account's own. What it finds is remembered, for it does not change.
 */
export function createSiteFinder(context: CallContext, site: Site, domain: Scope): FindSite {
  let found: { readonly site: Promise<Site | undefined>; readonly askedAt: Milliseconds } | undefined;

  async function find(): Promise<Site | undefined> {
    for (const other of sites) {
      if (other !== site && (await answers(billingOrigins[other]))) return other;
    }
    return undefined;
  }

  async function answers(billing: string): Promise<boolean> {
    const endpoints = { ...context.endpoints, billing };
    // A site that does not know the key says nothing about it, so the gate of the account must not hear of that.
    const gate = createCredentialsGate(context.clock);
    const reader = readerOf({ ...context, endpoints, gate, deadlines }, 'billing', domain);
    return await createBillingAccount(reader)
      .probeSite()
      .then(
        () => true,
        () => false,
      );
  }

  return async () => {
    const now = context.clock.elapsed();
    const known = await found?.site;
    if (found === undefined || (known === undefined && now - found.askedAt >= forgottenAfter)) {
      found = { site: find(), askedAt: now };
    }
    return await found.site;
  };
}

/** Makes errors of a wrong site name the right one. */
export function namingTheSite(reader: ServiceReader<'billing'>, findSite: FindSite): ServiceReader<'billing'> {
  return {
    async read(call, signal) {
      try {
        return await reader.read(call, signal);
      } catch (error) {
        if (!(error instanceof CloudError) || error.class !== 'WrongSite') throw error;
        const site = await untilAborted(findSite(), signal);
        throw site === undefined ? error : error.ofSite(site);
      }
    },
  };
}
