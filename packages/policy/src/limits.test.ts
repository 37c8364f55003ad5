import assert from 'node:assert/strict';
import { test } from 'node:test';
import { amount, type Grant, type Mandate, type Pair, type PlaceOrder } from '@holdfast/domain';
import {
  type AccountBook,
  accountBook,
  burnUsed,
  closeOrder,
  dayMs,
  type Judgement,
  judge,
  positionOf,
  type ReferencePrice,
  turnoverUsed,
} from './index.ts';
import {
  account,
  ask as askWith,
  at100,
  mandate as cases,
  fill,
  key,
  order as makeOrder,
  btc as pair,
  grant as wideGrant,
} from './testing/cases.ts';

const mandate = (change: Partial<Mandate> = {}, pairChange: Partial<Mandate['pairs'][number]> = {}): Mandate =>
  cases(change, { orders: ['limit', 'ioc'], ...pairChange });
const grant = (change: Partial<Grant> = {}): Grant =>
  wideGrant({ pairs: [pair], maxOrderQuote: amount('1000'), turnover24h: amount('10000'), ...change });
const order = (side: 'buy' | 'sell', quantity: string, limit: string, kind: PlaceOrder['order'] = 'limit'): PlaceOrder =>
  makeOrder(side, quantity, limit, { order: kind });
const codeOf = (judgement: Judgement): string => (judgement.kind === 'refused' ? judgement.code : 'approved');
const ask = (book: AccountBook, it: PlaceOrder, now: number, rules = mandate(), by = grant(), reference = at100): string =>
  askWith(book, it, { rules, by, reference, now });
const fillWhole = (book: AccountBook, it: PlaceOrder, now: number) => fill(book, it, { now });

test('each refusal has its code', () => {
  const cases: readonly (readonly [string, string])[] = [
    ['E_REVOKED', codeOf(judge(accountBook(account), mandate(), grant({ alive: false }), order('buy', '1', '100'), at100, 0))],
    ['E_MANDATE_EXP', codeOf(judge(accountBook(account), null, grant(), order('buy', '1', '100'), at100, 0))],
    ['E_MANDATE_EXP', ask(accountBook(account), order('buy', '1', '100'), 11 * dayMs)],
    ['E_SYMBOL', ask(accountBook(account), { ...order('buy', '1', '100'), pair: 'ETH/USDT' as Pair }, 0)],
    ['E_SYMBOL', ask(accountBook(account), order('buy', '1', '100'), 0, mandate(), grant({ pairs: [] }))],
    ['E_TYPE', ask(accountBook(account), order('buy', '1', '100'), 0, mandate({}, { sides: ['sell'] }))],
    ['E_TYPE', ask(accountBook(account), order('buy', '1', '100', 'post-only'), 0)],
    ['E_ORACLE', codeOf(judge(accountBook(account), mandate(), grant(), order('buy', '1', '100'), undefined, 0))],
    ['E_ORACLE', ask(accountBook(account), order('buy', '1', '100'), 0, mandate(), grant(), { ...at100, sources: 1 })],
    ['E_ORACLE', ask(accountBook(account), order('buy', '1', '100'), 0, mandate(), grant(), { ...at100, ageMs: 5001 })],
    ['E_BAND', ask(accountBook(account), order('buy', '1', '101.01'), 0)],
    ['approved', ask(accountBook(account), order('buy', '1', '101'), 0)],
    ['E_BAND', ask(accountBook(account), order('sell', '1', '98.99'), 0)],
    ['E_CORRIDOR', ask(accountBook(account), order('buy', '1', '49'), 0)],
    ['E_CORRIDOR', ask(accountBook(account), order('sell', '1', '201'), 0)],
    ['E_SIZE', ask(accountBook(account), order('buy', '10.01', '100'), 0)],
    ['E_SIZE', ask(accountBook(account), order('buy', '51', '50'), 0)],
    ['E_SIZE', ask(accountBook(account), order('buy', '2', '100'), 0, mandate(), grant({ maxOrderQuote: amount('199') }))],
    ['E_POS', ask(accountBook(account), order('sell', '1', '100'), 0)],
    ['approved', ask(accountBook(account), order('sell', '1', '100'), 0, mandate({}, { maxSellHeldBase24h: amount('1') }))],
    ['E_TURNOVER', ask(accountBook(account), order('buy', '1', '100'), 0, mandate({ turnover24h: amount('199.99') }))],
    ['E_TURNOVER', ask(accountBook(account), order('buy', '1', '100'), 0, mandate(), grant({ turnover24h: amount('199') }))],
    ['E_BURN', ask(accountBook(account), order('buy', '1', '100'), 0, mandate({ burn24h: amount('0.69') }))],
    ['approved', ask(accountBook(account), order('buy', '1', '100'), 0, mandate({ burn24h: amount('0.7') }))],
    ['E_OPEN', ask(accountBook(account), order('buy', '1', '100'), 0, mandate({ openOrders: 0 }))],
    ['E_RATE', ask(accountBook(account), order('buy', '1', '100'), 0, mandate({ ordersPerMinute: 0 }))],
  ];
  for (const [index, [expected, found]] of cases.entries()) assert.equal(found, expected, `case ${index}`);
});

test('a cancelled order frees its hold, midnight frees nothing, 24 h do', () => {
  const book = accountBook(account);
  const rules = mandate({ turnover24h: amount('400') });
  const first = order('buy', '2', '100');
  assert.equal(ask(book, first, 0, rules), 'approved');
  assert.equal(ask(book, order('buy', '0.1', '100'), 1, rules), 'E_TURNOVER');
  closeOrder(book, first.clientOrderId);
  assert.equal(turnoverUsed(book, 1), 0n);
  assert.equal(burnUsed(book, 1), 0n);
  const second = order('buy', '2', '100');
  assert.equal(ask(book, second, 2, rules), 'approved');
  fillWhole(book, second, 3);
  const exit = order('sell', '1.998', '100');
  assert.equal(ask(book, exit, 4, rules), 'approved');
  fillWhole(book, exit, 4);
  assert.equal(turnoverUsed(book, 4), amount('400'));
  assert.equal(ask(book, order('buy', '0.01', '100'), dayMs + 2, rules), 'E_TURNOVER');
  assert.equal(turnoverUsed(book, dayMs + 4), 0n);
  assert.equal(ask(book, order('buy', '2', '100'), dayMs + 4, rules), 'approved');
});

test('exits pass although turnover, open orders, quote size and mandate are at their end', () => {
  const book = accountBook(account);
  const rules = mandate({ turnover24h: amount('2000'), openOrders: 2, exp: 10 });
  const entry = order('buy', '9', '100');
  assert.equal(ask(book, entry, 0, rules), 'approved');
  fillWhole(book, entry, 1);
  assert.equal(ask(book, order('buy', '0.5', '100'), 2, rules), 'approved');
  assert.equal(ask(book, order('buy', '1', '60'), 2, rules, grant()), 'E_TURNOVER');
  const dear: ReferencePrice = { ...at100, price: amount('150') };
  assert.equal(ask(book, order('sell', '8', '150'), 20, rules, grant(), dear), 'approved');
  assert.equal(ask(book, order('sell', '0.5', '150'), 20, rules, grant(), dear), 'approved');
  assert.equal(ask(book, order('sell', '0.9', '150'), 20, rules, grant(), dear), 'E_MANDATE_EXP');
});

test('what a position holds for its exit comes back when the exit is cancelled, and is never held twice', () => {
  const book = accountBook(account);
  const entry = order('buy', '4', '100');
  ask(book, entry, 0);
  fillWhole(book, entry, 0);
  const used = turnoverUsed(book, 0);
  const before = { ...positionOf(book, key, pair) };
  const exit = order('sell', '1.5', '101');
  assert.equal(ask(book, exit, 1), 'approved');
  assert.equal(turnoverUsed(book, 1), used);
  assert.equal(ask(book, order('sell', '2.6', '101'), 1), 'E_POS');
  closeOrder(book, exit.clientOrderId);
  assert.deepEqual(positionOf(book, key, pair), before);
  assert.equal(turnoverUsed(book, 1), used);
});
