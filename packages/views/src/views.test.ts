import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Amount,
  type Asset,
  amount,
  type ClientOrderId,
  type ClosedDeal,
  epochMs,
  formatAmount,
  type OpenDeal,
  pair,
  type Side,
} from '@holdfast/domain';
import fc from 'fast-check';
import {
  closedDealsView,
  dealFigures,
  equity,
  type FillRecord,
  fundsLocked,
  maxDrawdown,
  openDealView,
  profitView,
  unrealised,
} from './index.ts';

const btc = pair('BTC/USDT');
const [USDT, BTC, BNB] = ['USDT' as Asset, 'BTC' as Asset, 'BNB' as Asset];
let trades = 0;

/** `1 buy 0.01 at 9990 fee 0.00001 BTC`: the first number is the deal's. */
function fill(text: string): FillRecord {
  const [deal = '', side = '', quantity = '', , price = '', , fee = '0', feeAsset = 'USDT'] = text.split(' ');
  return {
    pair: btc,
    deal: Number(deal),
    side: side as Side,
    tradeId: String(++trades),
    price: amount(price),
    quantity: amount(quantity),
    fee: amount(fee),
    feeAsset: feeAsset as Asset,
    at: epochMs(trades),
  };
}

test('figures of a deal count fees where they were taken and value them in quote', () => {
  const figures = dealFigures(
    ['1 buy 0.01 at 9990 fee 0.00001 BTC', '1 buy 0.01 at 9890 fee 0.0989 USDT', '1 sell 0.0199 at 10100 fee 0.20099 USDT'].map(
      fill,
    ),
  );
  const shown = Object.fromEntries(
    Object.entries(figures).map(([key, value]) => [key, typeof value === 'bigint' ? formatAmount(value) : value]),
  );
  assert.deepEqual(shown, {
    bought: '0.02',
    sold: '0.0199',
    received: '0.01999',
    given: '0.0199',
    spent: '198.8989',
    earned: '200.78901',
    averagePrice: '9949.919959979989994998',
    feesQuote: '0.39979',
    feesIncomplete: false,
  });
});

test('fees in a third asset are counted at its price, and missed out loud without one', () => {
  const fills = ['1 buy 0.01 at 10000 fee 0.0002 BNB'].map(fill);
  assert.equal(formatAmount(dealFigures(fills, (asset) => (asset === BNB ? amount('500') : null)).feesQuote), '0.1');
  assert.equal(dealFigures(fills).feesIncomplete, true);
});

test('what a deal could not sell goes into the next with its cost', () => {
  const view = profitView(
    [
      '1 buy 0.01 at 10000 fee 0.00001 BTC',
      '1 sell 0.00998 at 10200 fee 0.101796 USDT',
      '2 buy 0.01 at 10000 fee 0.00001 BTC',
      '2 sell 0.01 at 10200 fee 0.102 USDT',
    ].map(fill),
  );
  assert.equal(formatAmount(view.position.quantity), '0');
  assert.deepEqual(
    view.deals.map(({ deal, profit }) => [deal, formatAmount(profit)]),
    [
      [1, '1.7943041001001001'],
      [2, '1.7978998998998999'],
    ],
  );
});

test('coins of a cancelled deal are kept and not sold by the next', () => {
  const view = profitView(['1 buy 1 at 100', '2 buy 1 at 90', '2 sell 1 at 99'].map(fill), new Set([1]));
  assert.deepEqual([formatAmount(view.kept.quantity), formatAmount(view.kept.cost)], ['1', '100']);
  assert.equal(formatAmount(view.realised), '9');
});

test('profits, carried and kept cost always equal earned less spent (V1)', () => {
  const part = fc.bigInt({ min: 1n, max: 10n ** 20n });
  fc.assert(
    fc.property(
      fc.array(fc.record({ buy: fc.boolean(), quantity: part, price: part, next: fc.boolean(), cancel: fc.boolean() }), {
        maxLength: 40,
      }),
      (acts) => {
        const fills: FillRecord[] = [];
        const cancelled = new Set<number>();
        let [deal, held] = [1, 0n];
        for (const { buy, quantity, price, next, cancel } of acts) {
          if (next) {
            if (cancel) {
              cancelled.add(deal);
              held = 0n;
            }
            deal++;
          }
          const traded = buy ? quantity : quantity % (held + 1n);
          if (traded === 0n) continue;
          held += buy ? traded : -traded;
          const fee = (traded / 1000n) as Amount;
          const record = { ...fill(`${deal} buy 1 at 1`), side: buy ? 'buy' : 'sell', quantity: traded, price } as FillRecord;
          fills.push(buy ? { ...record, fee, feeAsset: BTC } : record);
          if (buy) held -= fee;
        }
        const view = profitView(fills, cancelled);
        const { earned, spent } = dealFigures(fills);
        assert.equal(view.realised - view.position.cost - view.kept.cost, earned - spent);
      },
    ),
  );
});

test('equity values all that is held, and is unknown while a price is', () => {
  const holdings = [
    { asset: USDT, amount: amount('10.5') },
    { asset: BTC, amount: amount('0.5') },
  ];
  assert.equal(formatAmount(equity(holdings, USDT, () => amount('20001.01')) ?? 0n), '10011.005');
  assert.equal(
    equity(holdings, USDT, () => null),
    null,
  );
});

const curve = (...values: readonly (number | string)[]) =>
  values.map((value, i) => ({ at: epochMs(i), value: amount(String(value)) }));

test('the largest drawdown is a share of its own peak', () => {
  const worst = maxDrawdown(curve(100, 110, 99, 150, 140, 200, 179.99));
  assert.equal(formatAmount(worst.fraction), '0.10005');
  assert.equal(worst.peak?.at, 5);
  assert.equal(formatAmount(maxDrawdown(curve(1, 2, 3)).fraction), '0');
  assert.equal(formatAmount(maxDrawdown(curve(3, 1)).fraction), '0.666666666666666667');
  assert.equal(formatAmount(maxDrawdown([]).fraction), '0');
});

test('the largest drawdown equals the worst of all pairs of points', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 1000 }), { maxLength: 30 }), (values) => {
      let [fall, peak] = [0, 1];
      values.forEach((high, i) => {
        for (const low of values.slice(i)) if ((high - low) * peak > fall * high) [fall, peak] = [high - low, high];
      });
      const worst = maxDrawdown(curve(...values));
      assert.equal(worst.fall * BigInt(peak), BigInt(fall) * (worst.peak?.value ?? 0n));
    }),
  );
});

const open: OpenDeal = {
  number: 3,
  pair: btc,
  openedAt: epochMs(0),
  phase: 'holding',
  held: amount('0.01'),
  cost: amount('100'),
  averagePrice: amount('10000'),
  realised: amount('0.5'),
  takeProfit: { price: amount('10100'), quantity: amount('0.01'), clientOrderId: 'x' as ClientOrderId },
  ladder: [
    { index: 1, price: amount('9900'), quantity: amount('0.01'), filled: amount('0.01'), state: 'filled', clientOrderId: null },
    { index: 2, price: amount('9800'), quantity: amount('0.01'), filled: amount('0.002'), state: 'resting', clientOrderId: null },
    { index: 3, price: amount('9700'), quantity: amount('0.01'), filled: amount('0'), state: 'waiting', clientOrderId: null },
  ],
};

test('an open deal shows its profit at the last price, its way to the target and what it locks', () => {
  const view = openDealView(open, amount('9900'), 10n ** 15n);
  assert.equal(formatAmount(view.profit ?? 0n), '-0.599');
  assert.equal(formatAmount(view.toTakeProfit ?? 0n), '0.020202020202020202');
  assert.equal(formatAmount(view.locked), '78.4');
  assert.deepEqual(view.averagingOrders, { filled: 1, resting: 1, all: 3 });
  assert.equal(openDealView(open, null, 0n).profit, null);
});

test('a position is worth what its sale would bring', () => {
  const position = { quantity: amount('2'), cost: amount('190') };
  assert.equal(formatAmount(unrealised(position, amount('100'), 10n ** 15n)), '9.8');
});

test('open orders lock quote for buys and base for sells', () => {
  const locked = fundsLocked([
    { side: 'buy', price: amount('100'), open: amount('0.5') },
    { side: 'sell', price: amount('110'), open: amount('0.3') },
  ]);
  assert.deepEqual([formatAmount(locked.quote), formatAmount(locked.base)], ['50', '0.3']);
});

const closed = (profit: string, bought = '1'): ClosedDeal => ({
  number: 1,
  pair: btc,
  openedAt: epochMs(0),
  closedAt: epochMs(1000),
  ending: 'take-profit',
  bought: amount(bought),
  sold: amount('1'),
  spent: amount('1'),
  cost: amount('1'),
  proceeds: amount('1'),
  profit: amount(profit),
  fees: null,
  averagingOrdersFilled: 0,
});

test('closed deals are summed without those that bought nothing', () => {
  const view = closedDealsView([closed('2'), closed('-0.5'), closed('0', '0')]);
  assert.deepEqual([view.deals, view.won, view.lost, formatAmount(view.profit)], [2, 1, 1, '1.5']);
  assert.deepEqual([formatAmount(view.best), formatAmount(view.worst), view.durationMsMean], ['2', '-0.5', 1000]);
});
