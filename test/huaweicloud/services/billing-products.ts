import { type Answer, ok } from '../answers.ts';
import type { Operation, SignedCall } from '../operations.ts';
import { integerParameter } from '../parameters.ts';
import { parameterError } from './billing-errors.ts';

/** The catalogue of service and resource type codes. */
export const billingProducts: readonly Operation[] = [
  {
    name: 'billing.listServiceTypes',
    method: 'GET',
    path: '/v2/products/service-types',
    access: 'billing',
    rate: 10,
    answer: listServiceTypes,
  },
  {
    name: 'billing.listServiceResources',
    method: 'GET',
    path: '/v2/products/service-resources',
    access: 'billing',
    rate: 10,
    answer: listServiceResources,
  },
  {
    name: 'billing.listResourceTypes',
    method: 'GET',
    path: '/v2/products/resource-types',
    access: 'billing',
    rate: 10,
    answer: listResourceTypes,
  },
];

/** Codes seen in a public copy of the Billing Center; that DCC servers are "dec" is likely but not documented. */
const catalogue = [
  { code: 'hws.service.type.dec', name: 'Dedicated Cloud', abbreviation: 'DeC', resources: ['hws.resource.type.dec'] },
  {
    code: 'hws.service.type.dss',
    name: 'Dedicated Distributed Storage Service',
    abbreviation: 'DSS',
    resources: ['hws.resource.type.dss.pool'],
  },
  {
    code: 'hws.service.type.ec2',
    name: 'Elastic Cloud Server',
    abbreviation: 'ECS',
    resources: ['hws.resource.type.vm'],
  },
  {
    code: 'hws.service.type.ebs',
    name: 'Elastic Volume Service',
    abbreviation: 'EVS',
    resources: ['hws.resource.type.volume'],
  },
];

function paged<Entry>(call: SignedCall, entries: readonly Entry[]) {
  const limit = integerParameter(call, 'limit', { default: 10, min: 1, max: 200 }, parameterError);
  const offset = integerParameter(call, 'offset', { default: 0, min: 0, max: 1_000_000 }, parameterError);
  return { total_count: entries.length, page: entries.slice(offset, offset + limit) };
}

function listServiceTypes(call: SignedCall): Answer {
  const wanted = (call.query.get('service_type_name') ?? '').toLowerCase();
  const { total_count, page } = paged(
    call,
    catalogue.filter(({ name }) => name.toLowerCase().includes(wanted)),
  );
  const service_types = page.map(({ code, name, abbreviation }) => ({
    service_type_code: code,
    service_type_name: name,
    abbreviation,
  }));
  return ok({ total_count, service_types });
}

function listServiceResources(call: SignedCall): Answer {
  const code = call.query.get('service_type_code');
  if (!code) return parameterError('service_type_code is mandatory.');
  const service = catalogue.find((candidate) => candidate.code === code);
  const { total_count, page } = paged(call, service?.resources ?? []);
  const infos = page.map((resource) => ({
    basic_info: { resource_type_code: resource, product_owner_service: code, name: resource, description: '' },
  }));
  return ok({ total_count, infos });
}

function listResourceTypes(call: SignedCall): Answer {
  const all = catalogue.flatMap(({ code, resources }) => resources.map((resource) => ({ code, resource })));
  const { total_count, page } = paged(call, all);
  const resource_types = page.map(({ code, resource }) => ({
    resource_type_code: resource,
    resource_type_name: resource,
    resource_type_desc: '',
    service_type_code: code,
  }));
  return ok({ total_count, resource_types });
}
