import { once } from 'node:events';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { seconds } from '../../operator/clock.ts';
import { network } from '../cluster/node/network.ts';
import { eventually } from '../integration/operator/expectations.ts';
import type { ReachableCloud } from './cloud.ts';
import { addressOf, at, inPod, type ListeningPod, type Port, reached, startListening } from './connections.ts';
import { images } from './global-setup.ts';
import { chart, helmOutput, untilReady } from './helm.ts';
import { kube, quickValuesFor, release, system } from './installation.ts';
import { inWords, operatorPods } from './pods.ts';

const { machine } = network;
const ofOperator = { 'app.kubernetes.io/name': 'dcc-operator', 'app.kubernetes.io/instance': release };

/** Also where CoreDNS listens in clusters of CCE and OpenShift. */
const names: readonly Port[] = ['tcp:53', 'udp:53', 'tcp:5353', 'udp:5353'];
const metrics: Port = 'tcp:8080';

/** What the policy of the chart lets through, on a node that enforces it. */
export function describeNetworkPolicy(cloud: () => ReachableCloud): void {
  const parts = new AsyncDisposableStack();
  /** It has the labels of the operator, whose own pods listen on one port only. */
  let twin: ListeningPod;
  let scraper: ListeningPod;
  let stranger: ListeningPod;
  /** Where the machine listens as something of the world does, and where it listens as nothing that the operator needs. */
  let world: Port;
  let other: Port;
  let ports: readonly Port[];

  const apiServer = () => portOf(inject('cluster').url);
  /** By the Service it is another address, and port 443. */
  const needed = () => [...at(machine, [apiServer(), portOf(cloud().url), world]), 'tcp://10.96.0.1:443'];
  const everything = () => [
    ...needed(),
    ...at(machine, [other]),
    ...at(scraper.address, ports),
    ...at(stranger.address, ports),
  ];

  describe('on a node that enforces network policies', () => {
    beforeAll(async () => {
      world = await listenOn(machine, parts);
      other = await listenOn(machine, parts);
      ports = [...names, metrics, other, world];
      for (const namespace of ['scrapers', 'strangers']) await kube('create', 'namespace', namespace);
      [twin, scraper, stranger] = await Promise.all([
        startListening({ namespace: system, name: 'twin' }, ports, ofOperator),
        startListening({ namespace: 'scrapers', name: 'scraper' }, ports),
        startListening({ namespace: 'strangers', name: 'stranger' }, ports),
      ]);
      parts.defer(() => kube('-n', system, 'delete', 'pod', 'twin', '--now').then(() => undefined));
    });

    afterAll(() => parts[Symbol.asyncDispose]());

    test('the operator and whoever tries reach everything, as long as there is none', async () => {
      expect(await reached(twin, everything())).toBe(lines(everything()));
      for (const pod of [scraper, stranger]) {
        expect(await reached(pod, at(twin.address, ports))).toBe(lines(at(twin.address, ports)));
      }
    });

    test('with the one of the chart it reaches names, the API server and the cloud, and nothing else', async () => {
      const to = (port: Port, cidr = `${machine}/32`) => ({ cidr, port: Number(port.split(':')[1]) });
      await helmOutput(['upgrade', release, chart, '--namespace', system, ...untilReady], {
        ...quickValuesFor(cloud()),
        networkPolicy: {
          enabled: true,
          apiServers: [to(apiServer())],
          // The second as by default: all addresses, but for those of the cluster.
          cloud: [to(portOf(cloud().url)), { ...to(world, '0.0.0.0/0'), except: [network.pods] }],
          metricsFrom: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'scrapers' } } }],
        },
      });
      const allowed = [...needed(), ...at(scraper.address, names), ...at(stranger.address, names)];
      await eventually(async () => expect(await reached(twin, everything())).toBe(lines(allowed)), seconds(30));
    });

    test('its metrics are for whom the policy names, and nothing else of it is for anybody', async () => {
      const all = at(twin.address, ports);
      const [byScraper, byStranger] = await Promise.all([reached(scraper, all), reached(stranger, all)]);
      expect(byScraper).toBe(lines(at(twin.address, [metrics])));
      expect(byStranger).toBe('');
    });

    test('started there it becomes ready, reads the cloud and is scraped', async () => {
      const own = async () => (await operatorPods()).filter(({ metadata }) => metadata.name !== twin.name);
      const pods = (await own()).map(({ metadata: { name } }) => ({ namespace: system, name }));
      // It starts anew in the same pod, for which the rules are there; its older connections would have stayed open.
      for (const pod of pods) await inPod(pod, "process.kill(1, 'SIGTERM')");
      await eventually(async () => {
        expect((await own()).map(inWords)).toEqual(pods.map(() => `Running, ready, 1 restarts, ${images.installed}`));
      }, seconds(60));
      const addresses = await Promise.all(pods.map(addressOf));
      await eventually(async () => {
        const scraped = await inPod(scraper, scraping(addresses));
        expect(scraped).toMatch(/^huaweicloud_requests_total\{[^}]*code="200"[^}]*\} [1-9]/m);
      }, seconds(30));
    });
  });
}

const lines = (targets: readonly string[]) => targets.join('\n');

const portOf = (url: string): Port => `tcp:${Number(new URL(url).port)}`;

/** Listens on a free port of an address of this machine. */
async function listenOn(address: string, parts: AsyncDisposableStack): Promise<Port> {
  const server = createServer((socket) => socket.destroy()).listen(0, address);
  parts.defer(() => void server.close());
  await once(server, 'listening');
  const bound = server.address();
  if (bound === null || typeof bound === 'string') throw new Error('the server has no port');
  return `tcp:${bound.port}`;
}

/** Prints the metrics that are served at these addresses. */
const scraping = (addresses: readonly string[]) => `
const scrape = (address) => fetch('http://' + address + ':8080/metrics').then((response) => response.text());
Promise.all(${JSON.stringify(addresses)}.map(scrape)).then((all) => console.log(all.join('')));`;
