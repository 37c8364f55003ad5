import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type AccountId,
  type Amount,
  amount,
  type BotId,
  clientOrderId,
  draftMandate,
  draftMandatePair,
  type Grant,
  type Mandate,
  type Pair,
  type PlaceOrder,
  type SubKeyId,
} from '@holdfast/domain';
import fc from 'fast-check';
import {
  accountBook,
  burnUsed,
  closeOrder,
  dayMs,
  fillOrder,
  holdOrder,
  type Judgement,
  judge,
  judgeGrant,
  keyTurnoverUsed,
  positionOf,
  type ReferencePrice,
  turnoverUsed,
} from './index.ts';

const pair = 'BTC/USDT' as Pair;
const account = 'paper' as AccountId;
const key = 'key-1' as SubKeyId;

const mandate = (change: Partial<Mandate> = {}, pairChange: Partial<Mandate['pairs'][number]> = {}): Mandate =>
  draftMandate({
    account,
    nbf: 0,
    exp: 10 * dayMs,
    quote: 'USDT' as Mandate['quote'],
    pairs: [
      draftMandatePair({
        pair,
        sides: ['buy', 'sell'],
        orders: ['limit', 'ioc'],
        maxOrderQuote: amount('1000'),
        maxOrderBase: amount('50'),
        floor: amount('50'),
        ceiling: amount('200'),
        bandBps: 100,
        maxSellHeldBase24h: amount('0'),
        ...pairChange,
      }),
    ],
    turnover24h: amount('10000'),
    burn24h: amount('100'),
    ordersPerMinute: 5,
    openOrders: 3,
    ...change,
  });
const grant = (change: Partial<Grant> = {}): Grant => ({
  subKey: key,
  bot: 'bot' as BotId,
  account,
  pairs: [pair],
  maxOrderQuote: amount('1000'),
  turnover24h: amount('10000'),
  rights: ['sell-held'],
  alive: true,
  ...change,
});
let orders = 0;
const order = (side: 'buy' | 'sell', quantity: string, limit: string, kind: PlaceOrder['order'] = 'limit'): PlaceOrder => {
  orders += 1;
  const id = clientOrderId(`o-${orders}`);
  return { kind: 'place-order', clientOrderId: id, pair, side, order: kind, quantity: amount(quantity), limit: amount(limit) };
};
const at100: ReferencePrice = { price: amount('100'), sources: 3, ageMs: 0 };
const codeOf = (judgement: Judgement): string => (judgement.kind === 'refused' ? judgement.code : 'approved');

type Book = ReturnType<typeof accountBook>;

/** Judges and, when approved, holds. */
function ask(book: Book, it: PlaceOrder, now: number, rules = mandate(), of = grant(), reference = at100): string {
  const judgement = judge(book, rules, of, it, reference, now);
  if (judgement.kind === 'approved')
    holdOrder(book, it.clientOrderId, of.subKey, judgement.order, judgement.hold, reference.price, now);
  return codeOf(judgement);
}

const fillOf = (it: PlaceOrder, quantity: bigint, price: bigint = it.limit) => ({
  price: price as Amount,
  quantity: quantity as Amount,
  fee: ((it.side === 'buy' ? quantity : (quantity * price) / 10n ** 18n) / 1000n) as Amount,
  feeAsset: (it.side === 'buy' ? 'BTC' : 'USDT') as Mandate['quote'],
});

function fillWhole(book: Book, it: PlaceOrder, now: number): void {
  fillOrder(book, it.clientOrderId, key, it, fillOf(it, it.quantity), now);
}

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

test('of 64 orders that each need 60 % of what is left exactly one passes', () => {
  const book = accountBook(account);
  const rules = mandate({ turnover24h: amount('1000'), openOrders: 100, ordersPerMinute: 100 });
  const verdicts = Array.from({ length: 64 }, () => ask(book, order('buy', '3', '100'), 0, rules));
  assert.equal(verdicts.filter((it) => it === 'approved').length, 1);
  assert.equal(verdicts.filter((it) => it === 'E_TURNOVER').length, 63);
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

test('a grant must lie inside the mandate', () => {
  const request = {
    bot: 'b' as BotId,
    account,
    pairs: [pair],
    maxOrderQuote: amount('1000'),
    turnover24h: amount('10000'),
    rights: [],
  };
  assert.equal(judgeGrant(mandate(), request, 0).kind, 'inside');
  for (const wider of [
    { ...request, pairs: ['ETH/USDT' as Pair] },
    { ...request, pairs: [] },
    { ...request, maxOrderQuote: amount('1000.01') },
    { ...request, turnover24h: amount('10000.01') },
  ])
    assert.equal(judgeGrant(mandate(), wider, 0).kind, 'outside');
  assert.equal(judgeGrant(null, request, 0).kind, 'outside');
});

const action = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('buy' as const),
      lots: fc.integer({ min: 1, max: 900 }),
      bps: fc.integer({ min: -300, max: 120 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('sell' as const),
      lots: fc.integer({ min: 1, max: 900 }),
      bps: fc.integer({ min: -120, max: 300 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('fill' as const),
      which: fc.nat(20),
      share: fc.integer({ min: 1, max: 100 }),
      better: fc.integer({ min: 0, max: 50 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('close' as const), which: fc.nat(20) }) },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('wait' as const),
      hours: fc.integer({ min: 1, max: 30 }),
      cents: fc.integer({ min: 9000, max: 11_000 }),
    }),
  },
);

test('P1: held and spent never pass turnover and burn in any 24 h, whatever the order of events; exits ask for no turnover', () => {
  const rules = mandate(
    { turnover24h: amount('3000'), burn24h: amount('11'), openOrders: 50, ordersPerMinute: 1000, exp: 10_000 * dayMs },
    { maxSellHeldBase24h: amount('3'), bandBps: 50 },
  );
  const lot = amount('0.01');
  const price = (reference: bigint, bps: number): Amount =>
    (((reference * BigInt(10_000 + bps)) / 10_000n / 10n ** 16n) * 10n ** 16n) as Amount;
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(fc.array(action, { minLength: 1, maxLength: 80 }), (steps) => {
      const book = accountBook(account);
      const open: { order: PlaceOrder; left: bigint }[] = [];
      let now = 0;
      let reference = amount('100');
      for (const step of steps) {
        now += 1;
        switch (step.do) {
          case 'buy':
          case 'sell': {
            const limit = price(reference, step.bps);
            const quantity = (BigInt(step.lots) * lot) as Amount;
            const it: PlaceOrder = { ...order(step.do, '1', '1'), limit, quantity };
            const position = positionOf(book, key, pair);
            const verdict = ask(book, it, now, rules, grant(), { ...at100, price: reference });
            seen.set(`${step.do} ${verdict}`, (seen.get(`${step.do} ${verdict}`) ?? 0) + 1);
            if (verdict === 'approved') open.push({ order: it, left: quantity });
            if (step.do === 'sell' && quantity <= position.base - position.onSale) assert.notEqual(verdict, 'E_TURNOVER');
            break;
          }
          case 'fill': {
            const found = open[step.which];
            if (found === undefined) break;
            const some = ((found.left * BigInt(step.share)) / 100n / lot) * lot;
            const quantity = some === 0n ? found.left : some;
            const better = BigInt(step.better) * 10n ** 16n;
            const at = found.order.side === 'buy' ? found.order.limit - better : found.order.limit + better;
            fillOrder(book, found.order.clientOrderId, key, found.order, fillOf(found.order, quantity, at), now);
            found.left -= quantity;
            if (found.left === 0n) open.splice(step.which, 1);
            break;
          }
          case 'close': {
            const [gone] = open.splice(step.which, 1);
            if (gone !== undefined) closeOrder(book, gone.order.clientOrderId);
            break;
          }
          case 'wait':
            now += step.hours * 3_600_000;
            reference = (BigInt(step.cents) * 10n ** 16n) as Amount;
            break;
        }
        assert.ok(turnoverUsed(book, now) <= rules.turnover24h, `turnover ${turnoverUsed(book, now)}`);
        assert.ok(burnUsed(book, now) <= rules.burn24h, `burn ${burnUsed(book, now)}`);
        assert.ok(keyTurnoverUsed(book, key, now) === turnoverUsed(book, now));
        assert.ok(book.turnoverHeld >= 0n && book.burnHeld >= 0n);
        const position = positionOf(book, key, pair);
        assert.ok(position.onSale >= 0n && position.base >= position.onSale, 'P4');
        assert.ok(position.exitTurnover >= 0n && position.exitBurn >= 0n);
      }
    }),
    { numRuns: 600 },
  );
  for (const path of ['buy approved', 'sell approved', 'buy E_TURNOVER', 'buy E_BURN', 'sell E_POS', 'sell E_BAND'])
    assert.ok((seen.get(path) ?? 0) > 0, `the property never came to: ${path}`);
});
