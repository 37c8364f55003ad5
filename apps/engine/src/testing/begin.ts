/** The engine alone, between a vault, a market and a clock that a test holds in its hands. */
import assert from 'node:assert/strict';
import { type AccountId, type BotId, epochMs, type MarketEvent } from '@holdfast/domain';
import { openEngineStore } from '@holdfast/storage';
import { createEngine } from '../engine.ts';
import type { EnginePorts, VaultPort } from '../ports.ts';

interface Begin {
  readonly ring: EnginePorts['ring'];
  readonly file: string;
  /** Where it is not a vault that answers nothing. */
  readonly vault?: Partial<VaultPort>;
}

const flush = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** An engine whose wall clock, market and vault are the test's. `file` is its database. */
export async function begin({ ring, file, vault }: Begin) {
  let now = 1_000_000;
  let waiting: { at: number; work: () => void }[] = [];
  let say: (event: MarketEvent) => void = () => {};
  const never = async (): Promise<never> => {
    throw new Error('not asked for here');
  };
  const store = openEngineStore(file);
  const engine = await createEngine({
    account: 'real' as AccountId,
    store,
    vault: { subscribe: () => () => {}, intent: never, balances: never, status: never, grant: never, revoke: never, ...vault },
    market: {
      rules: async () => [],
      candles: async () => [],
      prices: async () => [],
      serverTime: async () => epochMs(now + 5_000_000),
      subscribe: (_, listener) => {
        say = listener;
        return () => {};
      },
    },
    ring,
    timers: {
      now: () => now,
      after: (ms, work) => {
        const entry = { at: now + ms, work };
        waiting.push(entry);
        return () => {
          waiting = waiting.filter((it) => it !== entry);
        };
      },
    },
    newBotId: () => 'bot' as BotId,
    notify: () => {},
    log: () => {},
    fatal: (error) => assert.fail(error),
  });
  await flush();
  const pass = async (ms: number): Promise<void> => {
    for (const end = now + ms; now < end; now += 100) {
      const due = waiting.filter(({ at }) => at <= now);
      waiting = waiting.filter((it) => !due.includes(it));
      for (const { work } of due) work();
      await flush();
    }
  };
  return { engine, store, pass, say: (event: MarketEvent) => say(event) };
}
