import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Amount, amount, formatAmount, type PlaceOrder, type Side } from '@holdfast/domain';
import fc from 'fast-check';
import {
  accountBook,
  burnSpent,
  closeOrder,
  dayMs,
  fillOrder,
  isExit,
  openQuoteUsed,
  pairUsed,
  type ReferencePrice,
  recountFills,
  recountsDue,
  restingFaults,
  unheldBurn,
  weekBurnUsed,
  worstLoss,
} from './index.ts';
import { account, ask, at, at100, btc, eth, grant, key, mandate, order, pairRules } from './testing/cases.ts';

const secondMs = 1000;
type Book = ReturnType<typeof accountBook>;

/** Fills it whole, fee in quote, as the vault hears of it at `now`. */
function fillAt(book: Book, it: PlaceOrder, now: number, heard: string, quantity: Amount = it.quantity) {
  const fee = ((quantity * it.limit) / 10n ** 21n) as Amount;
  const facts = { price: it.limit, quantity, fee, feeAsset: 'USDT' as never, at: now };
  return fillOrder(book, it.clientOrderId, key, it, facts, now, amount(heard));
}
/** A reference price is heard. */
function hear(book: Book, price: string, now: number): bigint {
  let more = 0n;
  for (const due of recountsDue(book, mandate(), () => at(price), now)) more += recountFills(book, due.pair, due.reference, now);
  return more;
}

test('a fill counts at the larger of its burn at the reference before it and at those of the next five seconds', () => {
  const book = accountBook(account);
  const buy = order('buy', '1', '100');
  assert.equal(ask(book, buy), 'approved');
  fillAt(book, buy, 10, '100');
  assert.equal(burnSpent(book, 10), amount('0.1'), 'the fee');
  assert.equal(hear(book, '99', 9), 0n, 'a price of before the fill says nothing');
  assert.equal(hear(book, '99', 1000), amount('1'));
  assert.equal(hear(book, '99.5', 2000), 0n, 'never less again');
  assert.equal(hear(book, '98.5', 5010), amount('0.5'));
  assert.equal(hear(book, '90', 5011), 0n, 'what the market does later is no theft');
  assert.equal(burnSpent(book, 5011), amount('1.6'));
  assert.equal(weekBurnUsed(book, 5011) - book.burnHeld, amount('1.6'));
  assert.equal(pairUsed(book, btc, 5011).burn - book.burnHeld, amount('1.6'));
});

test('the first price heard after a fill counts however late it comes, but for a vault that stood still for ten minutes', () => {
  for (const [minutes, more] of [
    [10, amount('1')],
    [11, 0n],
  ] as const) {
    const book = accountBook(account);
    const buy = order('buy', '1', '100');
    ask(book, buy);
    fillAt(book, buy, 10, '100');
    assert.equal(hear(book, '99', 10 + minutes * 60 * secondMs - (minutes === 10 ? 10 : 0)), more, `${minutes} minutes`);
  }
});

test('coins from before that are sold into a rise count alike; an exit counts what it gives away beyond its gain; a stop does not', () => {
  const held = accountBook(account);
  const sale = order('sell', '1', '100');
  const rules = mandate({}, { maxSellHeldBase24h: amount('5') });
  assert.equal(ask(held, sale, { rules }), 'approved');
  fillAt(held, sale, 10, '100');
  assert.equal(hear(held, '101', 1000), amount('1'));

  const book = accountBook(account);
  const buy = order('buy', '4', '100');
  ask(book, buy);
  fillAt(book, buy, 10, '100');
  hear(book, '100', 1000);
  const exit = order('sell', '1', '100.4');
  assert.equal(ask(book, exit, { now: 20_000 }), 'approved');
  fillAt(book, exit, 20_000, '100');
  assert.equal(hear(book, '101', 21_000), amount('0.2'), '0.6 given away, 0.4 gained');
  const stop = order('sell', '1', '97.5', { order: 'stop-limit', trigger: amount('98') });
  assert.equal(ask(book, stop, { now: 30_000 }), 'approved');
  fillAt(book, stop, 30_000, '98');
  assert.equal(hear(book, '100', 31_000), 0n, 'the fall down to its trigger is the market’s');
});

test('what was just filled goes on counting as open until a price after it is heard', () => {
  const rules = mandate({ maxOpenQuote: amount('300') });
  const book = accountBook(account);
  const first = order('buy', '2', '100');
  ask(book, first, { rules });
  fillAt(book, first, 10, '100');
  assert.equal(openQuoteUsed(book), 0n);
  const next = order('buy', '2', '100');
  assert.equal(ask(book, next, { rules, now: 20 }), 'E_OPEN');
  assert.equal(ask(book, order('sell', '1', '100'), { rules, now: 20 }), 'approved', 'exits are never trapped');
  hear(book, '100', 1000);
  assert.equal(ask(book, { ...next, clientOrderId: order('buy', '1', '1').clientOrderId }, { rules, now: 1000 }), 'approved');
});

test('an entry that a heard fall leaves short of its own burn goes when the budget has no room for the rest', () => {
  const rules = mandate({ burn24h: amount('8'), burn7d: amount('8') });
  const book = accountBook(account);
  const resting = order('buy', '5', '100'); // holds 0.5 of fee and 3 for its exit
  assert.equal(ask(book, resting, { rules }), 'approved');
  const faults = (price: string) => restingFaults(book, rules, () => at(price), 1).map(({ code }) => code);
  assert.deepEqual(faults('99.2'), [], 'room for 4 more');
  const other = order('buy', '4', '100');
  assert.equal(ask(book, other, { rules }), 'approved');
  assert.deepEqual(faults('99.9'), [], 'room for 0.9 more');
  assert.deepEqual(faults('99.6'), ['E_BURN'], 'room for 1.7 more: the first needs 2, the second 1.6');
  assert.deepEqual(
    restingFaults(book, rules, () => ({ ...at('99.6'), sources: 1 }), 1),
    [],
    'one source decides nothing',
  );
});

const pairs = [btc, eth];
const limits = mandate({
  turnover24h: amount('20000'),
  burn24h: amount('12'),
  burn7d: amount('1000'),
  stopBudget24h: amount('0'),
  maxOpenQuote: amount('800'),
  openOrders: 50,
  ordersPerMinute: 100_000,
  orders24h: 100_000,
  pairs: pairs.map((pair) =>
    pairRules({ pair, maxSellHeldBase24h: amount('100'), maxPositionQuote: amount('700'), bandBps: 50 }),
  ),
});
const tenBps = 10n ** 17n;
const action = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('ask' as const),
      side: fc.constantFrom<Side>('buy', 'sell'),
      which: fc.nat(1),
      lots: fc.integer({ min: 10, max: 80 }),
      bps: fc.integer({ min: -60, max: 50 }),
    }),
  },
  { weight: 6, arbitrary: fc.record({ do: fc.constant('take' as const), part: fc.constantFrom(2n, 1n, 1n, 1n) }) },
  {
    weight: 4,
    arbitrary: fc.record({ do: fc.constant('jump' as const), which: fc.nat(1), bps: fc.integer({ min: -100, max: 100 }) }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('hear' as const) }) },
);

test('C1, C2: trades in jumps of at most g count once these are heard, no entry passes with B used up, the loss keeps to B + O × g, with exits to P × g more', () => {
  let most = 0n;
  const bound = worstLoss(limits);
  fc.assert(
    fc.property(fc.array(action, { minLength: 60, maxLength: 260, size: 'max' }), (actions) => {
      const book = accountBook(account);
      const heard = new Map(pairs.map((pair) => [pair, amount('100') as bigint]));
      const truth = new Map(heard);
      const reference = (pair: typeof btc): ReferencePrice => ({ ...at100, price: heard.get(pair)! as Amount });
      const open: { readonly it: PlaceOrder; readonly exits: boolean; left: bigint }[] = [];
      let now = 0;
      let byEntries = 0n;
      let byExits = 0n;
      /** What both lost beyond gains over cost, and the roundings in it. */
      let beyondGains = 0n;
      let slack = 0n;
      for (const act of actions) {
        now += 1;
        switch (act.do) {
          case 'ask': {
            const pair = pairs[act.which]!;
            const bps = act.side === 'buy' ? act.bps : -act.bps;
            const limit = ((heard.get(pair)! * BigInt(10_000 + bps)) / 10_000n) as Amount;
            const quantity = (BigInt(act.lots) * tenBps) as Amount;
            const it = order(act.side, '1', '1', { pair, limit, quantity });
            const exits = isExit(book, key, it);
            const usedUp = burnSpent(book, now) >= limits.burn24h;
            if (
              ask(book, it, {
                rules: limits,
                by: grant(),
                reference: reference(pair),
                now,
                circumstances: { unheldBurn: unheldBurn(book, limits, reference) },
              }) === 'approved'
            ) {
              assert.ok(exits || !usedUp, 'an entry was approved with nothing left of B');
              open.push({ it, exits, left: quantity });
            }
            break;
          }
          case 'take':
            // All that costs the account something.
            for (const found of [...open]) {
              const { it, exits } = found;
              const price = truth.get(it.pair)!;
              const apart = it.side === 'buy' ? it.limit - price : price - it.limit;
              if (apart < 0n) continue;
              const quantity = (found.left / act.part) as Amount;
              found.left -= quantity;
              if (found.left === 0n) open.splice(open.indexOf(found), 1);
              const { gain } = fillAt(book, it, now, formatAmount(heard.get(it.pair)! as Amount), quantity);
              const given = (quantity * apart) / 10n ** 18n;
              const fee = (quantity * it.limit) / 10n ** 21n;
              // Gains over cost are nobody's allowance (decision 0008).
              const lost = exits && gain > 0n ? (given > gain ? given - gain : 0n) : given;
              // An order may be an exit in part: its gain, and the fee on that, are no loss either.
              beyondGains += (given > gain ? given - (gain > 0n ? gain : 0n) : 0n) + fee - (gain > 0n ? gain / 1000n : 0n);
              slack += 4n;
              if (exits) byExits += lost + fee;
              else byEntries += lost + fee;
            }
            break;
          case 'jump': {
            // A jump lasts until it is heard: what is over before is no price that anybody could measure by.
            const pair = pairs[act.which]!;
            if (truth.get(pair) === heard.get(pair)) truth.set(pair, (heard.get(pair)! * BigInt(10_000 + act.bps)) / 10_000n);
            break;
          }
          case 'hear': {
            now += 1000;
            for (const [pair, price] of truth) heard.set(pair, price);
            for (const due of recountsDue(book, limits, reference, now)) recountFills(book, due.pair, due.reference, now);
            for (const { key: name } of restingFaults(book, limits, reference, now)) {
              const index = open.findIndex(({ it }) => it.clientOrderId === name);
              if (index >= 0) open.splice(index, 1);
              closeOrder(book, name);
            }
            assert.ok(burnSpent(book, now) + slack >= beyondGains, 'what was heard of late counts less than it cost');
            break;
          }
        }
        assert.ok(now < dayMs);
        assert.ok(byEntries <= bound.theft24h, `entries alone lost ${byEntries} of ${bound.theft24h}`);
        const lost = byEntries + byExits;
        if (lost > most) most = lost;
        assert.ok(lost <= bound.theft24h + bound.exitJump24h, `${lost} of ${bound.theft24h} and ${bound.exitJump24h}`);
      }
    }),
    { numRuns: 200 },
  );
  assert.ok(most > limits.burn24h, `the thief of this test got only ${most}`);
});
