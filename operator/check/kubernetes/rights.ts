import { z } from 'zod';
import type { Connection } from '../../kubernetes/connection.ts';
import { failed, type Nothing, type Outcome, ok } from '../outcome.ts';
import { inWords, type Right } from './needed-rights.ts';

const reviewSchema = z.object({ status: z.object({ allowed: z.boolean() }) });

/** Asks the API server for each right whether it has it, by SelfSubjectAccessReviews: a POST that stores nothing. */
export async function checkRights(
  connection: Pick<Connection, 'request'>,
  user: string | undefined,
  rights: readonly Right[],
  signal: AbortSignal,
): Promise<Outcome<Nothing>> {
  const answers = await Promise.all(
    rights.map(async (right) => ({ right, allowed: await isAllowed(connection, right, signal) })),
  );
  const missing = answers.filter(({ allowed }) => !allowed).map(({ right }) => right);
  if (missing.length === 0) return ok(`all ${rights.length} rights that it needs`, undefined);
  return failed(
    `it may not ${inWords(missing)}`,
    `Grant this to ${user ?? 'its service account'}, as the chart does (templates/rbac.yaml; credentials.allowSecretRefs for Secrets).`,
  );
}

async function isAllowed(connection: Pick<Connection, 'request'>, right: Right, signal: AbortSignal): Promise<boolean> {
  const body = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes: right },
  };
  const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews';
  return reviewSchema.parse(await connection.request('POST', path, { body, signal })).status.allowed;
}
