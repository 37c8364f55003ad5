import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Amount,
  type Asset,
  amount,
  type BotEvent,
  clientOrderId,
  type EpochMs,
  type OrderEvent,
  type Pair,
  type RefusalCode,
} from '@holdfast/domain';
import fc from 'fast-check';
import { cancelOf, cancelTimes, type LiveOrder, newOrder, type OrderNews, tell } from './live-orders.ts';
import { free, held, postFill, reserved, type SubBook } from './sub-book.ts';

const pair = 'BTC/USDT' as Pair;
const [btc, usdt] = ['BTC' as Asset, 'USDT' as Asset];
const at = 1000 as EpochMs;
const retryMs = 3000;
const one = () =>
  newOrder(
    { id: clientOrderId('o1'), pair, side: 'buy', order: 'limit', quantity: amount('2'), limit: amount('10') },
    { line: 3 },
  );

type Mine = LiveOrder & { readonly line: number };
const say = (orders: readonly Mine[], event: object): { orders: readonly Mine[]; news: OrderNews<Mine> } =>
  tell(
    orders,
    {
      kind: 'order-event',
      at,
      quotes: new Map(),
      event: { clientOrderId: 'o1', pair, side: 'buy', at, ...event },
    } as unknown as BotEvent,
    retryMs,
  );
const refuse = (orders: readonly Mine[], kind: 'place-order' | 'cancel-order', code: RefusalCode) =>
  tell(
    orders,
    {
      kind: 'refused',
      at,
      quotes: new Map(),
      intent: { kind, clientOrderId: 'o1', pair },
      code,
      reason: 'because',
    } as unknown as BotEvent,
    retryMs,
  );
const fill = (tradeId: string, quantity: string, filled: string, complete: boolean): object => ({
  kind: 'order-filled',
  tradeId,
  price: amount('10'),
  quantity: amount(quantity),
  filled: amount(filled),
  complete,
  fee: amount('0'),
  feeAsset: usdt,
  maker: true,
});

test('an order lives from the intent to its last fill', () => {
  const { order, intent } = one();
  assert.deepEqual(intent, {
    kind: 'place-order',
    clientOrderId: 'o1',
    pair,
    side: 'buy',
    order: 'limit',
    quantity: amount('2'),
    limit: amount('10'),
  });
  let { orders, news } = say([order], { kind: 'order-accepted', exchangeOrderId: '1' });
  assert.equal(news.kind, 'accepted');
  ({ orders, news } = say(orders, fill('t1', '0.5', '0.5', false)));
  assert.deepEqual([news.kind, orders[0]?.filled, orders[0]?.line], ['filled', amount('0.5'), 3]);
  assert.equal(say(orders, fill('t1', '0.5', '0.5', false)).news.kind, 'nothing', 'the same trade again');
  ({ orders, news } = say(orders, fill('t2', '1.5', '2', true)));
  assert.deepEqual([news.kind === 'filled' && news.isOver, orders.length], [true, 0]);
});

test('a cancel said before the last fill waits for it, and so does a complete fill before an earlier one', () => {
  const open = say([one().order], { kind: 'order-accepted', exchangeOrderId: '1' }).orders;
  const ended = say(open, { kind: 'order-cancelled', cause: 'cancel', filled: amount('0.5') });
  assert.deepEqual([ended.news.kind, ended.orders[0]?.status], ['nothing', 'ended']);
  const last = say(ended.orders, fill('t1', '0.5', '0.5', false));
  assert.deepEqual([last.news.kind === 'filled' && last.news.isOver, last.orders.length], [true, 0]);
  const late = say(open, fill('t2', '1.5', '2', true));
  assert.deepEqual([late.news.kind === 'filled' && late.news.isOver, late.orders.length], [false, 1]);
  const early = say(late.orders, fill('t1', '0.5', '0.5', false));
  assert.deepEqual([early.news.kind === 'filled' && early.news.isOver, early.orders.length], [true, 0]);
});

test('refusals say how long to wait; a refused cancel is asked again', () => {
  const sent = [one().order];
  const temporary = refuse(sent, 'place-order', 'E_ORACLE');
  assert.deepEqual([temporary.news.kind === 'refused' && temporary.news.how, temporary.orders.length], ['soon', 0]);
  assert.equal((refuse(sent, 'place-order', 'E_SYMBOL').news as { how?: string }).how, 'never');
  assert.equal(
    refuse(say(sent, { kind: 'order-accepted', exchangeOrderId: '1' }).orders, 'place-order', 'E_ORACLE').orders.length,
    1,
    'it is there',
  );
  assert.equal(cancelOf(sent, sent[0]!, at).intent, null, 'not before the exchange has answered');
  const open = say(sent, { kind: 'order-accepted', exchangeOrderId: '1' }).orders;
  const asked = cancelOf(open, open[0]!, at);
  assert.deepEqual(asked.intent, { kind: 'cancel-order', clientOrderId: 'o1', pair });
  assert.equal(cancelOf(asked.orders, asked.orders[0]!, at).intent, null, 'asked already');
  const again = refuse(asked.orders, 'cancel-order', 'E_RECONCILE').orders;
  assert.deepEqual(cancelTimes(again), [4000]);
  assert.equal(cancelOf(again, again[0]!, at).intent, null);
  assert.notEqual(cancelOf(again, again[0]!, 4000 as EpochMs).intent, null);
  const gone = say(asked.orders, { kind: 'order-cancelled', cause: 'cancel', filled: amount('0') });
  assert.deepEqual([gone.news.kind === 'over' && gone.news.asked, gone.orders.length], [true, 0]);
});

test('fills conserve both assets and every fee, in any asset', () => {
  const small = fc.bigInt({ min: 1n, max: 10n ** 24n });
  fc.assert(
    fc.property(
      small,
      small,
      small,
      fc.constantFrom('buy' as const, 'sell' as const),
      fc.constantFrom(btc, usdt, 'BNB' as Asset),
      (price, quantity, fee, side, feeAsset) => {
        const before: SubBook = { BTC: (10n ** 40n) as Amount, USDT: (10n ** 60n) as Amount };
        const event = { price, quantity, fee, feeAsset } as unknown as OrderEvent & { kind: 'order-filled' };
        const { book, posted } = postFill(before, pair, side, event);
        assert.equal(held(book, btc) - held(before, btc), posted.base);
        assert.equal(held(book, usdt) - held(before, usdt), posted.quote);
        const exact = price * quantity;
        const moved =
          (side === 'buy' ? -posted.quote : posted.quote) + (side === 'buy' ? -1n : 1n) * (feeAsset === usdt ? fee : 0n);
        const difference = side === 'buy' ? moved * 10n ** 18n - exact : exact - moved * 10n ** 18n;
        assert.ok(difference >= 0n && difference < 10n ** 18n, 'rounded against us, by less than the last digit');
        assert.equal(posted.third, feeAsset === 'BNB' ? fee : 0n);
      },
    ),
  );
});

test('what is on offer is not free', () => {
  const book: SubBook = { BTC: amount('1'), USDT: amount('100') };
  const orders = [
    { pair, side: 'buy' as const, quantity: amount('2'), filled: amount('1'), limit: amount('30') },
    { pair, side: 'sell' as const, quantity: amount('0.4'), filled: amount('0.1'), limit: amount('40') },
  ];
  assert.equal(reserved(orders, usdt, 0n), amount('30'));
  assert.equal(free(book, orders, usdt, amount('0.001')), amount('69.97'));
  assert.equal(free(book, orders, btc), amount('0.7'));
  assert.equal(free({ BTC: amount('0.1') }, orders, btc), 0n);
});
