/** What a Prometheus sees, and at which minute which alert is to fire; promtool's own notation of series: start+step x count. */
export interface AlertCase {
  readonly alert: string;
  readonly what: string;
  readonly series: Readonly<Record<string, string>>;
  readonly atMinute: number;
  /** Labels of the alert that fires; undefined when it is to be silent. */
  readonly fires: Readonly<Record<string, string>> | undefined;
}

const openCall = 'dcc_unsubscription_open_call_signed_timestamp_seconds';
const call = (state: string) => `${openCall}{namespace="a",request="r",call="1.1",state="${state}",pod="p"}`;
const ofCall = { namespace: 'a', request: 'r', call: '1.1' };
const stalled = 'dcc_unsubscription_stalled_since_timestamp_seconds{namespace="a",request="r",reason="Failed",pod="p"}';
const blocked = (reason: string) =>
  `dcc_unsubscription_blocked_since_timestamp_seconds{namespace="a",request="r",condition="C",reason="${reason}",pod="p"}`;
const missing = 'dcc_unsubscription_refund_missing{namespace="a",request="r",call="1.1",currency="CNY",pod="p"}';
const lateMachines = 'dcc_server_machines_while_ordered{namespace="a",server="host-01",request="r",pod="p"}';
const deleting = 'dcc_deleting_since_timestamp_seconds{namespace="a",name="host-01",kind="DCCServer",pod="p"}';
const leads = (pod: string) => `leader_election_master_status{name="dcc-operator",pod="${pod}"}`;
const waited = (le: string) => `workqueue_queue_duration_seconds_bucket{name="dccservers",le="${le}",pod="p"}`;
const requests = (code: string) => `huaweicloud_requests_total{service="ecs",operation="x",code="${code}",pod="p"}`;
/** At the minutes 0, 1, 3, 7, 15, and then every 15: as `huaweicloud/credentials-gate.ts` does. */
const triedEverMoreRarely = '1 2 2 3x3 4x7 5x14 6x14 7x14 8x14 9x14';
const day = 24 * 60;

/** For each alert a world in which it has to fire, and one beside it in which it must not. Series begin at the time 0. */
export const alertCases: readonly AlertCase[] = [
  ...pair('DCCUnsubscriptionOutcomeUnknown', {
    fires: ofCall,
    bad: { what: 'a call unknown for 26 minutes', series: { [call('Unknown')]: '0x60' }, atMinute: 26 },
    good: { what: 'one for 24', series: { [call('Unknown')]: '0x60' }, atMinute: 24 },
  }),
  ...pair('DCCMachineOnOrderedServer', {
    fires: { namespace: 'a', server: 'host-01', request: 'r' },
    bad: { what: 'a machine', series: { [lateMachines]: '1x10' }, atMinute: 0 },
    good: { what: 'none', series: {}, atMinute: 0 },
  }),
  ...pair('DCCUnsubscriptionStalled', {
    fires: { namespace: 'a', request: 'r', reason: 'Failed' },
    bad: { what: 'a request stalled for 6 minutes', series: { [stalled]: '0x60' }, atMinute: 6 },
    good: { what: 'one for 4', series: { [stalled]: '0x60' }, atMinute: 4 },
  }),
  ...pair('DCCUnsubscriptionBlockedForLong', {
    fires: { namespace: 'a', request: 'r', condition: 'C', reason: 'AwaitingApproval' },
    bad: {
      what: 'no approval for a day',
      series: { [blocked('AwaitingApproval')]: `0x${day * 2}` },
      atMinute: day + 1,
    },
    good: { what: 'suspended for a day', series: { [blocked('Suspended')]: `0x${day * 2}` }, atMinute: day + 1 },
  }),
  ...pair('DCCOrderInProgressForLong', {
    fires: ofCall,
    bad: { what: 'an order open for a day', series: { [call('Accepted')]: `0x${day * 2}` }, atMinute: day + 1 },
    good: { what: 'one for an hour', series: { [call('Accepted')]: `0x${day * 2}` }, atMinute: 60 },
  }),
  ...pair('DCCRefundBelowEstimate', {
    fires: { ...ofCall, currency: 'CNY' },
    bad: { what: '39.5 too little', series: { [missing]: '39.5x10' }, atMinute: 1 },
    good: { what: 'nothing missing', series: {}, atMinute: 1 },
  }),
  ...pair('DCCDeletionHeldForLong', {
    fires: { namespace: 'a', name: 'host-01', kind: 'DCCServer' },
    bad: { what: 'held for 61 minutes', series: { [deleting]: '0x120' }, atMinute: 61 },
    good: { what: 'held for 59', series: { [deleting]: '0x120' }, atMinute: 59 },
  }),
  ...pair('DCCObjectUnreadable', {
    fires: {},
    bad: {
      what: 'a request',
      series: { 'dcc_unsubscription_requests{state="Unreadable",pod="p"}': '1x60' },
      atMinute: 15,
    },
    good: { what: 'others', series: { 'dcc_servers{state="Observed",pod="p"}': '1x60' }, atMinute: 15 },
  }),
  ...pair('DCCOperatorNoLeader', {
    fires: { name: 'dcc-operator' },
    bad: { what: 'nobody leads', series: { [leads('p')]: '0x60', [leads('q')]: '0x60' }, atMinute: 10 },
    good: { what: 'one leads', series: { [leads('p')]: '0x60', [leads('q')]: '1x60' }, atMinute: 10 },
  }),
  { alert: 'DCCOperatorNoLeader', what: 'nobody is there', series: {}, atMinute: 10, fires: {} },
  ...pair('DCCOperatorWatchStale', {
    fires: { resource: 'x' },
    bad: {
      what: 'no sign of life for longer and longer',
      series: { 'reflector_last_activity_age_seconds{resource="x",pod="p"}': '0+60x60' },
      atMinute: 7,
    },
    good: {
      what: 'one every other minute',
      series: { 'reflector_last_activity_age_seconds{resource="x",pod="p"}': '120x60' },
      atMinute: 7,
    },
  }),
  ...pair('DCCOperatorNamespaceRefused', {
    fires: { resource: 'x' },
    bad: { what: 'one', series: { 'reflector_refused_namespaces{resource="x",pod="p"}': '1x60' }, atMinute: 15 },
    good: { what: 'none', series: { 'reflector_refused_namespaces{resource="x",pod="p"}': '0x60' }, atMinute: 15 },
  }),
  ...pair('DCCOperatorQueueSlow', {
    fires: { name: 'dccservers' },
    bad: {
      what: 'half wait for longer than a minute',
      series: { [waited('60')]: '0+30x60', [waited('120')]: '0+60x60', [waited('+Inf')]: '0+60x60' },
      atMinute: 40,
    },
    good: {
      what: 'all come on within a minute',
      series: { [waited('60')]: '0+60x60', [waited('120')]: '0+60x60', [waited('+Inf')]: '0+60x60' },
      atMinute: 40,
    },
  }),
  ...pair('DCCOperatorPassesFail', {
    fires: { controller: 'dccservers' },
    bad: {
      what: 'one fails every minute',
      series: { 'controller_runtime_reconcile_errors_total{controller="dccservers",pod="p"}': '0+1x90' },
      atMinute: 50,
    },
    good: {
      what: 'one failed once',
      series: { 'controller_runtime_reconcile_errors_total{controller="dccservers",pod="p"}': '0 1x90' },
      atMinute: 50,
    },
  }),
  ...pair('DCCOperatorClockOff', {
    fires: { pod: 'p' },
    bad: { what: '40 s back', series: { 'process_clock_drift_seconds{pod="p"}': '-40x60' }, atMinute: 10 },
    good: { what: '2 s', series: { 'process_clock_drift_seconds{pod="p"}': '2x60' }, atMinute: 10 },
  }),
  ...pair('DCCCloudThrottled', {
    fires: { service: 'ecs' },
    bad: { what: 'six a minute', series: { [requests('429')]: '0+6x90' }, atMinute: 40 },
    good: { what: 'one in two minutes', series: { [requests('429')]: '0+0.5x90' }, atMinute: 40 },
  }),
  ...pair('DCCCloudUnreachable', {
    fires: { service: 'ecs' },
    bad: {
      what: 'one silent',
      series: { 'huaweicloud_circuit_open{service="ecs",origin="o",pod="p"}': '1x60' },
      atMinute: 15,
    },
    good: {
      what: 'none',
      series: { 'huaweicloud_circuit_open{service="ecs",origin="o",pod="p"}': '0x60' },
      atMinute: 15,
    },
  }),
  ...pair('DCCCredentialsNearExpiry', {
    fires: { pod: 'p' },
    bad: { what: 'less and less', series: { 'huaweicloud_key_holds_for_seconds{pod="p"}': '900-60x15' }, atMinute: 12 },
    good: {
      what: 'replaced with half of its life left',
      series: { 'huaweicloud_key_holds_for_seconds{pod="p"}': '1800-60x15 1800-60x15' },
      atMinute: 20,
    },
  }),
  ...pair('DCCCloudRefusesCredentials', {
    fires: { service: 'ecs' },
    bad: { what: 'a 401 every other minute', series: { [requests('401')]: '0+0.5x90' }, atMinute: 40 },
    good: { what: 'only good answers', series: { [requests('200')]: '0+9x90' }, atMinute: 40 },
  }),
  ...[25, 44, 59, 61, 75, 89].map((atMinute) => ({
    alert: 'DCCCloudRefusesCredentials',
    what: `a key that is tried ever more rarely, minute ${atMinute}`,
    series: { [requests('401')]: triedEverMoreRarely },
    atMinute,
    fires: { service: 'ecs' },
  })),
  {
    alert: 'DCCCloudRefusesCredentials',
    what: 'a key that was refused three times, and mended',
    series: { [requests('401')]: '1 2 2 3x80' },
    atMinute: 22,
    fires: undefined,
  },
];

interface World extends Pick<AlertCase, 'what' | 'series' | 'atMinute'> {}

function pair(
  alert: string,
  { fires, bad, good }: { fires: AlertCase['fires']; bad: World; good: World },
): AlertCase[] {
  return [
    { alert, ...bad, fires },
    { alert, ...good, fires: undefined },
  ];
}
