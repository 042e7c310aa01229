import type { CallContext, Scope } from './calls.ts';

const proof = Symbol('made by an account');

/** What an account gives to `billing-unsubscribe.ts`, and what nobody else can use or make: it has no members. */
export interface OrderChannel {
  readonly [proof]: true;
}

/** What is behind a channel. */
export interface OrderChannelParts {
  readonly context: CallContext;
  readonly domain: Scope;
}

const partsByChannel = new WeakMap<OrderChannel, OrderChannelParts>();

/** Makes the channel of an account. */
export function openOrderChannel(parts: OrderChannelParts): OrderChannel {
  const channel: OrderChannel = Object.freeze({ [proof]: true } as const);
  partsByChannel.set(channel, parts);
  return channel;
}

/** Opens a channel up; only for `billing-unsubscribe.ts`. Throws a TypeError for an object that no account made. */
export function partsOf(channel: OrderChannel): OrderChannelParts {
  const parts = partsByChannel.get(channel);
  if (parts === undefined) throw new TypeError('This order channel was not made by an account.');
  return parts;
}
