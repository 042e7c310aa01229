import { Socket } from 'node:net';

/**
 * Counts the connections that this process opens from now on, whatever library does it: all of them come through here. (The
 * diagnostics channel of `node:net` does not see those of TLS.)
 */
export function countConnections(): () => number {
  let opened = 0;
  Socket.prototype.connect = new Proxy(Socket.prototype.connect, {
    apply: (connect, socket, options) => {
      opened += 1;
      return Reflect.apply(connect, socket, options);
    },
  });
  return () => opened;
}
