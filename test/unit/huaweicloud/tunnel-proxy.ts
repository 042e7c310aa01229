import http from 'node:http';
import net, { type AddressInfo } from 'node:net';

/** What a proxy does with the next tunnels. */
export type ProxyFault =
  | 'None'
  /** Wants other credentials, or has no way. */
  | 'Refuses'
  /** Takes the connection and never says a word. */
  | 'Silent'
  /** Ends the connection instead of an answer. */
  | 'Resets'
  /** Ends the connection as soon as the tunnel stands, before TLS. */
  | 'ResetsTunnel';

export interface TunnelProxy extends AsyncDisposable {
  readonly port: number;
  /** `host:port` of each tunnel that was asked for. */
  readonly tunnels: string[];
  /** `Proxy-Authorization` of each. */
  readonly authorizations: (string | undefined)[];
  fault: ProxyFault;
  /** Resets every tunnel on the side of the client. */
  cut(): void;
}

/** An HTTP proxy that makes tunnels by CONNECT, and can fail in each way that such a proxy does. */
export async function startTunnelProxy(): Promise<TunnelProxy> {
  const sockets = new Set<net.Socket>();
  const clients = new Set<net.Socket>();
  const server = http.createServer((_, outgoing) => outgoing.writeHead(405).end());
  server.on('connection', (socket) => sockets.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const proxy: TunnelProxy = {
    port: (server.address() as AddressInfo).port,
    tunnels: [],
    authorizations: [],
    fault: 'None',
    cut: () => {
      for (const client of clients) client.resetAndDestroy();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  server.on('connect', ({ url = '', headers }, client: net.Socket) => {
    proxy.tunnels.push(url);
    proxy.authorizations.push(headers['proxy-authorization']);
    clients.add(client);
    client.on('error', () => {});
    const upstream = tunnel(proxy.fault, client, url);
    if (upstream !== undefined) sockets.add(upstream);
  });
  return proxy;
}

function tunnel(fault: ProxyFault, client: net.Socket, url: string): net.Socket | undefined {
  const established = 'HTTP/1.1 200 Connection established\r\n\r\n';
  switch (fault) {
    case 'Refuses':
      client.end('HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n');
      return undefined;
    case 'Silent':
      return undefined;
    case 'Resets':
      client.resetAndDestroy();
      return undefined;
    case 'ResetsTunnel':
      client.write(established, () => client.resetAndDestroy());
      return undefined;
    default:
      return joined(client, url, established);
  }
}

function joined(client: net.Socket, url: string, established: string): net.Socket {
  const { hostname, port } = new URL(`https://${url}`);
  const upstream = net.connect(Number(port), hostname, () => client.write(established));
  upstream.on('error', () => client.destroy());
  client.on('close', () => upstream.destroy());
  client.pipe(upstream).pipe(client);
  return upstream;
}
