/** Listen keys of the older user data stream: 60 minutes of the operating system's clock from the last sign of life. */
import type { UserId } from '@holdfast/exchanges/simulated';
import { randomName } from './signature.ts';

const lifetimeMs = 60 * 60_000;

export interface ListenKeys {
  /** The user's key, made or found, valid for another hour. */
  start(userId: UserId): string;
  keep(listenKey: string): void;
  stop(listenKey: string): void;
  userOf(listenKey: string): UserId | undefined;
  onStopped(listener: (listenKey: string) => void): void;
}

export function makeListenKeys(now: () => number): ListenKeys {
  const keys = new Map<string, { readonly userId: UserId; until: number }>();
  const listeners: ((listenKey: string) => void)[] = [];
  const valid = (listenKey: string): { readonly userId: UserId; until: number } | undefined => {
    const found = keys.get(listenKey);
    return found !== undefined && found.until > now() ? found : undefined;
  };
  const keep = (listenKey: string): void => {
    const found = valid(listenKey);
    if (found !== undefined) found.until = now() + lifetimeMs;
  };
  return {
    start(userId): string {
      const existing = [...keys].find(([name, key]) => key.userId === userId && valid(name) !== undefined)?.[0];
      const listenKey = existing ?? randomName();
      keys.set(listenKey, { userId, until: now() + lifetimeMs });
      return listenKey;
    },
    keep,
    stop(listenKey): void {
      keys.delete(listenKey);
      for (const listener of listeners) listener(listenKey);
    },
    userOf: (listenKey) => valid(listenKey)?.userId,
    onStopped: (listener) => void listeners.push(listener),
  };
}
