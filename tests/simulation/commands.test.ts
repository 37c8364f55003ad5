/** What a person asks of bots, through the real engine, vault and exchange. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BotAction, EngineBot, LedgerMatch } from '@holdfast/contracts';
import { engineMigrations, engineStore, openDatabase, restoreDatabase } from '@holdfast/storage';
import type { EngineResult } from '../../apps/engine/src/engine.ts';
import { createWorld, pair, type World } from './world.ts';

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

async function inWorld(work: (world: World) => Promise<void>): Promise<void> {
  const world = await createWorld(() => false);
  try {
    await work(world);
  } finally {
    world.close();
  }
}

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
      for (const price of [10_000, 10_000]) await world.play(price);
      assert.equal(code(await world.command({ id: id(), command: 'backup', file })), 'ok');
      for (const price of [9_940, 9_900, 10_050, 10_100, 10_090, 10_040]) await world.play(price);
      const restored = join(folder, 'restored.db');
      restoreDatabase(file, restored, engineMigrations);
      const store = engineStore(openDatabase(restored, engineMigrations));
      await world.restartOn(store);
      for (const price of [10_040, 10_030, 10_050]) await world.play(price);
      const match = await world.command({ id: id(), command: 'reconcile' });
      assert.deepEqual((match as { result: LedgerMatch }).result.differences, []);
      await store.close();
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }));
