import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createServer } from 'node:tls';
import { createAuthority, issueCertificate } from '../cluster/certificates.ts';
import { type ControlClient, controlClient } from '../huaweicloud/control-client.ts';
import { startHuaweiCloud } from '../huaweicloud/server.ts';
import type { World } from '../huaweicloud/world/world.ts';

/** A simulated cloud that pods reach by https, as they do the real one. */
export interface ReachableCloud extends AsyncDisposable {
  readonly url: string;
  /** PEM: whom a client has to trust. */
  readonly authority: string;
  readonly control: ControlClient;
  readonly world: World;
}

/** Starts one at this address of this machine. */
export async function startReachableCloud(world: World, address: string): Promise<ReachableCloud> {
  const cloud = await startHuaweiCloud({ world });
  const authority = await createAuthority('authority of the simulated cloud');
  const hosts = [{ type: 'ip', value: address }] as const;
  const { certificate, key } = await issueCertificate(authority, { commonName: 'cloud', usage: 'server', hosts });
  const open = new Set<Socket>();
  const front = createServer({ cert: certificate, key }, (client) => {
    const upstream = connect(Number(new URL(cloud.url).port), '127.0.0.1');
    for (const [socket, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      open.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        open.delete(socket);
        other.destroy();
      });
    }
  });
  front.listen(0, address);
  await once(front, 'listening');
  const bound = front.address();
  if (bound === null || typeof bound === 'string') throw new Error('the server has no port');
  const control = controlClient(cloud.url);
  return {
    url: `https://${address}:${bound.port}`,
    authority: authority.certificate,
    control,
    world: cloud.world,
    [Symbol.asyncDispose]: async () => {
      front.close();
      for (const socket of open) socket.destroy();
      await cloud.stop();
    },
  };
}
