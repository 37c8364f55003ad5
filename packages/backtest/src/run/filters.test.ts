/** What the exchange looks at before an order reaches its book: the average price is the simulated exchange's, so are the refusals. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Amount, amount, type ClientOrderId, epochMs, type PlaceOrder, zero } from '@holdfast/domain';
import { createExchange } from '@holdfast/exchanges/simulated';
import { usualAssumptions } from './assumptions.ts';
import { columnsOf } from './columns.ts';
import { definitionOf, refusalOf } from './filters.ts';
import { houseOf } from './house.ts';
import { Market } from './market.ts';
import type { Assumptions } from './result.ts';
import { matchRules, runBacktest } from './run.ts';
import { requestOf, rules } from './testing/play.ts';
import { type Row, random, seriesOf, walkRows } from './testing/tables.ts';

const { pair } = rules;
/** Never near enough to be passed without adding up. */
const nowhere: Assumptions = { ...usualAssumptions, priceBand: { up: zero, down: zero } };

function marketOf(rows: readonly Row[], of: Partial<Assumptions>, intervalMs = 60_000): Market {
  const assumptions = { ...usualAssumptions, ...of };
  const columns = columnsOf(seriesOf(rules, rows, intervalMs), rules);
  const bounds = { first: 0, end: columns.rows };
  return new Market(columns, definitionOf(rules, assumptions), matchRules(columns, assumptions), bounds);
}

for (const intervalMs of [60_000, 300_000, 3_600_000])
  test(`the average price of every moment is the exchange's, candles of ${intervalMs / 60_000} minutes`, () => {
    const next = random(intervalMs);
    const rows = walkRows({ rows: 60, seed: 4, price: 10_000, move: 40, volume: 4_000, quiet: 0.3, gaps: 0.1 });
    const market = marketOf(rows, nowhere, intervalMs);
    const house = houseOf(market.columns, nowhere);
    const exchange = createExchange({ markets: [{ pair, tick: rules.tick, lot: rules.lot, minNotional: 0n as Amount, house }] });
    const rich = (10n ** 30n) as Amount;
    const userId = exchange.createUser({ FOO: rich, USDT: rich }, epochMs(market.timeOf(0) - 1));
    let orders = 0;
    while (market.place < market.endPlace) {
      const at = market.timeOf(market.place);
      exchange.tick({ pair, at, price: market.priceOf(market.place), volume: market.places.volumeOf(market.place) });
      market.play();
      if (next() < 0.6) {
        const side = next() < 0.5 ? 'buy' : 'sell';
        const ask = {
          id: `o-${orders++}` as ClientOrderId,
          price: market.matcher.last + Math.round((next() - 0.5) * 40),
          lots: 1 + Math.floor(next() * 600),
        };
        market.matcher.place({ ...ask, side, kind: 'limit', trigger: 0 });
        exchange.place(
          {
            userId,
            pair,
            side: side === 'buy' ? 'BUY' : 'SELL',
            type: 'LIMIT',
            timeInForce: 'GTC',
            clientOrderId: ask.id,
            price: (BigInt(ask.price) * rules.tick) as Amount,
            quantity: (BigInt(ask.lots) * rules.lot) as Amount,
          },
          at,
        );
      }
      for (const event of market.matcher.events)
        if (event.kind === 'filled') market.traded(at, event.price, event.lots, event.maker);
      market.matcher.events = [];
      assert.equal(market.averageFor(amount('1')), exchange.averagePrice(pair).price, `place ${market.place}`);
    }
    assert.ok(orders > 50);
  });

const flat: readonly Row[] = Array.from({ length: 3 }, () => [10_000, 10_000, 10_000, 10_000, 1000] as const);
const order = (
  of: Partial<Record<'limit' | 'quantity' | 'trigger', string>> & Partial<Pick<PlaceOrder, 'side' | 'order'>>,
): PlaceOrder => ({
  kind: 'place-order',
  clientOrderId: 'a' as ClientOrderId,
  pair,
  side: of.side ?? 'buy',
  order: of.order ?? 'limit',
  limit: amount(of.limit ?? '100'),
  quantity: amount(of.quantity ?? '1'),
  ...(of.trigger === undefined ? {} : { trigger: amount(of.trigger) }),
});
const rows: readonly [what: string, order: PlaceOrder, assumptions: Partial<Assumptions>, says: string | undefined][] = [
  ['an order as it should be', order({}), {}, undefined],
  ['a price off the tick', order({ limit: '100.001' }), {}, 'PRICE_FILTER'],
  ['a trigger off the tick', order({ order: 'stop-limit', side: 'sell', trigger: '99.999' }), {}, 'PRICE_FILTER'],
  ['a quantity off the lot', order({ quantity: '1.0001' }), {}, 'LOT_SIZE'],
  ['a fifth of the average', order({ limit: '20' }), {}, undefined],
  ['below a fifth of it', order({ limit: '19.99' }), {}, 'PERCENT_PRICE_BY_SIDE'],
  ['five times the average', order({ limit: '500', side: 'sell' }), {}, undefined],
  ['above five times it', order({ limit: '500.01', side: 'sell' }), {}, 'PERCENT_PRICE_BY_SIDE'],
  [
    'above a band of its own',
    order({ limit: '110.01' }),
    { priceBand: { up: amount('1.1'), down: amount('0.9') } },
    'PERCENT_PRICE_BY_SIDE',
  ],
  ['any price without a band', order({ limit: '0.01', quantity: '1000' }), { priceBand: null }, undefined],
  ['too small an order', order({ quantity: '0.049' }), {}, 'NOTIONAL'],
  ['too large an order', order({ quantity: '90000.001' }), {}, 'NOTIONAL'],
  ['one above what is set', order({ quantity: '2' }), { maxNotional: amount('199') }, 'NOTIONAL'],
  ['a buy past the largest position', order({ quantity: '3' }), { maxPosition: amount('4.9') }, 'MAX_POSITION'],
  ['a sale at it', order({ quantity: '3', side: 'sell' }), { maxPosition: amount('4.9') }, undefined],
];

for (const [what, intent, assumptions, says] of rows)
  test(`${what}: ${says ?? 'taken'}`, () => {
    const market = marketOf(flat, assumptions);
    market.play();
    const refused = refusalOf(market, intent, 0, amount('2'));
    assert.deepEqual(refused && [refused.code, refused.msg], says && [-1013, `Filter failure: ${says}`]);
  });

test('a bot is refused as on the exchange, stepping and jumping alike', () => {
  const candles = Array.from({ length: 30 }, () => '100 100.5 99.5 100').join('\n');
  const settings = {
    feePercent: '0',
    baseOrderSize: '100',
    averagingOrderSize: '100',
    averagingOrders: 3,
    averagingOrdersActive: 3,
    stepPercent: '4',
    takeProfitPercent: '1',
  };
  const assumptions = { priceBand: { up: amount('5'), down: amount('0.9') } };
  const request = requestOf({ kind: 'dca', settings, candles, assumptions });
  const result = runBacktest(request);
  assert.ok((result.refused['-1013'] ?? 0) > 0, 'the order 12 % below is refused');
  assert.equal(runBacktest({ ...request, driver: 'jump' }).hash, result.hash);
  assert.equal(runBacktest({ ...request, assumptions: { ...request.assumptions, priceBand: null } }).refused['-1013'], undefined);
});
