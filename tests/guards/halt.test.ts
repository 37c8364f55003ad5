/** A pair that the exchange halts while deals are open: every kind says so and waits; then it goes on, or is closed where that is set. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { test } from 'node:test';
import type { EngineBot } from '@holdfast/contracts';
import { type MarketEvent, pair as pairOf } from '@holdfast/domain';
import { binanceMarketData } from '@holdfast/exchanges/market-data';
import { createWorld, pair, type World } from '../simulation/world.ts';

const settingsOf: Readonly<Record<string, object>> = {
  dca: { baseOrderSize: '100', averagingOrderSize: '50', averagingOrders: 2, stepPercent: '10', takeProfitPercent: '5' },
  grid: { lowerPrice: '80', upperPrice: '120', lines: 9, amountPerLine: '40' },
  trade: { size: '100', takeProfits: '5%:100', stopLossPercent: '20' },
  recurring: { size: '20', schedule: '*/1 * * * *' },
  rebalance: {
    targets: [{ pair, percent: '50' }],
    cashPercent: '50',
    schedule: '*/2 * * * *',
    thresholdPercent: '0',
    minTrade: '5',
  },
  signal: { size: '100', maxEntryQuote: '100', maxInvestmentQuote: '100', takeProfitPercent: '5' },
};
const fundsOf: Readonly<Record<string, object>> = { rebalance: { USDT: '400' } };
/** What is open there has an end that can be brought forward. */
const closing = ['dca', 'grid', 'trade', 'signal'];

let ids = 0;
const command = async (world: World, what: object): Promise<unknown> => {
  const answer = await world.command({ id: `halt-${++ids}`, ...what } as never);
  assert.ok(answer.ok, JSON.stringify(answer));
  return answer.result;
};
const rows = (world: World, sql: string) => world.db.prepare(sql).all() as unknown as readonly Record<string, string>[];
const playOn = async (world: World, price: number, times: number): Promise<void> => {
  for (let n = 0; n < times; n++) await world.play(price);
};

async function halted(closes: boolean, work: (world: World, bots: ReadonlyMap<string, string>) => Promise<void>): Promise<void> {
  const world = await createWorld(() => false);
  try {
    if (closes) await command(world, { command: 'guards-set', changes: { haltCloses: true } });
    const bots = new Map<string, string>();
    for (const [kind, settings] of Object.entries(settingsOf)) {
      const where = kind === 'rebalance' ? {} : { pair };
      const funds = fundsOf[kind] === undefined ? {} : { funds: fundsOf[kind] };
      const made = await command(world, { command: 'bot-create', name: kind, kind, ...where, settings, ...funds, start: true });
      bots.set(kind, (made as EngineBot).id);
    }
    await playOn(world, 10_000, 2);
    const enter = { kind: 'enter', direction: 'long', size: null, limit: null, exits: { targets: null, stop: null } };
    await command(world, {
      command: 'signal',
      source: 'alert',
      instrument: null,
      price: null,
      bots: [bots.get('signal')],
      ask: enter,
    });
    await playOn(world, 10_000, 4);
    await work(world, bots);
  } finally {
    world.close();
  }
}

const log = (world: World): string =>
  rows(world, 'select text from log order by seq')
    .map(({ text }) => text)
    .join('\n');
const fills = (world: World): number => rows(world, 'select * from fills').length;
const placed = (world: World): number => rows(world, 'select * from orders').length;

test('while the pair is halted every bot says so and orders nothing, and then goes on', () =>
  halted(false, async (world, bots) => {
    const [filled, asked] = [fills(world), placed(world)];
    await world.halt(true);
    await playOn(world, 8_500, 8);
    assert.deepEqual([fills(world), placed(world)], [filled, asked]);
    for (const [kind, id] of bots) {
      const [bot] = rows(world, `select waiting_for from bots where id = '${id}'`);
      assert.match(bot?.waiting_for ?? '', /halted/, `${kind}: ${bot?.waiting_for}`);
    }
    assert.match(
      rows(world, 'select text from log')
        .map(({ text }) => text)
        .join('\n'),
      /BTC\/USDT is halted/,
    );
    await world.halt(false);
    await playOn(world, 8_500, 8);
    assert.ok(fills(world) > filled, 'orders are filled again');
    const waits = rows(world, 'select waiting_for from bots').map((bot) => bot.waiting_for);
    assert.ok(
      waits.every((text) => !/halted/.test(text ?? '')),
      waits.join('\n'),
    );
    assert.ok(rows(world, "select * from deals where status = 'open'").length > 0);
  }));

test('with the guard set, what was open is sold when the pair trades again', () =>
  halted(true, async (world, bots) => {
    await world.halt(true);
    await playOn(world, 9_000, 4);
    const open = closing.filter((kind) => rows(world, `select * from orders where bot = '${bots.get(kind)}'`).length > 0);
    assert.deepEqual(open, closing);
    await world.halt(false);
    await playOn(world, 9_000, 14);
    for (const kind of closing) {
      const sold = rows(world, `select * from fills where bot = '${bots.get(kind)}' and side = 'sell'`);
      assert.ok(sold.length > 0, `${kind} was closed: ${log(world)}`);
    }
    assert.match(log(world), /BTC\/USDT is trading again; what is open on it is closed/);
  }));

test('a pair that the exchange does not know any more counts as halted, and the others do not', async (t) => {
  const known = { symbol: 'ETHUSDT', status: 'TRADING' };
  const server = createServer(({ url = '' }, response) => {
    const asked = decodeURIComponent(url);
    if (asked.includes('exchangeInfo') && asked.includes('BTCUSDT'))
      response.writeHead(400).end('{"code":-1121,"msg":"Invalid symbol."}');
    else response.end(asked.includes('exchangeInfo') ? JSON.stringify({ symbols: [known] }) : '[]');
  });
  // A websocket that opens and says nothing: only what is asked for counts.
  const { WebSocketServer } = await import('ws');
  const sockets = new WebSocketServer({ server });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as { port: number };
  const events: MarketEvent[] = [];
  const market = binanceMarketData({
    restUrl: `http://127.0.0.1:${port}`,
    streamUrl: `ws://127.0.0.1:${port}`,
    statusEveryMs: 20,
  });
  const stop = market.subscribe([pairOf('BTC/USDT'), pairOf('ETH/USDT')], (event) => events.push(event));
  t.after(() => {
    stop();
    sockets.close();
    server.close();
  });
  for (let n = 0; n < 200 && events.filter(({ kind }) => kind === 'pair-status').length < 2; n++)
    await new Promise((resume) => setTimeout(resume, 10));
  assert.deepEqual(
    events.filter(({ kind }) => kind === 'pair-status'),
    [
      { kind: 'pair-status', pair: 'BTC/USDT', halted: true },
      { kind: 'pair-status', pair: 'ETH/USDT', halted: false },
    ],
  );
});
