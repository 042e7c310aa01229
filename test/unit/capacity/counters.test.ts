import { expect, test } from 'vitest';
import { countersSince, readCounters, readingsIn, writesIn } from '../../capacity/counters.ts';

const text = (count: number) => `
rest_client_requests_total{code="200",method="GET",host="k8s"} ${5 + count}
rest_client_requests_total{code="200",method="PUT",host="k8s"} ${2 + count}
rest_client_requests_total{code="409",method="PUT",host="k8s"} 1
rest_client_requests_total{code="200",method="PATCH",host="k8s"} 4
huaweicloud_requests_total{service="iam",operation="KeystoneListAuthDomains",code="200"} ${1 + count}
huaweicloud_requests_total{service="ecs",operation="ListCloudServers",code="429"} ${3 * count}
controller_runtime_reconcile_total{controller="dccservers",result="success"} 1
controller_runtime_reconcile_total{controller="dccservers",result="requeue_after"} ${7 * count}
controller_runtime_reconcile_total{controller="dccservers",result="error"} 0
controller_runtime_reconcile_total{controller="unsubscriptionrequests",result="requeue_after"} 100
controller_runtime_reconcile_total{controller="unsubscriptionrequests",result="error"} ${count}
workqueue_depth{name="dccservers",controller="dccservers",priority="change"} ${count}
workqueue_depth{name="dccservers",controller="dccservers",priority="resync"} 50
workqueue_queue_duration_seconds_sum{name="dccservers",controller="dccservers"} ${count / 2}
workqueue_queue_duration_seconds_count{name="dccservers",controller="dccservers"} ${2 * count}
`;

test('what the operator counted is read from its metrics, and what came after an earlier look', () => {
  const later = countersSince(readCounters(text(0)), readCounters(text(10)));
  expect(later).toEqual({
    apiRequests: { GET: 10, PUT: 10, PATCH: 0 },
    cloudCalls: { 'iam.KeystoneListAuthDomains': 10, 'ecs.ListCloudServers': 30 },
    cloudRefusals: 30,
    serverPasses: 70,
    failedPasses: 10,
    changesWaiting: 10,
    queued: { seconds: 5, keys: 20 },
  });
  expect(readingsIn(later)).toBe(10);
  expect(writesIn(later)).toBe(10);
});
