import { images } from './global-setup.ts';
import { apply, kube } from './installation.ts';

/** A pod that others can be reached from. */
export interface Pod {
  readonly namespace: string;
  readonly name: string;
}

/** A pod that listens. */
export interface ListeningPod extends Pod {
  readonly address: string;
}

/** Where a pod listens, such as `tcp:8080`. */
export type Port = `${'tcp' | 'udp'}:${number}`;

/** The same at an address: `tcp://10.0.0.1:8080`. */
export const at = (address: string, ports: readonly Port[]): string[] =>
  ports.map((port) => port.replace(':', `://${address}:`));

/** Starts a pod that answers on these ports, of which 8080 has the name of the operator's own; returns when it does. */
export async function startListening(
  { namespace, name }: Pod,
  ports: readonly Port[],
  labels: Readonly<Record<string, string>> = {},
): Promise<ListeningPod> {
  const securityContext = {
    runAsNonRoot: true,
    seccompProfile: { type: 'RuntimeDefault' },
    sysctls: [{ name: 'net.ipv4.ip_unprivileged_port_start', value: '0' }],
  };
  const container = {
    name: 'node',
    image: images.installed,
    command: ['/nodejs/bin/node', '--eval', listening(ports)],
    ports: [{ name: 'health', containerPort: 8080 }],
    readinessProbe: { tcpSocket: { port: 8080 }, periodSeconds: 1 },
    securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
  };
  await apply(namespace, {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: { name, labels },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext,
      containers: [container],
    },
  });
  await kube('-n', namespace, 'wait', 'pod', name, '--for=condition=Ready', '--timeout=60s');
  return { namespace, name, address: await addressOf({ namespace, name }) };
}

/** The address of a pod. */
export const addressOf = ({ namespace, name }: Pod) =>
  kube('-n', namespace, 'get', 'pod', name, '-o', 'jsonpath={.status.podIP}');

/** Those of the targets, `tcp://10.0.0.1:8080`, that answer to a pod, one a line. */
export async function reached(from: Pod, targets: readonly string[]): Promise<string> {
  return (await inPod(from, reaching(targets))).trim();
}

/** Runs a script in a pod of the image, by the Node that it has, and gives what it printed. */
export const inPod = ({ namespace, name }: Pod, script: string) =>
  kube('-n', namespace, 'exec', name, '--', '/nodejs/bin/node', '--eval', script);

const listening = (ports: readonly Port[]) => `
const listen = {
  tcp: (port) => require('node:net').createServer((socket) => socket.destroy()).listen(port),
  udp: (port) => {
    const socket = require('node:dgram').createSocket('udp4', (_, { port, address }) => socket.send('!', port, address));
    socket.bind(port);
  },
};
for (const [protocol, port] of ${JSON.stringify(ports.map((port) => port.split(':')))}) listen[protocol](Number(port));`;

/** What is refused may be dropped as well: then nothing tells, and a time has to end it. */
const reaching = (targets: readonly string[]) => `
const reach = {
  tcp: (port, host, done) => require('node:net').connect(port, host, done).on('error', () => {}),
  udp: (port, host, done) => require('node:dgram').createSocket('udp4', done).send('?', port, host),
};
const answer = (target) => new Promise((resolve) => {
  const { protocol, hostname, port } = new URL(target);
  reach[protocol.slice(0, -1)](Number(port), hostname, () => resolve([target]));
  setTimeout(resolve, 2000, []);
});
Promise.all(${JSON.stringify(targets)}.map(answer)).then((answers) => {
  console.log(answers.flat().join('\\n'));
  process.exit();
});`;
