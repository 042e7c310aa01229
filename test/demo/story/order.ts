import { requestIs, serverIs, subscriptionIs } from '../expectations.ts';
import type { Stage } from '../stage.ts';
import { requestIn } from '../view.ts';

/** Approves the plan as it stands in the status of a request. */
export async function approve(stage: Stage, request: string): Promise<void> {
  const plan = requestIn(stage.view(), request)?.status.plan;
  stage.check(`${request} has a plan`, plan !== undefined);
  const spec = JSON.stringify({ spec: { approvedPlan: plan?.id } });
  await stage.kubectl('patch', 'unsubscriptionrequest', request, '--type=merge', '-p', spec);
}

/** Waits until a request has ended well and its server is marked. */
export async function untilOrdered(stage: Stage, request: string, server: string): Promise<void> {
  await stage.until(requestIs(request, 'Complete'));
  await stage.until(serverIs(server, 'Unsubscribed'));
  await stage.until(subscriptionIs(server, 'Closed'));
}
