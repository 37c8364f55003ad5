/** The guards through the real engine, vault and exchange: what they hold back, what they close, and that a restart forgets none of it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineBot, GuardRecord } from '@holdfast/contracts';
import { engineStore } from '@holdfast/storage';
import { inWorld, pair, type World } from '../simulation/world.ts';

const settings = {
  baseOrderSize: '100',
  averagingOrderSize: '100',
  averagingOrders: 2,
  averagingOrdersActive: 1,
  stepPercent: '20',
  takeProfitPercent: '5',
  retrySeconds: 1,
};
let ids = 0;
const id = (): string => `guards-${++ids}`;

const done = <Result>(answer: Awaited<ReturnType<World['command']>>): Result => {
  assert.equal(answer.ok, true, JSON.stringify(answer));
  return (answer as { result: Result }).result;
};
const create = async (world: World, name: string, more: object = {}): Promise<EngineBot> =>
  done(
    await world.command({
      id: id(),
      command: 'bot-create',
      name,
      kind: 'dca',
      pair,
      settings: { ...settings, ...more },
      start: true,
    }),
  );
const set = async (world: World, changes: object): Promise<GuardRecord> =>
  done(await world.command({ id: id(), command: 'guards-set', changes: { ...changes } }));
const rows = (world: World, sql: string) => world.db.prepare(sql).all() as unknown as readonly Record<string, string>[];
const problems = (world: World): readonly string[] =>
  rows(world, 'select problem from bots order by created_at').map(({ problem }) =>
    problem === null || problem === undefined ? '' : (JSON.parse(problem) as { code: string }).code,
  );
const open = (world: World) => rows(world, "select * from deals where status = 'open'").length;
const log = (world: World): string =>
  rows(world, 'select text from log order by seq')
    .map(({ text }) => text)
    .join('\n');
const restart = (world: World) => world.restartOn(engineStore(world.db));

test('no more deals than the cap start, over a restart too, and the next starts when one has ended', () =>
  inWorld(async (world) => {
    await set(world, { maxDeals: 1 });
    const first = await create(world, 'first');
    await create(world, 'second');
    await world.play(10_000);
    await restart(world);
    for (let n = 0; n < 6; n++) await world.play(10_000);
    assert.equal(open(world), 1);
    assert.deepEqual(problems(world), ['', 'guard-deals']);
    assert.match(log(world), /refused \(guard-deals\): held back: 1 deals are open on the account, which may have 1 at once\./);
    await world.command({ id: id(), command: 'bot-action', bot: first.id, action: 'stop' });
    await world.command({ id: id(), command: 'bot-action', bot: first.id, action: 'close-now' });
    for (let n = 0; n < 12; n++) await world.play(10_000);
    assert.equal(open(world), 1, 'the second has its turn');
    assert.deepEqual(problems(world), ['', '']);
  }));

test('together the bots hold no more of a coin than its cap', () =>
  inWorld(async (world) => {
    await set(world, { maxExposurePerCoin: '250' });
    for (const name of ['a', 'b', 'c']) await create(world, name);
    for (let n = 0; n < 4; n++) await world.play(10_000);
    assert.match(
      log(world),
      /refused \(guard-exposure\): held back: All bots together would hold and order BTC for \S+ USDT; the cap is 250 USDT\./,
    );
    const bought = rows(
      world,
      "select sum(cast(quantity as real) * cast(price as real)) as sum from fills where side = 'buy'",
    )[0];
    assert.ok(Number(bought?.sum) <= 250 && Number(bought?.sum) > 150, String(bought?.sum));
    const resting = rows(
      world,
      "select sum(cast(quantity as real) * cast(price as real)) as sum from orders where side = 'buy' and status = 'resting'",
    )[0];
    assert.ok(Number(bought?.sum) + Number(resting?.sum ?? 0) <= 251, `${bought?.sum} held and ${resting?.sum} on order`);
  }));

test('a crash closes what is open, pauses starts until its time, and a restart does not end it', () =>
  inWorld(async (world) => {
    await set(world, { crashPercent: '5', crashMinutes: 10, crashPauseMinutes: 5, crashCloses: true });
    await create(world, 'one');
    for (const price of [10_000, 10_000, 9_900]) await world.play(price);
    assert.equal(open(world), 1);
    await world.play(9_499);
    for (let n = 0; n < 3; n++) await world.play(9_499);
    assert.match(
      log(world),
      /Crash breaker: BTC\/USDT fell from 100\.01 to 94\.99\. No deal starts until .* UTC\. Open deals are closed\./,
    );
    assert.equal(open(world), 0);
    const [deal] = rows(world, "select * from deals where status = 'closed'");
    assert.ok(Number(deal?.profit) < 0, JSON.stringify(deal));
    await restart(world);
    for (let n = 0; n < 8; n++) await world.play(9_499);
    assert.equal(open(world), 0);
    assert.deepEqual(problems(world), ['guard-crash']);
    for (let n = 0; n < 30; n++) await world.play(9_499);
    assert.equal(open(world), 1, 'five minutes later a deal starts again');
    assert.equal(log(world).match(/Crash breaker/g)?.length, 1, 'one fall trips once');
  }));

test("a day's loss stops new deals, closes the others, and the owner may go on", () =>
  inWorld(async (world) => {
    await set(world, { maxDailyLoss: '3', dailyLossCloses: true });
    await create(world, 'stopped out', { stopLossPercent: '4', averagingOrders: 0 });
    await create(world, 'other');
    for (const price of [10_000, 10_000, 9_500, 9_500, 9_500, 9_500]) await world.play(price);
    assert.match(log(world), /Daily loss stop: today's deals lost \d+\.\d+ USDT\. No deal starts before tomorrow/);
    assert.equal(open(world), 0);
    await restart(world);
    for (let n = 0; n < 4; n++) await world.play(9_500);
    assert.deepEqual(problems(world), ['guard-daily-loss', 'guard-daily-loss']);
    const record = JSON.parse(rows(world, 'select record from guards')[0]?.record ?? '') as GuardRecord;
    assert.equal(record.day.stopped, true);
    assert.ok(Number(record.day.results.USDT) < -3, JSON.stringify(record.day));
    done(await world.command({ id: id(), command: 'guards-resume' }));
    for (let n = 0; n < 12; n++) await world.play(9_500);
    assert.equal(open(world), 2);
  }));

test('what is wrong with limits is said, every field at once, and nothing is changed', () =>
  inWorld(async (world) => {
    const answer = await world.command({
      id: id(),
      command: 'guards-set',
      changes: { maxDeals: -1, crashPercent: '120', unknown: 1 },
    });
    assert.equal(answer.ok ? '' : answer.error.code, 'settings-malformed');
    assert.match(
      answer.ok ? '' : answer.error.reason,
      /maxDeals: must be at least 0; crashPercent: must be from 0 to 99 %; object: .*unknown/i,
    );
    assert.deepEqual(rows(world, 'select * from guards'), []);
  }));
