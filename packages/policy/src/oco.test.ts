import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Amount, amount, clientOrderId, legsOf, type PlaceOco } from '@holdfast/domain';
import fc from 'fast-check';
import {
  accountBook,
  burnUsed,
  closeOrder,
  holdOco,
  judgeOco,
  ordersLastMinute,
  positionOf,
  stopsUsed,
  turnoverUsed,
} from './index.ts';
import { type Asked, account, ask, at, at100, btc, fill, grant, key, mandate, order } from './testing/cases.ts';

let made = 0;
function oco(quantity: string, target: string, trigger: string, limit: string, change: Partial<PlaceOco> = {}): PlaceOco {
  made += 1;
  const id = (leg: string) => clientOrderId(`oco-${made}${leg}`);
  return {
    kind: 'place-oco',
    clientOrderId: id(''),
    pair: btc,
    side: 'sell',
    quantity: amount(quantity),
    limitLeg: { clientOrderId: id('t'), limit: amount(target) },
    stopLeg: { clientOrderId: id('s'), trigger: amount(trigger), limit: amount(limit) },
    ...change,
  };
}

const limits = mandate({ stopBudget24h: amount('5'), openOrders: 20, ordersPerMinute: 50 }, { stopGapBps: 100 });

function askOco(book: ReturnType<typeof accountBook>, it: PlaceOco, asked: Asked = {}): string {
  const { rules = limits, by = grant(), reference = at100, now = 0, circumstances = {} } = asked;
  const judgement = judgeOco(book, rules, by, it, reference, now, circumstances);
  if (judgement.kind === 'refused') return judgement.code;
  const keys = { limit: it.limitLeg.clientOrderId, stop: it.stopLeg.clientOrderId };
  holdOco(book, keys, by.subKey, judgement.order, judgement.hold, reference.price, now);
  return 'approved';
}

/** A book whose sub-key holds 1 BTC that cost 100.2. */
function holding() {
  const book = accountBook(account);
  const entry = order('buy', '1.002', '100');
  assert.equal(ask(book, entry, { rules: limits }), 'approved');
  fill(book, entry);
  return book;
}

test('each leg is judged as the order that it is', () => {
  const cases: readonly [string, PlaceOco, string, Asked?][] = [
    ['a target above the market and a stop within its gap', oco('1', '110', '95', '94.1'), 'approved'],
    ['a stop limit farther below its trigger than the gap', oco('1', '110', '95', '94'), 'E_BAND'],
    ['a trigger above the market', oco('1', '110', '101', '100.5'), 'E_BAND'],
    ['a limit leg under the band', oco('1', '98.9', '95', '94.5'), 'E_BAND'],
    ['a limit leg outside the corridor', oco('1', '201', '95', '94.5'), 'E_CORRIDOR'],
    ['a stop limit outside the corridor', oco('1', '110', '50', '49.9'), 'E_CORRIDOR'],
    ['a stop above the target', oco('1', '110', '111', '110.5'), 'E_PARAM'],
    ['more than the position', oco('1.002', '110', '95', '94.5'), 'E_POS'],
    [
      'a mandate without stop-limit orders',
      oco('1', '110', '95', '94.5'),
      'E_TYPE',
      { rules: mandate({}, { orders: ['limit'] }) },
    ],
    ['no reference price that counts', oco('1', '110', '95', '94.5'), 'E_ORACLE', { reference: { ...at100, ageMs: 6000 } }],
    [
      'a stop budget that the gap passes',
      oco('1', '110', '95', '94.5'),
      'E_BURN',
      { rules: { ...limits, stopBudget24h: amount('0.59') } },
    ],
    [
      'room for one order of the minute only',
      oco('1', '110', '95', '94.5'),
      'E_RATE',
      { rules: { ...limits, ordersPerMinute: 2 } },
    ],
    ['a buy within the band on both sides', oco('1', '99.5', '100.5', '100.6', { side: 'buy' }), 'approved'],
    ['a buy whose stop leg pays more than the band', oco('1', '99.5', '100.5', '101.1', { side: 'buy' }), 'E_BAND'],
    [
      'a buy with room for one open order',
      oco('1', '99.5', '100.5', '100.6', { side: 'buy' }),
      'E_OPEN',
      { rules: { ...limits, openOrders: 1 } },
    ],
  ];
  for (const [what, it, verdict, asked] of cases) assert.equal(askOco(holding(), it, asked), verdict, what);
});

test('the stop budget is held for the gap and the fee, the coins once, both legs are open orders', () => {
  const book = holding();
  const before = [turnoverUsed(book, 0), burnUsed(book, 0)];
  assert.equal(askOco(book, oco('1', '110', '95', '94.5')), 'approved');
  assert.equal(stopsUsed(book, 0), amount('0.595'));
  assert.equal(positionOf(book, key, btc).onSale, amount('1'));
  assert.deepEqual([turnoverUsed(book, 0), burnUsed(book, 0)], before);
  assert.equal(book.open.size, 2);
  assert.equal(ordersLastMinute(book, 0), 3);
});

test('a buy holds what its dearer leg may cost, once', () => {
  const book = accountBook(account);
  const both = oco('1', '99.5', '100.5', '100.6', { side: 'buy' });
  const single = accountBook(account);
  assert.equal(ask(single, legsOf(both).stop, { rules: limits }), 'approved');
  assert.equal(askOco(book, both), 'approved');
  assert.deepEqual([turnoverUsed(book, 0), burnUsed(book, 0)], [turnoverUsed(single, 0), burnUsed(single, 0)]);
  fill(book, legsOf(both).limit, { price: amount('99.5') });
  assert.equal(book.open.size, 0);
  assert.equal(turnoverUsed(book, 0), amount('199'), 'the buy and the sale of what it bought');
});

test('whichever leg ends first, the other keeps the hold; the last frees all', () => {
  for (const first of ['limit', 'stop'] as const) {
    const book = holding();
    const before = { held: [book.turnoverHeld, book.burnHeld], position: { ...positionOf(book, key, btc) } };
    const it = oco('1', '110', '95', '94.5');
    assert.equal(askOco(book, it), 'approved');
    const legs = { limit: it.limitLeg.clientOrderId, stop: it.stopLeg.clientOrderId };
    closeOrder(book, legs[first]);
    assert.equal(positionOf(book, key, btc).onSale, amount('1'));
    assert.equal(stopsUsed(book, 0) > 0n, first === 'limit');
    closeOrder(book, first === 'limit' ? legs.stop : legs.limit);
    assert.deepEqual({ held: [book.turnoverHeld, book.burnHeld], position: { ...positionOf(book, key, btc) } }, before);
    assert.equal(stopsUsed(book, 0), 0n);
  }
});

const step = fc.oneof(
  fc.record({
    do: fc.constant('oco' as const),
    share: fc.integer({ min: 5, max: 110 }),
    target: fc.integer({ min: -120, max: 300 }),
    trigger: fc.integer({ min: 1, max: 300 }),
    gap: fc.integer({ min: 0, max: 120 }),
  }),
  fc.record({ do: fc.constant('buy' as const), lots: fc.integer({ min: 1, max: 300 }) }),
  fc.record({
    do: fc.constant('fill' as const),
    which: fc.nat(10),
    share: fc.integer({ min: 1, max: 100 }),
    stop: fc.boolean(),
    both: fc.integer({ min: 0, max: 9 }),
  }),
  fc.record({ do: fc.constant('end' as const), which: fc.nat(10), stop: fc.boolean() }),
);

test('the loss of exits in OCOs never passes burn and stop budget, no coin is on sale twice, nothing is held at rest', () => {
  let exits = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60, size: 'max' }), (steps) => {
      const book = accountBook(account);
      const rules = mandate(
        {
          stopBudget24h: amount('1'),
          burn24h: amount('3'),
          burn7d: amount('3'),
          openOrders: 50,
          ordersPerMinute: 1000,
          turnover24h: amount('100000'),
        },
        { stopGapBps: 100, maxPositionQuote: amount('5000') },
      );
      const open: { readonly oco: PlaceOco; left: bigint; alive: { limit: boolean; stop: boolean } }[] = [];
      let now = 0;
      for (const it of steps) {
        now += 1;
        if (it.do === 'buy') {
          const entry = order('buy', '1', '100', { quantity: (BigInt(it.lots) * 10n ** 16n) as Amount });
          if (ask(book, entry, { rules, now }) === 'approved') fill(book, entry, { now });
        } else if (it.do === 'oco') {
          const { base, onSale } = positionOf(book, key, btc);
          const bps = (from: bigint, change: number): Amount => ((from * BigInt(10_000 + change)) / 10_000n) as Amount;
          const trigger = bps(amount('100'), -it.trigger);
          const wanted = oco('1', '1', '1', '1', {
            quantity: (((base - onSale) * BigInt(it.share)) / 100n) as Amount,
            limitLeg: { clientOrderId: clientOrderId(`t-${now}`), limit: bps(amount('100'), it.target) },
            stopLeg: { clientOrderId: clientOrderId(`s-${now}`), trigger, limit: bps(trigger, -it.gap) },
          });
          if (askOco(book, wanted, { rules, now }) === 'approved')
            open.push({ oco: wanted, left: wanted.quantity, alive: { limit: true, stop: true } });
        } else {
          const one = open[it.which % Math.max(open.length, 1)];
          if (one === undefined) continue;
          const legs = legsOf(one.oco);
          const leg = it.stop ? 'stop' : 'limit';
          if (!one.alive[leg]) continue;
          if (it.do === 'end') {
            closeOrder(book, legs[leg].clientOrderId);
            one.alive[leg] = false;
          } else {
            const quantity = (one.left * BigInt(it.share)) / 100n;
            if (quantity === 0n) continue;
            fill(book, legs[leg], { quantity, now, price: legs[leg].limit, ...(it.stop ? {} : { reference: amount('100') }) });
            one.left -= quantity;
            exits += 1;
            const other = it.stop ? 'limit' : 'stop';
            // The exchange's word on the other leg comes now or later.
            if (it.both > 0) closeOrder(book, legs[other].clientOrderId);
            one.alive[other] = false;
            if (one.left === 0n) one.alive[leg] = false;
          }
        }
        assert.ok(burnUsed(book, now) <= rules.burn24h && stopsUsed(book, now) <= rules.stopBudget24h);
        const { base, onSale } = positionOf(book, key, btc);
        const offered = open.reduce((sum, { left, alive }) => (alive.limit || alive.stop ? sum + left : sum), 0n);
        assert.equal(onSale, offered);
        assert.ok(onSale <= base);
      }
      for (const { oco: it } of open) for (const leg of [it.limitLeg, it.stopLeg]) closeOrder(book, leg.clientOrderId);
      assert.equal(book.stopsHeld, 0n);
      assert.equal(book.open.size, 0);
      const { base } = positionOf(book, key, btc);
      if (base === 0n) return;
      const last = order('sell', '1', '100', { quantity: base as Amount });
      assert.equal(ask(book, last, { rules: { ...rules, turnover24h: amount('0') }, now, reference: at('100') }), 'approved');
      fill(book, last, { now });
      assert.deepEqual([book.turnoverHeld, book.burnHeld, book.openQuote], [0n, 0n, 0n]);
    }),
    { numRuns: 300 },
  );
  assert.ok(exits > 500, `${exits} exits were filled`);
});
