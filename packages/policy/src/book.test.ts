import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Amount, amount, type OrderKind, type PlaceOrder, type Side } from '@holdfast/domain';
import fc from 'fast-check';
import {
  accountBook,
  adoptMandate,
  burnUsed,
  closeOrder,
  dayMs,
  groupUsed,
  keyTurnoverUsed,
  openQuoteUsed,
  ordersLastDay,
  pairUsed,
  positionOf,
  stopsUsed,
  turnoverUsed,
  weekBurnUsed,
} from './index.ts';
import { account, ask, at100, btc, eth, fill, grant, key, mandate, order, otherKey, pairRules } from './testing/cases.ts';
import { addTo, rollingWindow, sumAt } from './window.ts';

const limits = mandate({
  turnover24h: amount('3000'),
  burn24h: amount('11'),
  burn7d: amount('25'),
  stopBudget24h: amount('0.8'),
  maxOpenQuote: amount('800'),
  openOrders: 50,
  ordersPerMinute: 1000,
  orders24h: 60,
  exp: 10_000 * dayMs,
  groups: [{ name: 'coins', turnover24h: amount('2500'), burn24h: amount('9') }],
  pairs: [btc, eth].map((pair) =>
    pairRules({ pair, group: 'coins', maxSellHeldBase24h: amount('3'), maxPositionQuote: amount('700'), bandBps: 50 }),
  ),
});

const tenths = (count: number): bigint => BigInt(count) * 10n ** 16n;
const action = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      side: fc.constantFrom<Side>('buy', 'sell'),
      kind: fc.constantFrom<OrderKind>('limit', 'limit', 'ioc', 'fok', 'stop-limit'),
      second: fc.boolean(),
      ether: fc.boolean(),
      lots: fc.integer({ min: 1, max: 500 }),
      bps: fc.integer({ min: -150, max: 150 }),
      gap: fc.integer({ min: 0, max: 100 }),
      /** Of the free position that a sell takes, in percent; over 100: as many lots as drawn. */
      share: fc.integer({ min: 1, max: 140 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('fill' as const),
      which: fc.nat(12),
      share: fc.integer({ min: 1, max: 100 }),
      better: fc.integer({ min: 0, max: 50 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('close' as const), which: fc.nat(12) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      hours: fc.integer({ min: 1, max: 30 }),
      cents: fc.integer({ min: 9500, max: 10_500 }),
    }),
  },
);

interface Open {
  readonly order: PlaceOrder;
  readonly subKey: typeof key;
  left: bigint;
}

test('P1 to P5: held and spent never pass any cap at any moment, and nothing is held at rest', () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(fc.array(action, { minLength: 20, maxLength: 90, size: 'max' }), (actions) => {
      const book = accountBook(account);
      const open: Open[] = [];
      let now = 0;
      let reference = amount('100');
      for (const it of actions) {
        now += 1;
        switch (it.do) {
          case 'ask': {
            const conditional = it.kind === 'stop-limit' && it.side === 'sell';
            const price = ((reference * BigInt(10_000 + it.bps - (conditional ? 200 : 0))) / 10_000n / 10n ** 16n) * 10n ** 16n;
            const wanted = order(it.side, '1', '1', {
              pair: it.ether ? eth : btc,
              order: it.kind,
              limit: price as Amount,
              quantity: wantedLots(book, it.second ? otherKey : key, it) as Amount,
              ...(it.kind === 'stop-limit' ? { trigger: (price + tenths(it.gap)) as Amount } : {}),
            });
            const subKey = it.second ? otherKey : key;
            const position = positionOf(book, subKey, wanted.pair);
            const isExit = it.side === 'sell' && wanted.quantity <= position.base - position.onSale;
            const verdict = ask(book, wanted, {
              rules: limits,
              by: grant({ subKey }),
              reference: { ...at100, price: reference },
              now,
            });
            if (verdict === 'approved') open.push({ order: wanted, subKey, left: wanted.quantity });
            if (isExit) assert.ok(!['E_TURNOVER', 'E_OPEN', 'E_POS', 'E_RATE'].includes(verdict), verdict);
            if (isExit && it.kind !== 'stop-limit' && price === reference) assert.equal(verdict, 'approved');
            const name = `${it.kind === 'stop-limit' ? 'stop ' : ''}${it.side} ${isExit ? 'exit ' : ''}${verdict}`;
            seen.set(name, (seen.get(name) ?? 0) + 1);
            break;
          }
          case 'fill': {
            const found = open[it.which % open.length];
            if (found === undefined) break;
            const some = ((found.left * BigInt(it.share)) / 100n / tenths(1)) * tenths(1);
            const quantity = some === 0n ? found.left : some;
            const price = found.order.limit + (found.order.side === 'buy' ? -tenths(it.better) : tenths(it.better));
            fill(book, found.order, { quantity, price, now, subKey: found.subKey });
            found.left -= quantity;
            if (found.left === 0n) open.splice(open.indexOf(found), 1);
            break;
          }
          case 'close': {
            const [gone] = open.splice(it.which, 1);
            if (gone !== undefined) closeOrder(book, gone.order.clientOrderId);
            break;
          }
          case 'wait':
            now += it.hours * 3_600_000;
            reference = tenths(it.cents) as Amount;
            break;
        }
        checkCaps(book, now);
      }
      for (const it of open) closeOrder(book, it.order.clientOrderId);
      now += 8 * dayMs;
      sellAll(book, now);
      assert.deepEqual([book.turnoverHeld, book.burnHeld, book.stopsHeld, book.openQuote, book.open.size], [0n, 0n, 0n, 0n, 0]);
      for (const pair of [btc, eth]) assert.equal(pairUsed(book, pair, now + 2 * dayMs).cost, 0n);
      for (const used of [turnoverUsed, burnUsed, stopsUsed]) assert.equal(used(book, now + 2 * dayMs), 0n);
    }),
    { numRuns: 1000 },
  );
  for (const path of [
    'buy approved',
    'buy E_TURNOVER',
    'buy E_BURN',
    'buy E_POS',
    'buy E_OPEN',
    'sell exit approved',
    'sell approved',
    'sell E_POS',
    'stop sell exit approved',
    'stop sell exit E_BURN',
    'stop buy approved',
  ])
    assert.ok((seen.get(path) ?? 0) > 0, `the property never came to: ${path} (${[...seen.keys()].sort().join(', ')})`);
});

/** Sells are mostly a share of what is free of the position. */
function wantedLots(
  book: ReturnType<typeof accountBook>,
  subKey: typeof key,
  it: { readonly side: Side; readonly ether: boolean; readonly lots: number; readonly share: number },
): bigint {
  const position = positionOf(book, subKey, it.ether ? eth : btc);
  const free = ((position.base - position.onSale) * BigInt(it.share)) / 100n;
  return it.side === 'buy' || it.share > 100 || free === 0n ? tenths(it.lots) : free;
}

function checkCaps(book: ReturnType<typeof accountBook>, now: number): void {
  assert.ok(turnoverUsed(book, now) <= limits.turnover24h, `turnover ${turnoverUsed(book, now)}`);
  assert.ok(burnUsed(book, now) <= limits.burn24h, `burn ${burnUsed(book, now)}`);
  assert.ok(weekBurnUsed(book, now) <= limits.burn7d, `week ${weekBurnUsed(book, now)}`);
  assert.ok(stopsUsed(book, now) <= limits.stopBudget24h, `stops ${stopsUsed(book, now)}`);
  assert.ok(openQuoteUsed(book) <= limits.maxOpenQuote, `open ${openQuoteUsed(book)}`);
  const group = groupUsed(book, limits, 'coins', now);
  assert.ok(group.turnover <= limits.groups[0]!.turnover24h && group.burn <= limits.groups[0]!.burn24h, 'group');
  assert.equal(group.turnover, turnoverUsed(book, now));
  assert.equal(group.burn, burnUsed(book, now));
  assert.equal(keyTurnoverUsed(book, key, now) + keyTurnoverUsed(book, otherKey, now), turnoverUsed(book, now));
  assert.ok(book.turnoverHeld >= 0n && book.burnHeld >= 0n && book.stopsHeld >= 0n && book.openQuote >= 0n);
  for (const pair of [btc, eth]) {
    const { cost } = pairUsed(book, pair, now);
    assert.ok(cost >= 0n && cost <= limits.pairs[0]!.maxPositionQuote, `position ${cost}`);
    for (const subKey of [key, otherKey]) {
      const position = positionOf(book, subKey, pair);
      assert.ok(position.onSale >= 0n && position.base >= position.onSale, 'P4');
      assert.ok(position.exitTurnover >= 0n && position.exitBurn >= 0n);
    }
  }
}

function sellAll(book: ReturnType<typeof accountBook>, now: number): void {
  for (const subKey of [key, otherKey])
    for (const pair of [btc, eth]) {
      const { base } = positionOf(book, subKey, pair);
      if (base === 0n) continue;
      const last = order('sell', '1', '100', { pair, quantity: base as Amount });
      assert.equal(ask(book, last, { rules: { ...limits, orders24h: 0 }, by: grant({ subKey }), now }), 'approved');
      fill(book, last, { now, subKey });
    }
}

test('burn at a jump of the reference price passes the budget by at most the open entries times the jump', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 0, max: 300 })), { maxLength: 30 }),
      (buys) => {
        const book = accountBook(account);
        const rules = mandate({ openOrders: 100, ordersPerMinute: 100, burn24h: amount('4'), maxOpenQuote: amount('900') });
        const open: PlaceOrder[] = [];
        for (const [lots] of buys) {
          const it = order('buy', '1', '100', { quantity: (BigInt(lots) * 10n ** 17n) as Amount });
          if (ask(book, it, { rules }) === 'approved') open.push(it);
        }
        const overshoot = (openQuoteUsed(book) * 300n) / 10_000n;
        for (const [index, it] of open.entries()) {
          const jump = BigInt(buys[index]![1]);
          fill(book, it, { reference: (amount('100') * (10_000n - jump)) / 10_000n });
        }
        assert.ok(burnUsed(book, 0) <= rules.burn24h + overshoot);
        assert.notEqual(ask(book, order('buy', '1000', '100'), { rules }), 'approved');
      },
    ),
  );
});

test('soak: of 64 parallel orders that each need 60 % of what is left exactly one passes, in 256 rounds', () => {
  const book = accountBook(account);
  // 13 turns of 40 % leave too little of the turnover; 24 h later it is back, and not before.
  let now = 0;
  for (let round = 0; round < 256; round++) {
    const rules = mandate({
      openOrders: 1000,
      ordersPerMinute: 100_000,
      exp: 1000 * dayMs,
      turnover24h: amount('2000'),
      burn7d: amount('100000'),
    });
    const left = rules.turnover24h - turnoverUsed(book, now);
    const quantity = ((left * 3n) / 5n / 200n) as Amount;
    const orders = Array.from({ length: 64 }, () => order('buy', '1', '100', { quantity }));
    const passed = orders.filter((it) => ask(book, it, { rules, now }) === 'approved');
    assert.equal(passed.length, 1, `round ${round}`);
    const [only] = passed as [PlaceOrder];
    if (round % 3 === 0) closeOrder(book, only.clientOrderId);
    else {
      fill(book, only, { now });
      const exit = order('sell', '1', '100', { quantity: positionOf(book, key, btc).base as Amount });
      assert.equal(ask(book, exit, { rules, now }), 'approved');
      fill(book, exit, { now });
    }
    now += round % 8 === 7 ? dayMs + 60_000 : 60_000;
  }
});

test('what left the mandate and came back is judged by its new rules', () => {
  const book = accountBook(account);
  const without = mandate({ pairs: [pairRules({ pair: eth })] });
  adoptMandate(book, mandate(), without);
  assert.deepEqual([...book.retired.keys()], [btc]);
  adoptMandate(book, without, mandate({ pairs: [pairRules({ bandBps: 7 })] }));
  assert.deepEqual([...book.retired.keys()], [eth]);
});

test('a window counts an amount for its whole length, at most a 1440th longer, and looks back as well as forward', () => {
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.integer({ min: 0, max: 4000 }), fc.integer({ min: 1, max: 9 })), { maxLength: 300 }),
      (steps) => {
        const lengthMs = 144_000;
        const window = rollingWindow(lengthMs);
        const all: { at: number; amount: bigint }[] = [];
        let now = 0;
        for (const [later, size] of steps) {
          now += later;
          addTo(window, now, BigInt(size));
          all.push({ at: now, amount: BigInt(size) });
          const exact = (since: number): bigint => all.reduce((sum, it) => (it.at > since ? sum + it.amount : sum), 0n);
          const found = sumAt(window, now);
          assert.ok(found >= exact(now - lengthMs) && found <= exact(now - lengthMs - lengthMs / 1440));
          assert.equal(sumAt(window, now + 2 * lengthMs), 0n);
          assert.equal(sumAt(window, now), found);
        }
        assert.ok(window.entries.length <= 3 * 1440);
      },
    ),
  );
});

test('a day of orders is counted without a list of them', () => {
  const book = accountBook(account);
  for (let n = 0; n < 5000; n++) {
    const it = order('buy', '0.001', '100');
    const rules = mandate({ ordersPerMinute: 100_000 });
    assert.equal(ask(book, it, { rules, now: n * 1000 }), 'approved');
    closeOrder(book, it.clientOrderId);
  }
  assert.equal(ordersLastDay(book, 5_000_000), 5000);
  assert.ok(book.placedDay.entries.length < 100);
});
