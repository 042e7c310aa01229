import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** Stands between a client and the API server and breaks their connections. It sees ciphertext only: TLS stays theirs. */
export interface TcpProxy extends AsyncDisposable {
  /** The URL to give to the client instead of the API server's. */
  readonly server: string;
  /** How many connections are open. */
  readonly connections: number;
  /** Cuts all of them. New ones are still taken. */
  cut(): void;
  /** Whether new connections are taken; those that are not are broken off at once. */
  open: boolean;
  /** From now on nothing that the server says comes through; what the client says does. */
  swallowAnswers(): void;
}

export async function startTcpProxy(target: URL): Promise<TcpProxy> {
  const sockets = new Set<Socket>();
  let swallowing = false;
  let open = true;
  const proxy = createServer((client) => {
    if (!open) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(Number(target.port), target.hostname);
    sockets.add(client);
    client.on('close', () => {
      sockets.delete(client);
      upstream.destroy();
    });
    upstream.on('close', () => client.destroy());
    for (const socket of [client, upstream]) socket.on('error', () => socket.destroy());
    client.pipe(upstream);
    upstream.on('data', (chunk) => {
      if (!swallowing) client.write(chunk);
    });
  });
  proxy.listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  const address = proxy.address();
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port');
  const cut = () => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    server: `https://127.0.0.1:${address.port}`,
    get connections() {
      return sockets.size;
    },
    cut,
    get open() {
      return open;
    },
    set open(taken) {
      open = taken;
    },
    swallowAnswers: () => {
      swallowing = true;
    },
    [Symbol.asyncDispose]: async () => {
      cut();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}
