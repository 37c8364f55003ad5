/** On a real exchange nobody tells the time: it goes on by itself, and only while the exchange is there. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { type AccountId, type BotId, epochMs, type MarketEvent } from '@holdfast/domain';
import { openEngineStore } from '@holdfast/storage';
import { createEngine } from './engine.ts';
import type { EnginePorts } from './ports.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-beat-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const flush = async (): Promise<void> => {
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

async function begin(ring: EnginePorts['ring'], name: string) {
  let now = 1_000_000;
  let waiting: { at: number; work: () => void }[] = [];
  let say: (event: MarketEvent) => void = () => {};
  const never = async (): Promise<never> => {
    throw new Error('not asked for here');
  };
  const store = openEngineStore(join(folder, `${name}.db`));
  const engine = await createEngine({
    account: 'real' as AccountId,
    store,
    vault: { subscribe: () => () => {}, intent: never, balances: never, status: never, grant: never, revoke: never },
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

test('time goes on by the exchange’s clock when nothing trades', async () => {
  const { engine, store, pass, say } = await begin(null, 'real');
  assert.equal(engine.status().time, 6_000_000);
  await pass(10_000);
  const later = engine.status().time ?? 0;
  assert.ok(later >= 6_009_000 && later <= 6_010_000, String(later));
  say({ kind: 'disconnected' });
  await pass(5000);
  await engine.stop();
  await store.close();
});

test('a simulated exchange’s time is never made up', async () => {
  const { engine, store, pass } = await begin({ acknowledge: () => {} }, 'simulated');
  await pass(10_000);
  assert.equal(engine.status().time, 6_000_000);
  await engine.stop();
  await store.close();
});
