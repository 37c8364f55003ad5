/** A strategy of one's own through the real engine, vault and exchange, its process beside them: it trades, and its failures hurt nobody. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { decodeState, type OwnState } from '@holdfast/bots';
import type { EngineBot } from '@holdfast/contracts';
import { engineStore } from '@holdfast/storage';
import { type AddedStrategy, strategyFolder } from '../../apps/engine/src/strategies.ts';
import { compareBooks } from '../simulation/compare.ts';
import { inWorld as inPlainWorld, pair, type World } from '../simulation/world.ts';

const root = resolve(import.meta.dirname, '../..');
const data = realpathSync(mkdtempSync(join(tmpdir(), 'holdfast-own-')));
let host: ChildProcess;
before(async () => {
  host = spawn(process.execPath, [join(root, 'apps/engine/src/strategy-host.ts'), '--data', data], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await new Promise<void>((done) => host.stdout?.once('data', () => done()));
});
after(() => {
  host.kill('SIGKILL');
  rmSync(data, { recursive: true, force: true });
});

let ids = 0;
const id = (): string => `own-${++ids}`;
const done = <Result>(answer: Awaited<ReturnType<World['command']>>): Result => {
  assert.equal(answer.ok, true, JSON.stringify(answer));
  return (answer as { result: Result }).result;
};
const refusal = (answer: Awaited<ReturnType<World['command']>>): string =>
  answer.ok ? 'done' : `${answer.error.code}: ${answer.error.reason}`;
const add = (world: World, source: string) => world.command({ id: id(), command: 'strategy-add', source });
const create = (world: World, kind: string, settings: Record<string, unknown>, name = kind) =>
  world.command({ id: id(), command: 'bot-create', name, kind, pair, settings, start: true });
const rows = (world: World, sql: string) => world.db.prepare(sql).all() as unknown as readonly Record<string, string>[];

const inWorld = (work: (world: World) => Promise<void>): Promise<void> =>
  inPlainWorld(work, { strategies: strategyFolder(join(data, 'strategies')) });

/** Buys at once, and names its exit two percent above; fails when the price is what `on` says. */
const source = (name: string, on: string): string => `
  export const description = { name: '${name}', about: 'Buys at once.', settings: {} };
  export function step(settings: { funds: string }, state: number | null, event: { held: number; cost: number; last: number; bid: number }) {
    const calls = (state ?? 0) + 1;
    ${on}
    const orders = event.held > 0
      ? [{ name: 'out', side: 'sell', limit: Math.ceil(event.cost * 1.02), quantity: 'all' }]
      : [{ name: 'in', side: 'buy', order: 'ioc', quote: '100' }];
    return { state: calls, orders, wakes: [{ kind: 'price', of: 'last', when: 'at-or-below', price: event.last - 40 }] };
  }`;

test('the example is a kind of bot: checked, funded, granted, and its books are those of the exchange', () =>
  inWorld(async (world) => {
    const text = readFileSync(join(root, 'docs/examples/strategy.ts'), 'utf8');
    const { kind, title } = done<AddedStrategy>(await add(world, text));
    assert.match(kind, /^own-dip-[0-9a-f]{8}$/);
    assert.equal(title, 'Dip below the average');
    assert.equal(done<AddedStrategy>(await add(world, text)).kind, kind, 'the same file is the same kind');
    assert.match(
      refusal(await create(world, kind, { closes: 1, fallPercent: 3 })),
      /^settings-malformed: Settings: funds: must be given; closes: must be at least 2; fallPercent: must be a plain decimal/,
    );
    assert.match(refusal(await create(world, kind, { funds: '1' })), /^settings-unfit: funds: 1 are below/);
    const bot = done<EngineBot>(await create(world, kind, { funds: '200' }));
    assert.deepEqual(bot.funds, { USDT: '200' });
    await world.restartOn(engineStore(world.db));
    await world.play(10_000);
    assert.match(String(rows(world, 'select waiting_for from bots')[0]?.waiting_for), /its next minute/);
    const check = await world.command({ id: id(), command: 'bot-check', kind, pair, settings: { closes: 1 } });
    assert.deepEqual(
      done<{ faults: { field: string }[] }>(check).faults.map(({ field }) => field),
      ['funds', 'closes'],
    );
  }));

test('it trades over restarts, and every book agrees', () =>
  inWorld(async (world) => {
    const { kind } = done<AddedStrategy>(await add(world, source('keen', '')));
    done(await create(world, kind, { funds: '300' }));
    for (const price of [10_000, 10_000, 9_950, 9_900]) await world.play(price);
    await world.restartOn(engineStore(world.db));
    for (const price of [9_950, 10_250, 10_300, 10_250, 10_200, 10_150]) await world.play(price);
    for (let n = 0; n < 4; n++) await world.play(10_150);
    await world.settle();
    const closed = rows(world, "select * from deals where status = 'closed'");
    assert.equal(closed.length, 1, JSON.stringify(rows(world, 'select * from log')));
    assert.ok(Number(closed[0]?.profit) > 1, JSON.stringify(closed[0]));
    const { exchange, store } = world.venue();
    const query = { userId: world.userId, pair, limit: 1000 };
    const { tick, lot } = exchange.market(pair)!;
    const orders = { trades: store.trades(query), orders: store.orders(query), open: exchange.openOrders(world.userId, pair) };
    compareBooks({ db: world.db, ...orders, held: world.held(), tick, lot });
    assert.deepEqual(rows(world, "select * from log where level = 'error'"), []);
  }));

for (const [what, on, said] of [
  ['hangs', 'if (event.last < 9980) for (;;);', /did not answer within 500 ms/],
  ['throws', "if (event.last < 9980) throw new Error('out of ideas');", /out of ideas/],
  [
    'fills its memory',
    'if (event.last < 9980) { const all: unknown[] = []; for (;;) all.push(new Array(1000).fill(0)); }',
    /memory|did not answer/,
  ],
  ['answers nonsense', "if (event.last < 9980) return { orders: [{ name: 'in', side: 'both' }] };", /side must be buy or sell/],
] as const)
  test(`a strategy that ${what} is paused, says why, and another bot beside it goes on`, () =>
    inWorld(async (world) => {
      const bad = done<AddedStrategy>(await add(world, source(`bad-${what.split(' ')[0]}`, on)));
      const good = done<AddedStrategy>(await add(world, source('good', '')));
      const bot = done<EngineBot>(await create(world, bad.kind, { funds: '300' }, 'bad'));
      done(await create(world, good.kind, { funds: '300' }, 'good'));
      for (const price of [10_000, 10_000, 10_000]) await world.play(price);
      const since = performance.now();
      await world.play(9_950);
      assert.ok(performance.now() - since < 30_000, 'the engine went on');
      for (const price of [9_950, 10_250, 10_250, 10_250]) await world.play(price);
      const [first, second] = rows(world, 'select * from bots order by created_at, id');
      assert.match(String(first?.waiting_for), said);
      const state = decodeState<OwnState>(String(first?.state));
      assert.ok(state.paused !== null);
      assert.equal(decodeState<OwnState>(String(second?.state)).paused, null);
      const trades = rows(world, 'select bot, side from fills order by at');
      assert.ok(
        trades.some((fill) => fill.bot === bot.id && fill.side === 'sell'),
        'its exit rested at the exchange and was filled',
      );
      assert.ok(trades.filter((fill) => fill.bot !== bot.id).length >= 2, 'the other traded on');
      assert.equal(trades.filter((fill) => fill.bot === bot.id).length, 2, 'and it bought nothing new');
      done(await world.command({ id: id(), command: 'bot-action', bot: bot.id, action: 'resume' }));
      for (const price of [10_250, 10_250]) await world.play(price);
      assert.ok(rows(world, `select * from fills where bot = '${bot.id}'`).length > 2, 'a person let it go on');
    }));

test('a file that is no strategy is refused with its fault', () =>
  inWorld(async (world) => {
    assert.match(
      refusal(await add(world, 'export const x = 1;')),
      /^strategy-unfit: The file cannot be loaded: the file exports no function step/,
    );
    assert.match(refusal(await add(world, 'export const step = () => 1;')), /^strategy-unfit: The file does not describe itself/);
    assert.match(refusal(await add(world, "import 'node:fs'; export const step = () => 1;")), /may import @holdfast\/domain/);
    assert.deepEqual(rows(world, 'select * from strategies'), []);
  }));
