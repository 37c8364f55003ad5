/** Other settings for bots that are there: between deals, checked as at the start, kept over a restart, with a grant that fits them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EngineBot } from '@holdfast/contracts';
import { engineStore } from '@holdfast/storage';
import { createWorld, pair, type World } from '../simulation/world.ts';

let ids = 0;
const ask = (world: World, command: object) =>
  world.command({ id: `edit-${++ids}`, ...command } as Parameters<World['command']>[0]);
const act = (world: World, bot: string, action: string) => ask(world, { command: 'bot-action', bot, action });
const edit = (world: World, bot: string, settings: object) =>
  ask(world, { command: 'deal-act', bot, act: { name: 'edit', settings } });

async function make(world: World, kind: string, settings: object, USDT: string, of: object = { pair }): Promise<string> {
  const answer = await ask(world, { command: 'bot-create', name: kind, kind, ...of, settings, funds: { USDT }, start: true });
  assert.ok(answer.ok, JSON.stringify(answer));
  return (answer.result as EngineBot).id;
}
const play = async (world: World, ...prices: readonly number[]): Promise<void> => {
  for (const price of prices) await world.play(price);
};
const orders = (world: World, bot: string, where: string): readonly { price: string; quantity: string }[] =>
  world.db
    .prepare(`select price, quantity from orders where bot = ? and ${where} order by planned_at desc`)
    .all(bot) as unknown as readonly { price: string; quantity: string }[];
const log = (world: World, bot: string): string =>
  (world.db.prepare('select text from log where bot = ? order by seq').all(bot) as { text: string }[])
    .map(({ text }) => text)
    .join('\n');
async function refused(world: World, bot: string, settings: object, code: string, reason: RegExp): Promise<void> {
  const answer = await edit(world, bot, settings);
  assert.ok(!answer.ok && answer.error.code === code && reason.test(answer.error.reason), JSON.stringify(answer));
}
const turnoverOf = async (world: World, bot: string): Promise<number> => {
  const { accounts } = await world.vaultStatus();
  const granted = accounts.flatMap(({ grants }) => grants).filter((grant) => grant.bot === bot && grant.alive);
  assert.equal(granted.length, 1, 'it has one sub-key');
  return Number(granted[0]?.turnover24h) / 1e18;
};

test('a DCA bot takes other settings between its deals, and trades by them after a restart too', async (t) => {
  const world = await createWorld(() => false);
  t.after(() => world.close());
  const settings = {
    baseOrderSize: '100',
    averagingOrderSize: '100',
    averagingOrders: 1,
    stepPercent: '2',
    takeProfitPercent: '1',
  };
  const bot = await make(world, 'dca', settings, '500');
  await play(world, 10_000, 10_000, 10_000);
  const next = { ...settings, baseOrderSize: '150', takeProfitPercent: '3' };
  await refused(world, bot, next, 'bot-has-open-deal', /stop it and edit it when that has ended; edit-deal changes/);
  assert.ok((await act(world, bot, 'stop')).ok);
  await play(world, 10_300, 10_300, 10_300);
  await refused(world, bot, { ...next, takeProfitPercent: '0' }, 'settings-malformed', /takeProfitPercent: must be from 0.01/);
  await refused(world, bot, { ...next, direction: 'short' }, 'command-refused', /has one long deal at once and cannot become/);
  const before = await turnoverOf(world, bot);
  const edited = await edit(world, bot, next);
  assert.ok(edited.ok, JSON.stringify(edited));
  assert.equal((edited.result as EngineBot).settings.takeProfitPercent, '3');
  assert.match(log(world, bot), /Settings changed: baseOrderSize 100 to 150, takeProfitPercent 1 to 3$/);
  assert.ok((await turnoverOf(world, bot)) > before, 'larger orders have a larger grant');
  await world.restartOn(engineStore(world.db));
  assert.ok((await act(world, bot, 'resume')).ok);
  await play(world, 10_300, 10_300, 10_300);
  const [entry] = orders(world, bot, "side = 'buy' and status = 'filled'");
  assert.equal(Math.round(Number(entry?.quantity) * 103), 150, log(world, bot));
  const [target] = orders(world, bot, "side = 'sell' and status = 'resting'");
  assert.ok(Number(target?.price) > 103 * 1.03, log(world, bot));
  // Too few funds are said and stop nothing.
  assert.ok((await act(world, bot, 'close-now')).ok);
  assert.ok((await act(world, bot, 'stop')).ok);
  await play(world, 10_000, 10_000, 10_000);
  assert.ok((await edit(world, bot, { ...next, baseOrderSize: '450' })).ok);
  assert.match(log(world, bot), /These settings may need up to 55\d\.\d+ USDT and the bot has \d+\.\d+; it goes on with these/);
});

test('an open deal is not edited away, also one that has no order at the exchange', async (t) => {
  const world = await createWorld(() => false);
  t.after(() => world.close());
  const settings = { baseOrderSize: '100', averagingOrderSize: '100', averagingOrders: 0, trailingPercent: '1' };
  const bot = await make(world, 'dca', { ...settings, takeProfitPercent: '3' }, '200');
  await play(world, 10_000, 10_000, 10_100);
  assert.deepEqual(orders(world, bot, "status <> 'filled' and status <> 'refused'"), [], log(world, bot));
  assert.equal(orders(world, bot, "status = 'filled'").length, 1, log(world, bot));
  await refused(world, bot, { ...settings, takeProfitPercent: '2' }, 'bot-has-open-deal', /an open deal or orders/);
});

test('bots without deals of their own take other settings while they run or when they have stopped', async (t) => {
  const world = await createWorld(() => false);
  t.after(() => world.close());
  const buys = await make(world, 'recurring', { size: '20', schedule: '0 0 1 1 *' }, '300');
  const line = { lowerPrice: '95', upperPrice: '105', lines: 5, amountPerLine: '20' };
  const grid = await make(world, 'grid', line, '200');
  const signal = await make(world, 'signal', { size: '50', maxEntryQuote: '50', maxInvestmentQuote: '50' }, '100');
  await play(world, 10_000, 10_000, 10_000);
  assert.equal(orders(world, buys, "side = 'buy'").length, 0);
  assert.ok((await edit(world, buys, { size: '30', schedule: '* * * * *' })).ok);
  assert.ok((await edit(world, signal, { size: '60', maxEntryQuote: '60', maxInvestmentQuote: '60' })).ok);
  await refused(world, grid, { ...line, upperPrice: '104' }, 'bot-has-open-deal', /orders at the exchange: stop it/);
  assert.ok((await act(world, grid, 'stop')).ok);
  for (let n = 0; n < 6; n++) await world.play(10_000);
  const [bought] = orders(world, buys, "side = 'buy' and status = 'filled'");
  assert.equal(Math.round(Number(bought?.quantity) * 100), 30, log(world, buys));
  await refused(world, grid, { ...line, upperPrice: '90' }, 'settings-malformed', /upperPrice: must be above the lower price/);
  assert.ok((await edit(world, grid, { ...line, lowerPrice: '96', upperPrice: '104' })).ok);
  assert.ok((await act(world, grid, 'resume')).ok);
  await play(world, 10_000, 10_000, 10_000);
  const prices = orders(world, grid, "status = 'resting'").map(({ price }) => Number(price));
  assert.deepEqual([Math.min(...prices), Math.max(...prices)], [96, 104], log(world, grid));
  const several = await edit(world, buys, { size: '30', schedule: '* * * * *', basket: 'ETH/USDT:100' });
  assert.ok(!several.ok, 'the pairs stay');
});
