import type { SignedRequest } from '../../operator/huaweicloud/signing.ts';
import { type Cloud, type LedgerOrder, serviceTypeOf } from './cloud.ts';

/** The one account of a world. */
export const domainId = 'domain';

/** What the cloud, nearly always the billing centre, answers to a read: what it shows is some time old. Wire formats: the clients in `operator/huaweicloud`. */
export function answerRead(cloud: Cloud, { target, body, method }: SignedRequest): object {
  const at = cloud.shown(method === 'POST' ? 'Rows' : 'Orders');
  const { pathname, searchParams } = new URL(target, 'https://billing');
  const [id = ''] = pathname.split('/').slice(-1);
  if (pathname.endsWith('/auth/domains')) return { domains: [{ id: domainId, enabled: true }] };
  if (pathname.endsWith('/service-types')) return { total_count: 0, service_types: [] };
  if (pathname.endsWith('/balances')) return { debt_amount: 0, currency: 'CNY' };
  if (pathname.endsWith('/customer-orders')) return orders(cloud, at, searchParams);
  if (pathname.includes('/details/')) return details(cloud, at, id);
  if (pathname.endsWith('/refund-orders')) return refund(cloud, at, searchParams.get('order_id') ?? '');
  if (pathname.endsWith('/res-fee-records')) return bill(cloud, at, searchParams);
  if (method === 'POST') return rows(cloud, at, JSON.parse(body.toString()).resource_ids);
  throw new Error(`the simulated cloud does not know ${method} ${pathname}`);
}

const visible = ({ ledger }: Cloud, at: number): LedgerOrder[] => ledger.filter(({ acceptedAt }) => acceptedAt <= at);

/** Codes of order states: 3 is being processed, 4 cancelled, 5 completed. */
const codeAt = ({ endsAt, ends }: LedgerOrder, at: number): 3 | 4 | 5 => {
  if (at < endsAt) return 3;
  return ends === 'Completed' ? 5 : 4;
};

const orderRow = (cloud: Cloud, order: LedgerOrder, at: number) => ({
  order_id: order.orderId,
  order_type: 4,
  status: codeAt(order, at),
  create_time: cloud.createTime(order).toISOString(),
  service_type_code: serviceTypeOf(cloud, order.resourceIds[0]),
});

function orders(cloud: Cloud, at: number, filter: URLSearchParams): object {
  const since = new Date(filter.get('create_time_begin') ?? 0).getTime();
  const listed = visible(cloud, at).filter((order) => cloud.createTime(order).getTime() >= since);
  const order_infos = listed.map((order) => orderRow(cloud, order, at)).reverse();
  return { total_count: order_infos.length, order_infos };
}

function details(cloud: Cloud, at: number, id: string): object {
  // Asked for by its id an order is always there: the operator has the id from the cloud itself.
  const order = cloud.ledger.find(({ orderId }) => orderId === id);
  if (order === undefined) return { error_code: 'CBC.99005026', error_msg: 'no such order' };
  const order_info = { ...orderRow(cloud, order, at), currency: 'CNY', amount_info: { commission_amount: 10 } };
  return { total_count: 0, order_info, order_line_items: [] };
}

/** Of an order that has ended the rows may come later. */
function refund({ ledger }: Cloud, at: number, id: string): object {
  const order = ledger.find(({ orderId }) => orderId === id);
  const refund_infos = order !== undefined && at >= order.refundedAt ? [{ id: '1', amount: -100 }] : [];
  return { total_count: refund_infos.length, refund_infos };
}

/** A day late in the real one: here after minutes. */
function bill(cloud: Cloud, at: number, filter: URLSearchParams): object {
  const resource = filter.get('resource_id');
  const trade = filter.get('trade_id');
  const billed = visible(cloud, at).filter(({ ends, billedAt }) => ends === 'Completed' && billedAt <= at);
  const lines = billed.flatMap(({ orderId, resourceIds }) =>
    resourceIds.map((resource_id) => ({ resource_id, order_id: orderId, bill_type: 4, amount: -100 })),
  );
  const fee_records = lines.filter(
    ({ resource_id, order_id }) => resource_id === (resource ?? resource_id) && order_id === (trade ?? order_id),
  );
  return { currency: 'CNY', total_count: fee_records.length, fee_records };
}

/** Codes of the states of resources: 2 is in use, 3 closed, 4 frozen. */
function stateCodeAt(cloud: Cloud, resourceId: string, at: number): 2 | 3 | 4 {
  if (cloud.isGone(resourceId, at)) return 3;
  return cloud.isFrozen(resourceId, at) ? 4 : 2;
}

function rows(cloud: Cloud, at: number, resourceIds: readonly string[]): object {
  const data = resourceIds.map((id) => ({
    resource_id: id,
    is_main_resource: cloud.disks.has(id) ? 0 : 1,
    status: stateCodeAt(cloud, id, at),
    service_type_code: serviceTypeOf(cloud, id),
    resource_type_code: 'hws.resource.type.dcc',
  }));
  return { total_count: data.length, data };
}
