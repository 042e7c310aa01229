import { Socket } from 'node:net';

/**
 * Counts the connections that this process opens from now on, whatever library does it: all of them come through here. (The
 * diagnostics channel of `node:net` does not see those of TLS.)
 */
export function countConnections(): () => number {
  let opened = 0;
  const connect = Socket.prototype.connect;
  Socket.prototype.connect = function (this: Socket, ...args: Parameters<typeof connect>) {
    opened += 1;
    return connect.apply(this, args);
  } as typeof connect;
  return () => opened;
}
