/**
 * Events that are there together are one transaction (E5, E8, E9). Four bots hear of the fills of their first orders in one burst; the
 * engine is killed or goes wrong around that transaction, starts again, and must know and have sent what an undisturbed run does.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { botKinds } from '@holdfast/bots';
import {
  type AccountId,
  type Amount,
  amount,
  type BotId,
  type DoorEvent,
  epochMs,
  type Intent,
  type MarketEvent,
  type OrderEvent,
  type Pair,
  type PlaceOrder,
  type SubKeyId,
  type VaultStatus,
} from '@holdfast/domain';
import { orderBook } from '@holdfast/ledger';
import { type EngineStore, engineMigrations, engineStore, openDatabase } from '@holdfast/storage';
import { testRules } from '@holdfast/testkit';
import { Batch } from './batch.ts';
import { vaultEvent } from './effects.ts';
import { createEngine, type Engine } from './engine.ts';
import { loadMemory } from './memory.ts';
import type { EnginePorts, VaultEvents } from './ports.ts';

const folder = mkdtempSync(join(tmpdir(), 'holdfast-group-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const account = 'paper' as AccountId;
const pairs = ['A/USDT', 'B/USDT', 'C/USDT', 'D/USDT'] as Pair[];
const price = amount('100');
const start = Date.UTC(2026, 0, 5);
const settings = {
  baseOrderSize: '50',
  averagingOrderSize: '50',
  averagingOrders: 2,
  averagingOrdersActive: 2,
  stepPercent: '1',
  takeProfitPercent: '1',
};

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
const quiet = async (): Promise<void> => {
  for (let turns = 0; turns < 60; turns++) await turn();
};

/** A vault that approves everything, an exchange that does nothing by itself, and a database on the disk. */
class House {
  readonly db;
  readonly store: EngineStore;
  /** Intents as they left, and commits, in their order. */
  readonly said: string[] = [];
  readonly sent: Intent[] = [];
  /** What a commit does instead of going through. */
  onCommit: (write: () => Promise<void>) => Promise<void> = (write) => write();
  fatal: Error | undefined;
  trade: (event: MarketEvent) => void = () => {};
  engine!: Engine;
  readonly #events: DoorEvent[] = [];
  #vault: VaultEvents | undefined;
  #bots = 0;

  constructor(name: string) {
    this.db = openDatabase(join(folder, `${name}.db`), engineMigrations);
    this.store = engineStore(this.db);
  }

  async begin(): Promise<void> {
    let isAlive = true;
    const alive =
      <Args extends unknown[]>(act: (...args: Args) => void) =>
      (...args: Args) =>
        isAlive && act(...args);
    const ports: EnginePorts = {
      account,
      store: {
        ...this.store,
        commit: (changes) =>
          this.onCommit(async () => {
            await this.store.commit(changes);
            this.said.push('commit');
          }),
      },
      vault: {
        subscribe: (next, events) => {
          this.#vault = { event: alive(events.event), state: alive(events.state) };
          const from = next();
          setImmediate(() => {
            this.#vault?.state(true, null);
            for (const event of this.#events) if ('seq' in event && event.seq >= from) this.#vault?.event(event);
          });
          return () => {
            isAlive = false;
          };
        },
        intent: async (_subKey, _secret, intent) => {
          this.said.push('intent');
          this.sent.push(intent);
          return { kind: 'approved' } as never;
        },
        balances: async () => [{ asset: 'USDT' as never, total: amount('10000') }],
        status: async () => ({ accounts: [{ account, connected: true, mandate: wide }] }) as unknown as VaultStatus,
        grant: async ({ bot }) => ({ subKey: `key-${bot}` as SubKeyId, secret: '00' }),
        revoke: async () => {},
      },
      market: {
        rules: async (of) => of.map((each) => testRules(each, '0.01', '0.0001', '5')),
        candles: async () => [],
        prices: async (of) => of.map((pair): MarketEvent => ({ kind: 'best', pair, bid: price, ask: price })),
        serverTime: async () => epochMs(start),
        subscribe: (_, listener) => {
          this.trade = alive(listener);
          return () => {};
        },
      },
      ring: { acknowledge: () => {} },
      timers: { now: () => start, after: () => () => {}, turn },
      newBotId: () => `bot${++this.#bots}` as BotId,
      notify: ({ tick }) => {
        if (tick !== undefined) this.said.push('tick');
      },
      log: () => {},
      fatal: (error) => {
        this.fatal = error;
      },
    };
    this.engine = await createEngine(ports);
    await quiet();
  }

  async makeBots(): Promise<void> {
    for (const pair of pairs) {
      const made = await this.engine.command({
        id: `make ${pair}`,
        command: 'bot-create',
        name: pair,
        kind: 'dca',
        pair,
        settings,
        start: true,
      });
      assert.ok(made.ok, JSON.stringify(made));
    }
    await quiet();
  }

  /** The first order of each bot is accepted and filled; all of it is said at once. */
  fillAll(): void {
    for (const event of this.fills()) this.say(event);
  }

  /** What is said of the first order of each bot; of `parts` only the first is filled. */
  fills(parts = 1n): readonly OrderEvent[] {
    return (this.sent.slice(0, pairs.length) as PlaceOrder[]).flatMap(({ clientOrderId, pair, side, quantity, limit }) => {
      const told = { clientOrderId, pair, side, at: epochMs(start + 1000) };
      const filled = (quantity / parts) as Amount;
      const trade = { tradeId: clientOrderId, price: limit, quantity: filled, filled, complete: parts === 1n, maker: false };
      return [
        { ...told, kind: 'order-accepted', exchangeOrderId: clientOrderId },
        { ...told, ...trade, kind: 'order-filled', fee: 0n as Amount, feeAsset: 'USDT' as never },
      ];
    });
  }

  say(event: OrderEvent): void {
    const seq = this.#events.length + 1;
    const said: DoorEvent = { kind: 'order', seq, account, subKey: 'key' as SubKeyId, event };
    this.#events.push(said);
    this.#vault?.event(said);
  }

  /** As after a kill: what is in memory is gone. */
  async again(): Promise<void> {
    this.engine.abandon();
    this.onCommit = (write) => write();
    this.fatal = undefined;
    await this.begin();
  }

  /** All that lasts, but for how often the engine started. */
  lasting(): unknown {
    const rows = (sql: string): unknown => this.db.prepare(sql).all();
    return {
      orders: rows('select * from orders order by client_order_id'),
      outbox: rows('select * from outbox order by bot, client_order_id'),
      fills: rows('select * from fills order by vault_seq'),
      deals: rows('select * from deals order by id'),
      books: rows('select * from books order by book, asset'),
      bots: rows('select id, state, wakes, status, waiting_for, problem from bots order by id'),
      entries: rows('select kind, from_book, to_book, asset, amount, cause from entries order by cause, seq'),
      journal: rows("select at, source, bot, vault_seq, body from journal where source <> 'start' order by seq"),
      sent: [...new Set(this.sent.map(({ clientOrderId }) => clientOrderId))].sort(),
    };
  }

  async close(): Promise<void> {
    this.engine.abandon();
    await this.store.close();
  }
}

const wide = {
  pairs: pairs.map((pair) => ({ pair, maxOrderQuote: amount('1000000') })),
  turnover24h: amount('1000000'),
};

async function house(name: string): Promise<House> {
  const made = new House(name);
  await made.begin();
  await made.makeBots();
  return made;
}

let calm: unknown;
async function undisturbed(): Promise<unknown> {
  if (calm !== undefined) return calm;
  const run = await house('calm');
  run.fillAll();
  await quiet();
  calm = run.lasting();
  await run.close();
  return calm;
}

const sentTwice = ({ sent }: House): readonly string[] =>
  sent.map(({ clientOrderId }) => clientOrderId).filter((id, index, all) => all.indexOf(id) !== index);

test('events that are there together are one transaction, and no intent leaves before it', async () => {
  const run = await house('together');
  const before = run.said.length;
  // Each arrives by itself, but all within one turn of the event loop.
  for (const event of run.fills()) setImmediate(() => run.say(event));
  await quiet();
  const said = run.said.slice(before);
  assert.equal(said[0], 'commit');
  // Each bot asks one thing at a time; the first of each four leave together, after one commit.
  assert.deepEqual(said.slice(0, 6), ['commit', 'intent', 'intent', 'intent', 'intent', 'commit']);
  const { count } = run.db.prepare("select count(*) as count from journal where source = 'vault'").get() as { count: number };
  assert.equal(count, 8);
  assert.deepEqual(run.lasting(), await undisturbed());
  await run.close();
});

test('a flood of ticks does not keep an intent waiting', async () => {
  const run = await house('flood');
  const before = run.said.length;
  run.fillAll();
  for (let n = 0; n < 5000; n++)
    run.trade({ kind: 'trade', pair: pairs[0] as Pair, at: epochMs(start + 2000), price, quantity: amount('1') });
  await quiet();
  const said = run.said.slice(before);
  assert.ok(said.filter((word) => word === 'tick').length > 4000);
  assert.ok(said.indexOf('commit') < 300, String(said.indexOf('commit')));
  assert.ok(said.indexOf('intent') < 300, String(said.indexOf('intent')));
  await run.close();
});

test('killed between step and commit, it hears again what it had not kept', async () => {
  const run = await house('before');
  const sent = run.sent.length;
  run.onCommit = async () => {
    run.engine.abandon();
    return new Promise(() => {});
  };
  run.fillAll();
  await quiet();
  assert.equal(run.sent.length, sent, 'nothing has left');
  await run.again();
  assert.deepEqual(run.lasting(), await undisturbed());
  assert.deepEqual(sentTwice(run), []);
  await run.close();
});

test('killed between commit and send, it sends what was kept, and hears nothing twice', async () => {
  const run = await house('after');
  const sent = run.sent.length;
  run.onCommit = async (write) => {
    await write();
    run.engine.abandon();
    return new Promise(() => {});
  };
  run.fillAll();
  await quiet();
  assert.equal(run.sent.length, sent, 'nothing has left');
  const { seq } = run.db.prepare('select vault_seq as seq from engine').get() as { seq: number };
  assert.equal(seq, 8);
  await run.again();
  assert.deepEqual(run.lasting(), await undisturbed());
  assert.deepEqual(sentTwice(run), []);
  await run.close();
});

test('a bot that throws ends the engine, and takes nothing of the events before it along', async (t: TestContext) => {
  const run = await house('throws');
  const sent = run.sent.length;
  const { step } = botKinds.dca;
  const broken = t.mock.method(botKinds.dca, 'step', (...[of, state, event]: Parameters<typeof step>) => {
    if (event.kind === 'order-event' && event.event.kind === 'order-filled' && event.event.pair === pairs[2])
      throw new Error('broken bot');
    return step(of, state, event);
  });
  run.fillAll();
  await quiet();
  assert.equal(run.fatal?.message, 'broken bot');
  assert.equal(run.sent.length, sent, 'nothing has left');
  const kept = run.db.prepare('select vault_seq as seq from engine').get() as { seq: number };
  assert.equal(kept.seq, 5, 'two bots whole, and the acceptance of the third');
  assert.equal(
    (
      run.db.prepare('select filled from orders where pair = ? and role = ?').get(pairs[2] as string, 'base') as {
        filled: string;
      }
    ).filled,
    '0',
  );
  broken.mock.restore();
  await run.again();
  assert.deepEqual(run.lasting(), await undisturbed());
  await run.close();
});

test('what the database refuses ends the engine, and what came before it in the same transaction is kept', async () => {
  const run = await house('refused');
  const third = run.sent[2]?.clientOrderId ?? '';
  run.db.exec(
    `create trigger faulty before insert on fills when new.trade_id = '${third}' begin select raise(abort, 'no place'); end`,
  );
  run.fillAll();
  await quiet();
  assert.match(run.fatal?.message ?? '', /no place/);
  assert.equal((run.db.prepare('select vault_seq as seq from engine').get() as { seq: number }).seq, 5);
  run.db.exec('drop trigger faulty');
  await run.again();
  assert.deepEqual(run.lasting(), await undisturbed());
  await run.close();
});

test('a database that refuses once and then takes events one by one goes on', async () => {
  const run = await house('once');
  let isFirst = true;
  run.onCommit = async (write) => {
    if (isFirst) {
      isFirst = false;
      throw new Error('database is locked');
    }
    await write();
  };
  run.fillAll();
  await quiet();
  assert.equal(run.fatal, undefined);
  assert.deepEqual(run.lasting(), await undisturbed());
  await run.close();
});

test('an order that is over leaves nothing in memory', async () => {
  const run = await house('over');
  const memory = await loadMemory(account, run.store);
  const known = { order: true, fill: false };
  for (const [index, event] of run.fills().entries()) {
    const said = { kind: 'order', seq: index + 1, account, subKey: 'key' as SubKeyId, event } as const;
    vaultEvent(memory, new Batch(start), said, known);
  }
  for (const event of run.fills()) {
    if (event.kind !== 'order-filled') continue;
    assert.equal(memory.orders.has(event.clientOrderId), false);
    assert.equal(memory.ledger.knows(event), false);
    assert.equal(memory.ledger.balance(orderBook(event.clientOrderId), 'USDT' as never), 0n);
    assert.deepEqual(
      [...memory.accountState().orders(event.pair, 'buy')].filter((it) => it.clientOrderId === event.clientOrderId),
      [],
    );
  }
  await run.close();
});

test('a fill that is said twice within one transaction is posted once', async () => {
  const run = await house('twice');
  for (const event of run.fills(2n)) run.say(event);
  for (const event of run.fills(2n)) run.say(event); // numbered anew, with the same trades
  await quiet();
  assert.equal(run.fatal, undefined);
  const filled = run.db.prepare("select filled, quantity from orders where role = 'base'").all();
  for (const row of filled as { filled: string; quantity: string }[]) assert.equal(amount(row.filled), amount(row.quantity) / 2n);
  assert.equal(filled.length, pairs.length);
  await run.close();
});
