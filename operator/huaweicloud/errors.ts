import type { Milliseconds } from '../clock.ts';
import type { Site } from './endpoints.ts';
import { type CloudErrorClass, errorClasses, errorCodes, statusClasses } from './error-codes.ts';
import { grantInWords } from './permissions.ts';

export type { CloudErrorClass } from './error-codes.ts';

/** What is known about an error: its class, and whether the code is documented (only then is a refusal certain). */
export interface Classification {
  readonly class: CloudErrorClass;
  readonly meaning: string | undefined;
  readonly documented: boolean;
}

/** Looks a code up in the table; for an unknown code the HTTP status decides the class. */
export function classify(code: string, httpStatus: number): Classification {
  // The gateway writes its prefix both ways: APIG.0301 and APIGW.0301.
  const name = code.replace(/^APIG\./, 'APIGW.');
  const known = Object.hasOwn(errorCodes, name) ? errorCodes[name] : undefined;
  if (known !== undefined) return { class: known.class, meaning: known.meaning, documented: true };
  return { class: statusClasses[httpStatus] ?? 'Ambiguous', meaning: undefined, documented: false };
}

/** What a `CloudError` is made of. `httpStatus` is undefined when no answer came. */
export interface CloudErrorFacts {
  readonly class: CloudErrorClass;
  readonly code: string;
  readonly message: string;
  /** Service and operation, for example `billing.ListCustomerOrders`. */
  readonly operation: string;
  readonly httpStatus?: number | undefined;
  readonly requestId?: string | undefined;
  /** Whether the answer itself held an error with a code, rather than only an HTTP status. */
  readonly explained?: boolean;
  /** How long the cloud asks to wait before the next try. */
  readonly retryAfter?: Milliseconds | undefined;
  /** The site that the account belongs to, when another one refused it and that was found out. */
  readonly site?: Site | undefined;
}

/** A call to the cloud that gave no usable answer. Its message holds no secrets and no text that changes every time. */
export class CloudError extends Error {
  override readonly name = 'CloudError';
  readonly class: CloudErrorClass;
  readonly code: string;
  readonly operation: string;
  readonly httpStatus: number | undefined;
  readonly requestId: string | undefined;
  readonly retryAfter: Milliseconds | undefined;
  readonly explained: boolean;
  readonly site: Site | undefined;

  constructor(facts: CloudErrorFacts, options?: ErrorOptions) {
    super(`${facts.operation}: ${facts.message}`, options);
    this.class = facts.class;
    this.code = facts.code;
    this.operation = facts.operation;
    this.httpStatus = facts.httpStatus;
    this.requestId = facts.requestId;
    this.retryAfter = facts.retryAfter;
    this.explained = facts.explained ?? false;
    this.site = facts.site;
  }

  /** The same error, which says to which site the account belongs. */
  ofSite(site: Site): CloudError {
    const { operation, requestId, httpStatus, explained } = this;
    const message = `${this.message.slice(operation.length + 2)}; it belongs to the site ${site}`;
    return new CloudError({
      class: this.class,
      code: this.code,
      operation,
      message,
      site,
      requestId,
      httpStatus,
      explained,
    });
  }

  /** What a person can do about it, one sentence or two. */
  get remedy(): string {
    const { site } = this;
    if (site !== undefined) {
      return `Set the site with --site=${site} (chart: site: ${site}), or for the account of a Secret alone with DCC_OPERATOR_SITE: ${site} in it.`;
    }
    return remedyOf(this.class, this.operation);
  }
}

/** The remedy of a class of errors when they come from an operation such as `billing.ListCustomerOrders`. */
export function remedyOf(errorClass: CloudErrorClass, operation: string): string {
  const grant = errorClass === 'Permission' ? grantInWords(operation) : undefined;
  if (grant === undefined) return errorClasses[errorClass].remedy;
  return `Grant the user or agency of these credentials ${grant}; docs/permissions.md has the whole policy.`;
}

/** An answer that does not read as documented, or pages that contradict each other. */
export function unparsable(operation: string, message: string): CloudError {
  return new CloudError({ class: 'Unparsable', code: 'Unparsable', operation, message });
}
