import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Amount, amount, type Mandate, type OrderKind } from '@holdfast/domain';
import {
  accountBook,
  adoptMandate,
  burnSpent,
  burnUsed,
  closeOrder,
  dayMs,
  judge,
  openQuoteUsed,
  pairUsed,
  positionOf,
  restingFaults,
  stopsUsed,
  turnoverUsed,
} from './index.ts';
import {
  account,
  ask,
  at,
  at100,
  btc,
  eth,
  fill,
  grant,
  key,
  mandate,
  order,
  otherKey,
  pairRules,
  stop,
} from './testing/cases.ts';

/** A book in which the sub-key bought 9.99 at 100. */
function holding(rules?: Mandate) {
  const book = accountBook(account);
  const entry = order('buy', '10', '100');
  assert.equal(ask(book, entry, rules === undefined ? {} : { rules }), 'approved');
  fill(book, entry);
  return book;
}

test('an entry waits for the beginning of the mandate; an exit does not', () => {
  const later = { rules: mandate({ nbf: 5 }) };
  assert.equal(ask(accountBook(account), order('buy', '1', '100'), { ...later, now: 4 }), 'E_MANDATE_PENDING');
  assert.equal(ask(accountBook(account), order('buy', '1', '100'), { ...later, now: 5 }), 'approved');
  assert.equal(ask(holding(), order('sell', '1', '100'), { ...later, now: 4 }), 'approved');
});

test('a pair is counted only in the quote asset of the mandate', () => {
  const rules = mandate({ quote: 'BTC' as Mandate['quote'] });
  assert.equal(ask(accountBook(account), order('buy', '1', '100'), { rules }), 'E_SYMBOL');
});

test('the pair says how many sources its reference price needs', () => {
  const rules = mandate({}, { minSources: 4 });
  assert.equal(ask(accountBook(account), order('buy', '1', '100'), { rules }), 'E_ORACLE');
  assert.equal(ask(accountBook(account), order('buy', '1', '100'), { rules, reference: { ...at100, sources: 4 } }), 'approved');
});

test('a trading exchange more than 1 % from the reference takes no entry, but an exit', () => {
  const far = { circumstances: { venuePrice: amount('101.01') } };
  assert.equal(ask(accountBook(account), order('buy', '1', '100'), far), 'E_ORACLE');
  assert.equal(ask(accountBook(account), order('buy', '1', '100'), { circumstances: { venuePrice: amount('101') } }), 'approved');
  assert.equal(ask(holding(), order('sell', '1', '100'), far), 'approved');
});

test('without a reference price, only immediate exits near the exchange’s own price pass, at half the size', () => {
  const old = { reference: { ...at100, ageMs: 9000 }, rules: mandate({}, { maxOrderBase: amount('12') }) };
  const near = { ...old, circumstances: { venuePrice: amount('90') } };
  const exit = (quantity: string, limit: string) => order('sell', quantity, limit, { order: 'ioc' });
  assert.equal(ask(holding(), exit('6', '90'), old), 'E_ORACLE');
  assert.equal(ask(holding(), exit('6', '90'), near), 'approved');
  assert.equal(ask(holding(), exit('6.01', '90'), near), 'E_SIZE');
  assert.equal(ask(holding(), exit('6', '89'), near), 'E_BAND');
  assert.equal(ask(holding(), order('sell', '6', '90'), near), 'E_ORACLE');
  assert.equal(ask(holding(), order('buy', '1', '90'), near), 'E_ORACLE');
});

test('groups share a turnover and a burn', () => {
  const groups = [{ name: 'coins', turnover24h: amount('1000'), burn24h: amount('50') }];
  const both = (change: Partial<Mandate> = {}) =>
    mandate({ groups, pairs: [pairRules({ group: 'coins' }), pairRules({ pair: eth, group: 'coins' })], ...change });
  const book = accountBook(account);
  assert.equal(ask(book, order('buy', '4', '100'), { rules: both() }), 'approved');
  assert.equal(ask(book, order('buy', '2', '100', { pair: eth }), { rules: both() }), 'E_TURNOVER');
  assert.equal(ask(book, order('buy', '1', '100', { pair: eth }), { rules: both() }), 'approved');
  const stingy = both({ groups: [{ name: 'coins', turnover24h: amount('9000'), burn24h: amount('2.09') }] });
  assert.equal(ask(accountBook(account), order('buy', '3', '100'), { rules: stingy }), 'E_BURN');
  assert.equal(ask(accountBook(account), order('buy', '2', '100'), { rules: stingy }), 'approved');
  const lost = both({ groups: [] });
  assert.equal(ask(accountBook(account), order('buy', '1', '100'), { rules: lost }), 'E_MANDATE_FORM');
});

test('a pair that was dropped still counts in its group', () => {
  const groups = [{ name: 'coins', turnover24h: amount('1000'), burn24h: amount('50') }];
  const before = mandate({ groups, pairs: [pairRules({ group: 'coins' }), pairRules({ pair: eth, group: 'coins' })] });
  const after = mandate({ groups, pairs: [pairRules({ pair: eth, group: 'coins' })] });
  const book = accountBook(account);
  assert.equal(ask(book, order('buy', '4', '100'), { rules: before }), 'approved');
  adoptMandate(book, before, after);
  assert.equal(ask(book, order('buy', '2', '100', { pair: eth }), { rules: after }), 'E_TURNOVER');
});

test('burn of seven days is a budget of its own', () => {
  const rules = mandate({ burn7d: amount('3') });
  const book = accountBook(account);
  for (let day = 0; day < 3; day++) {
    const entry = order('buy', '10', '100');
    assert.equal(ask(book, entry, { rules: mandate(), now: day * dayMs }), 'approved');
    fill(book, entry, { now: day * dayMs });
    const exit = order('sell', '9.99', '100');
    assert.equal(ask(book, exit, { rules: mandate(), now: day * dayMs }), 'approved');
    fill(book, exit, { now: day * dayMs });
  }
  // Each day burned the two fees, 1 + 0.999.
  assert.equal(ask(book, order('buy', '1', '100'), { rules, now: 3 * dayMs }), 'E_BURN');
  assert.equal(ask(book, order('buy', '1', '100'), { rules, now: 9 * dayMs }), 'approved');
});

test('open entries have a sum of their own, sales of coins from before in it', () => {
  const rules = mandate({ maxOpenQuote: amount('300') }, { maxSellHeldBase24h: amount('5') });
  const book = accountBook(account);
  const first = order('buy', '2', '100');
  assert.equal(ask(book, first, { rules }), 'approved');
  assert.equal(ask(book, order('sell', '2', '100'), { rules }), 'E_OPEN');
  assert.equal(ask(book, order('sell', '1', '100'), { rules }), 'approved');
  assert.equal(openQuoteUsed(book), amount('300'));
  fill(book, first, { quantity: amount('1') });
  assert.equal(openQuoteUsed(book), amount('200'));
  closeOrder(book, first.clientOrderId);
  assert.equal(openQuoteUsed(book), amount('100'));
});

test('a position is bounded at cost over all sub-keys, what open buys may add included', () => {
  const rules = mandate({ openOrders: 10 }, { maxPositionQuote: amount('500') });
  const book = accountBook(account);
  const first = order('buy', '2', '100');
  assert.equal(ask(book, first, { rules }), 'approved');
  fill(book, first);
  assert.equal(ask(book, order('buy', '2', '100'), { rules, by: grant({ subKey: otherKey }) }), 'approved');
  assert.equal(ask(book, order('buy', '2', '60'), { rules }), 'E_POS');
  const exit = order('sell', '1.998', '100');
  assert.equal(ask(book, exit, { rules }), 'approved');
  assert.equal(ask(book, order('buy', '2', '60'), { rules }), 'E_POS');
  fill(book, exit);
  assert.equal(pairUsed(book, btc, 0).cost, amount('200'));
  assert.equal(ask(book, order('buy', '2', '60'), { rules }), 'approved');
});

test('coins from before the vault are sold with the right and under the limit', () => {
  const rules = mandate({}, { maxSellHeldBase24h: amount('2') });
  const without = grant({ rights: [] });
  assert.equal(ask(accountBook(account), order('sell', '1', '100'), { rules, by: without }), 'E_RIGHT');
  assert.equal(ask(accountBook(account), order('sell', '1', '100'), { rules }), 'approved');
  assert.equal(ask(accountBook(account), order('sell', '2.1', '100'), { rules }), 'E_POS');
  assert.equal(ask(holding(), order('sell', '1', '100'), { rules, by: without }), 'approved');
});

test('orders of a day are counted; exits are not refused for it', () => {
  const rules = mandate({ orders24h: 2 });
  const book = holding();
  assert.equal(ask(book, order('buy', '0.1', '100'), { rules, now: 1 }), 'approved');
  assert.equal(ask(book, order('buy', '0.1', '100'), { rules, now: dayMs - 1 }), 'E_RATE');
  assert.equal(ask(book, order('sell', '1', '100'), { rules, now: dayMs - 1 }), 'approved');
});

test('reduced caps and probation bind entries alone', () => {
  const tenth = { circumstances: { scaleBps: 1000 } };
  assert.equal(ask(accountBook(account), order('buy', '1.01', '100'), tenth), 'E_SIZE');
  assert.equal(ask(accountBook(account), order('buy', '1', '100'), tenth), 'approved');
  const small = mandate({ turnover24h: amount('1990') });
  assert.equal(ask(accountBook(account), order('buy', '1', '100'), { ...tenth, rules: small }), 'E_TURNOVER');
  assert.equal(
    ask(accountBook(account), order('buy', '1', '100'), { ...tenth, rules: mandate({ burn24h: amount('6.9') }) }),
    'E_BURN',
  );
  assert.equal(
    ask(accountBook(account), order('buy', '1', '100'), { ...tenth, rules: mandate({ maxOpenQuote: amount('990') }) }),
    'E_OPEN',
  );
  assert.equal(ask(holding(), order('sell', '9.99', '100'), { circumstances: { scaleBps: 1, pairScaleBps: 1 } }), 'approved');
});

test('a pair traded for the first time has a share of the caps, the others have all', () => {
  const rules = mandate({ openOrders: 10, pairs: [pairRules(), pairRules({ pair: eth, maxOrderQuote: amount('10000') })] });
  const fresh = { rules, circumstances: { pairScaleBps: 500 } };
  const book = accountBook(account);
  assert.equal(ask(book, order('buy', '10', '100'), { rules }), 'approved');
  assert.equal(ask(book, order('buy', '5.01', '100', { pair: eth }), fresh), 'E_SIZE');
  assert.equal(ask(book, order('buy', '2.5', '100', { pair: eth }), fresh), 'approved');
  assert.equal(ask(book, order('buy', '0.1', '100', { pair: eth }), fresh), 'E_TURNOVER');
});

test('an account that only takes exits takes exits', () => {
  const only = { circumstances: { reduceOnly: 'dormant' } };
  assert.equal(ask(accountBook(account), order('buy', '1', '100'), only), 'E_FROZEN');
  assert.equal(ask(holding(), order('sell', '9.99', '100'), only), 'approved');
  assert.equal(ask(holding(), order('sell', '10', '100'), only), 'E_FROZEN');
});

test('a position in a pair that the mandate dropped can be sold by its last rules, and the grant need not name it', () => {
  const book = holding();
  const next = mandate({ pairs: [pairRules({ pair: eth })] });
  adoptMandate(book, mandate(), next);
  const by = grant({ pairs: [eth] });
  assert.equal(ask(book, order('buy', '1', '100'), { rules: next, by }), 'E_SYMBOL');
  assert.equal(ask(book, order('sell', '1', '98'), { rules: next, by }), 'E_BAND');
  assert.equal(ask(book, order('sell', '9.99', '100'), { rules: next, by }), 'approved');
});

test('a stop is judged against its trigger: below the market, limit near, no more than the position, within the stop budget', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['approved', ask(holding(), stop('9.99', '90', '89.1'))],
    ['E_BAND', ask(holding(), stop('9.99', '90', '89.09'))],
    ['E_BAND', ask(holding(), stop('9.99', '100', '99.5'))],
    ['E_CORRIDOR', ask(holding(), stop('9.99', '50', '49.5'))],
    ['E_POS', ask(holding(), stop('10', '90', '89.1'))],
    ['E_POS', ask(holding(), stop('11', '90', '89.1'), { rules: mandate({}, { maxSellHeldBase24h: amount('9') }) })],
    ['E_SIZE', ask(holding(), stop('9.99', '90', '89.1'), { rules: mandate({}, { maxOrderBase: amount('9') }) })],
    ['E_BURN', ask(holding(), stop('9.99', '90', '89.1'), { rules: mandate({ stopBudget24h: amount('9.8') }) })],
    ['approved', ask(holding(), stop('9.99', '90', '89.1'), { rules: mandate({ stopBudget24h: amount('9.8901') }) })],
    [
      'approved',
      ask(holding(), stop('9.99', '90', '89.1'), {
        rules: mandate({ burn24h: amount('0'), burn7d: amount('0'), stopBudget24h: amount('20') }),
      }),
    ],
    ['E_TYPE', ask(holding(), stop('9.99', '90', '89.1'), { rules: mandate({}, { orders: ['limit'] }) })],
    ['E_PARAM', ask(holding(), order('sell', '1', '90', { order: 'stop-limit' }))],
    ['E_PARAM', ask(holding(), order('sell', '1', '100', { trigger: amount('90') }))],
    ['E_PARAM', ask(holding(), order('sell', '0', '100'))],
  ];
  for (const [index, [expected, found]] of cases.entries()) assert.equal(found, expected, `case ${index}`);
});

test('a stop draws on the stop budget alone, by what it really gave against its trigger', () => {
  const book = holding();
  const burned = burnUsed(book, 0);
  const turned = turnoverUsed(book, 0);
  const first = stop('9.99', '90', '89.1');
  assert.equal(ask(book, first), 'approved');
  assert.equal(stopsUsed(book, 0), amount('9.8901'));
  assert.equal(burnUsed(book, 0), burned);
  closeOrder(book, first.clientOrderId);
  assert.equal(stopsUsed(book, 0), 0n);
  const second = stop('9.99', '90', '89.1');
  assert.equal(ask(book, second), 'approved');
  const effect = fill(book, second, { price: amount('89.9'), now: 1 });
  assert.equal(effect.stop, amount('0.999') + amount('0.898101'));
  assert.equal(stopsUsed(book, 1), effect.stop);
  // The entry's fee is all that was burned; its hold for the exit is gone.
  assert.equal(burnUsed(book, 1), amount('1'));
  assert.equal(turnoverUsed(book, 1), turned);
  assert.equal(stopsUsed(book, dayMs + 1), 0n);
});

test('a conditional buy is an entry: its limit is held against the band of today', () => {
  const breakout = (trigger: string, limit: string) =>
    order('buy', '1', limit, { order: 'stop-limit', trigger: amount(trigger) });
  assert.equal(ask(accountBook(account), breakout('100.5', '101')), 'approved');
  assert.equal(ask(accountBook(account), breakout('101', '101.5')), 'E_BAND');
  assert.equal(ask(accountBook(account), breakout('201', '101')), 'E_CORRIDOR');
});

test('burn is measured against the reference price at the fill where there is one', () => {
  const burnOf = (price: string, reference: string | undefined): bigint => {
    const book = accountBook(account);
    const entry = order('buy', '1', '101');
    ask(book, entry);
    fill(book, entry, { price: amount(price), ...(reference === undefined ? {} : { reference: amount(reference) }) });
    return burnSpent(book, 0);
  };
  assert.equal(burnOf('101', undefined), amount('1.101'));
  assert.equal(burnOf('101', '102'), amount('0.101'));
  assert.equal(burnOf('101', '95'), amount('6.101'));
});

test('entries beyond the band, out of the mandate or after its end are to be cancelled; exits and stops stay', () => {
  const rules = mandate({ openOrders: 10, ordersPerMinute: 20 }, { maxSellHeldBase24h: amount('5') });
  const book = holding(rules);
  const low = order('buy', '1', '90');
  const sale = order('sell', '3', '105');
  const kept = order('sell', '5', '101');
  for (const it of [kept, low, stop('4', '90', '89.5')]) assert.equal(ask(book, it, { rules }), 'approved');
  assert.equal(ask(book, sale, { rules }), 'approved');
  const keysAt = (price: string | null, by: Mandate | null = rules, now = 0) =>
    restingFaults(book, by, () => (price === null ? undefined : at(price)), now).map((it) => `${it.key} ${it.code}`);
  assert.deepEqual(keysAt('100'), []);
  assert.deepEqual(keysAt('89.11'), []);
  assert.deepEqual(keysAt('89.1'), [`${low.clientOrderId} E_BAND`]);
  assert.deepEqual(keysAt('107'), [`${sale.clientOrderId} E_BAND`]);
  assert.deepEqual(keysAt(null), []);
  assert.deepEqual(keysAt('100', mandate({ pairs: [] })), [`${low.clientOrderId} E_SYMBOL`, `${sale.clientOrderId} E_SYMBOL`]);
  assert.equal(keysAt('100', rules, rules.exp + 1).length, 2);
  assert.equal(keysAt('100', null).length, 2);
  assert.deepEqual(keysAt('100', mandate({}, { floor: amount('95') })), [`${low.clientOrderId} E_CORRIDOR`]);
  assert.deepEqual(
    restingFaults(book, rules, () => at('80'), 0, eth),
    [],
  );
});

test('nothing is held when nothing is open and no position is left', () => {
  const book = holding();
  const last = order('sell', '9.99', '100');
  assert.equal(ask(book, last), 'approved');
  fill(book, last, { quantity: amount('3') });
  fill(book, last, { quantity: amount('6.99') });
  assert.deepEqual({ ...positionOf(book, key, btc) }, { base: 0n, onSale: 0n, exitTurnover: 0n, exitBurn: 0n });
  assert.deepEqual(
    [book.turnoverHeld, book.burnHeld, book.stopsHeld, book.openQuote, book.open.size],
    [0n, 0n, 0n, 0n as Amount, 0],
  );
});

test('a fok order is judged as an ioc: same answer, same hold, and only where the mandate allows ioc', () => {
  const judged = (kind: OrderKind, side: 'buy' | 'sell', quantity: string, limit: string, rules: Mandate) =>
    judge(holding(), rules, grant(), { ...order(side, quantity, limit, { order: kind }), clientOrderId }, at100, 0);
  const clientOrderId = order('buy', '1', '100').clientOrderId;
  for (const rules of [mandate(), mandate({ turnover24h: amount('1500') }), mandate({}, { orders: ['limit', 'post-only'] })])
    for (const side of ['buy', 'sell'] as const)
      for (const [quantity, limit] of [
        ['1', '100'],
        ['9', '99.5'],
        ['9', '100.9'],
        ['60', '100'],
        ['1', '102'],
        ['1', '98'],
      ] as const) {
        const [fok, ioc] = (['fok', 'ioc'] as const).map((kind) => judged(kind, side, quantity, limit, rules));
        const text = (it: typeof fok) => JSON.stringify(it, (_, each) => (typeof each === 'bigint' ? String(each) : each));
        assert.equal(text(fok).replaceAll('fok', 'ioc'), text(ioc));
      }
  const isRefused = judged('fok', 'buy', '1', '100', mandate({}, { orders: ['limit'] }));
  assert.ok(isRefused.kind === 'refused' && isRefused.code === 'E_TYPE' && /does not allow fok/.test(isRefused.reason));
});
