/** What a person asks of bots, through the real engine, vault and exchange. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { botKinds, unchanged } from '@holdfast/bots';
import type { BotAction, EngineBot, LedgerMatch } from '@holdfast/contracts';
import { amount, formatAmount } from '@holdfast/domain';
import { engineMigrations, engineStore, openDatabase, restoreDatabase } from '@holdfast/storage';
import type { EngineResult } from '../../apps/engine/src/engine.ts';
import { inWorld, pair, type World } from './world.ts';

const settings = {
  baseOrderSize: '100',
  averagingOrderSize: '100',
  averagingOrders: 2,
  averagingOrdersActive: 1,
  stepPercent: '0.5',
  takeProfitPercent: '0.6',
  retrySeconds: 1,
};
let ids = 0;
const id = (): string => `command-${++ids}`;
const create = (world: World, more: object = {}) =>
  world.command({ id: id(), command: 'bot-create', name: 'one', kind: 'dca', pair, settings, start: true, ...more });
const act = (world: World, bot: string, action: BotAction) => world.command({ id: id(), command: 'bot-action', bot, action });
const bot = (answer: EngineResult): EngineBot => {
  assert.equal(answer.ok, true, JSON.stringify(answer));
  return (answer as { result: EngineBot }).result;
};
const code = (answer: EngineResult): string => (answer.ok ? 'ok' : answer.error.code);
const list = async (world: World): Promise<readonly EngineBot[]> => {
  const answer = await world.command({ id: id(), command: 'bot-list' });
  return (answer as { result: readonly EngineBot[] }).result;
};
const owner = (world: World): string =>
  (world.db.prepare("select balance from books where book = 'owner' and asset = 'USDT'").get() as { balance: string }).balance;

test('a bot that is not started waits, and starts, stops, closes and is deleted on command', () =>
  inWorld(async (world) => {
    const before = owner(world);
    const made = bot(await create(world, { start: false }));
    assert.equal(made.status, 'stopped');
    await world.play(10_000);
    assert.deepEqual((await list(world))[0]?.deals, { open: 0, closed: 0 });
    assert.equal(bot(await act(world, made.id, 'start')).status, 'running');
    await world.play(10_000);
    await world.play(10_000);
    assert.equal((await list(world))[0]?.deals.open, 1);
    assert.equal(bot(await act(world, made.id, 'stop')).status, 'stopping');
    assert.equal(code(await act(world, made.id, 'delete')), 'bot-has-open-deal');
    assert.equal(code(await act(world, made.id, 'stop')), 'command-refused');
    await act(world, made.id, 'close-now');
    for (let n = 0; n < 4; n++) await world.play(10_010);
    const [stopped] = await list(world);
    assert.deepEqual([stopped?.status, stopped?.deals], ['stopped', { open: 0, closed: 1 }]);
    assert.notEqual(owner(world), before);
    assert.equal(code(await act(world, made.id, 'delete')), 'ok');
    assert.deepEqual(await list(world), []);
    assert.equal(code(await act(world, made.id, 'start')), 'bot-unknown');
    const match = await world.command({ id: id(), command: 'reconcile' });
    assert.deepEqual((match as { result: LedgerMatch }).result.differences, []);
  }));

test('funds are checked against the balance and what other bots have', () =>
  inWorld(async (world) => {
    assert.equal(code(await create(world, { funds: { USDT: '50' } })), 'funds-insufficient');
    assert.equal(code(await create(world, { funds: { USDT: '20000' } })), 'funds-insufficient');
    assert.equal(code(await create(world, { funds: { BTC: '1' } })), 'funds-malformed');
    assert.deepEqual(bot(await create(world, { funds: { USDT: '9800' } })).funds, { USDT: '9800' });
    assert.equal(code(await create(world)), 'funds-insufficient');
    assert.equal(owner(world), '200');
  }));

test('what cannot be a bot is refused and names the reason', () =>
  inWorld(async (world) => {
    assert.equal(code(await create(world, { kind: 'grail' })), 'bot-kind-unknown');
    assert.equal(code(await create(world, { settings: { ...settings, stepPercent: 'much' } })), 'settings-malformed');
    assert.equal(code(await create(world, { settings: { ...settings, colour: 'red' } })), 'settings-malformed');
    assert.deepEqual(await list(world), []);
  }));

test('a repeated id gets its first answer; the same id with another command is refused', () =>
  inWorld(async (world) => {
    const command = { id: 'twice', command: 'bot-create', name: 'one', kind: 'dca', pair, settings, start: true } as const;
    const first = await world.command(command);
    assert.deepEqual(await world.command(command), first);
    assert.equal((await list(world)).length, 1);
    assert.equal(code(await world.command({ ...command, name: 'other' })), 'command-id-reused');
  }));

test('a database restored from before is reconciled with what happened since', () =>
  inWorld(async (world) => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-restore-'));
    try {
      const file = join(folder, 'backup.db');
      bot(await create(world));
      const lines = { lowerPrice: '98', upperPrice: '102', lines: 9, amountPerLine: '40', retrySeconds: 1 };
      bot(await create(world, { kind: 'grid', settings: lines }));
      for (const price of [10_000, 10_000]) await world.play(price);
      assert.equal(code(await world.command({ id: id(), command: 'backup', file })), 'ok');
      // This one the backup does not know.
      const later = bot(await create(world, { settings: { ...settings, takeProfitPercent: '20' } }));
      for (const price of [9_940, 9_900, 10_050, 10_100, 10_090, 10_040]) await world.play(price);
      const restored = join(folder, 'restored.db');
      restoreDatabase(file, restored, engineMigrations);
      const db = openDatabase(restored, engineMigrations);
      const store = engineStore(db);
      await world.restartOn(store);
      for (const price of [10_040, 9_990, 9_930, 9_880, 9_930, 10_050, 10_110, 10_050]) await world.play(price);
      const match = await world.command({ id: id(), command: 'reconcile' });
      assert.deepEqual((match as { result: LedgerMatch }).result.differences, []);
      const said = (db.prepare('select text from log order by seq').all() as { text: string }[]).map(({ text }) => text);
      const owners = /Bought \S+ BTC at \S+ by order (\S+)-1-b1, which no bot here placed: it is the owner's/;
      assert.ok(
        said.some((text) => owners.exec(text)?.[1] === later.id),
        said.join('\n'),
      );
      await store.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }));

test('what a lost bot spent of funds that the backup has elsewhere is said and shown, and nothing ends', () =>
  inWorld(async (world) => {
    const folder = mkdtempSync(join(tmpdir(), 'holdfast-restore-'));
    try {
      const [file, restored] = [join(folder, 'backup.db'), join(folder, 'restored.db')];
      const first = bot(await create(world, { start: false, funds: { USDT: '9950' } }));
      assert.equal(owner(world), '50');
      assert.equal(code(await world.command({ id: id(), command: 'backup', file })), 'ok');
      assert.equal(code(await act(world, first.id, 'delete')), 'ok');
      const later = bot(await create(world, { settings: { ...settings, takeProfitPercent: '20' } }));
      for (const price of [10_000, 10_000]) await world.play(price);
      restoreDatabase(file, restored, engineMigrations);
      const db = openDatabase(restored, engineMigrations);
      const store = engineStore(db);
      await world.restartOn(store);
      for (const price of [10_000, 10_000]) await world.play(price);
      const spent = new RegExp(`^\\S+ USDT that no book held were spent by order ${later.id}-1-b\\d+$`);
      const said = (db.prepare("select text from log where level = 'warning'").all() as { text: string }[]).map(
        ({ text }) => text,
      );
      assert.ok(
        said.some((text) => spent.test(text)),
        said.join('\n'),
      );
      const match = await world.command({ id: id(), command: 'reconcile' });
      const [difference] = (match as { result: LedgerMatch }).result.differences;
      assert.equal(difference?.asset, 'USDT');
      assert.ok(Number(difference?.ledger) > Number(difference?.exchange));
      await store.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }));

test('of two orders with one name in one step the first is placed, and the bot hears of the second', (t) =>
  inWorld(async (world) => {
    const { step } = botKinds.dca;
    t.mock.method(botKinds.dca, 'step', (...given: Parameters<typeof step>) => {
      const stepped = step(...given);
      if (stepped === unchanged) return stepped;
      const { intents } = stepped as Exclude<typeof stepped, typeof unchanged>;
      return { ...stepped, intents: [...intents, ...intents.filter(({ kind }) => kind !== 'cancel-order')] };
    });
    bot(await create(world));
    for (const price of [10_000, 10_000]) await world.play(price);
    const names = world.db.prepare("select client_order_id as id from outbox where kind = 'place-order'").all();
    assert.ok(names.length > 0);
    assert.equal(new Set(names.map(({ id: name }) => name)).size, names.length);
    assert.ok(world.db.prepare("select 1 from log where text like '%refused (E_DUPLICATE)%'").get() !== undefined);
    const match = await world.command({ id: id(), command: 'reconcile' });
    assert.deepEqual((match as { result: LedgerMatch }).result.differences, []);
  }));

test('the account is valued when a minute closes, at its close, and not between', () =>
  inWorld(
    async (world) => {
      bot(await create(world));
      for (const price of [10_000, 10_000, 9_900, 9_950, 10_040, 10_100, 10_000, 9_980, 10_000]) await world.play(price);
      for (let n = 0; n < 8; n++) await world.play(10_000);
      const fills = world.db.prepare('select at from fills').all();
      assert.ok(fills.some(({ at }) => Number(at) % 60_000 !== 0));
      const samples = world.db.prepare('select at, value from equity order by at').all() as { at: number; value: string }[];
      assert.ok(samples.length > 2);
      assert.deepEqual(
        samples.filter(({ at }) => at % 60_000 !== 0),
        [],
      );
      // Nothing was filled in the last minutes, which closed at 10,000 ticks.
      const books = world.db
        .prepare("select asset, balance from books where book not in ('market', 'fees', 'outside')")
        .all() as { asset: string; balance: string }[];
      const held = (asset: string) => books.reduce((sum, each) => sum + (each.asset === asset ? amount(each.balance) : 0n), 0n);
      assert.ok(held('BTC') > 0n);
      assert.equal(samples.at(-1)?.value, formatAmount(held('USDT') + held('BTC') * 100n));
    },
    { candles: true },
  ));
