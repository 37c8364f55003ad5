import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  type Amount,
  amount,
  type BotId,
  clientOrderId,
  formatAmount,
  type Intent,
  type Pair,
  type PlaceOco,
  type PlaceOrder,
  type Side,
} from '@holdfast/domain';
import { type AccountState, guard } from './guard.ts';

const btc = 'BTC/USDT' as Pair;
const mine = 'mine' as BotId;

const oco = (side: Side, quantity: string, limit: string, trigger: string, stop: string): PlaceOco => ({
  kind: 'place-oco',
  clientOrderId: clientOrderId('o'),
  pair: btc,
  side,
  quantity: amount(quantity),
  limitLeg: { clientOrderId: clientOrderId('t'), limit: amount(limit) },
  stopLeg: { clientOrderId: clientOrderId('s'), trigger: amount(trigger), limit: amount(stop) },
});

interface Other {
  readonly side: Side;
  readonly limit: string;
  readonly trigger?: string;
  readonly takesAtOnce?: boolean;
}

/** `last` 100, bid 99.9, ask 100.1, in ticks of 0.1, unless another last price is given. */
const account = (base: string, quote: string, others: readonly Other[] = [], last = 100): AccountState => {
  const on = (of: Side, isStop: boolean) =>
    others
      .filter(({ side, trigger }) => side === of && (trigger !== undefined) === isStop)
      .map(({ side, limit, trigger, takesAtOnce = false }) => ({
        ...{ clientOrderId: clientOrderId('x'), bot: 'other' as BotId, pair: btc, side, limit: amount(limit), takesAtOnce },
        ...(trigger === undefined ? {} : { trigger: amount(trigger) }),
      }));
  const text = (price: number) => amount(price.toFixed(1));
  return {
    available: (_, asset) => amount(asset === 'BTC' ? base : quote),
    orders: (_, of) => on(of, false),
    stops: (_, of) => on(of, true),
    prices: () => ({ last: text(last), bid: text(last - 0.1), ask: text(last + 0.1), tick: amount('0.1') }),
  };
};

const held = (state: AccountState, ...intents: Intent[]): readonly string[] =>
  guard(mine, state, intents).heldBack.map(({ code }) => code);

test('both legs of an OCO take the coins once, and nothing more may be sold beside them', () => {
  const whole = oco('sell', '1', '110', '95', '94');
  assert.deepEqual(held(account('1', '0'), whole), []);
  assert.deepEqual(held(account('0.999', '0'), whole), ['E_POS']);
  assert.deepEqual(held(account('1', '0'), whole, { ...whole, quantity: 1n as Amount }), ['E_POS']);
});

test('an OCO to buy takes what its dearer leg may cost', () => {
  const entry = oco('buy', '1', '90', '105', '106');
  assert.deepEqual(held(account('0', '106'), entry), []);
  assert.deepEqual(held(account('0', '105.99'), entry), ['E_POS']);
});

test('neither leg of an OCO may cross an order of another bot', () => {
  const exit = oco('sell', '1', '110', '95', '94');
  assert.deepEqual(held(account('1', '0', [{ side: 'buy', limit: '93.9' }]), exit), []);
  assert.deepEqual(held(account('1', '0', [{ side: 'buy', limit: '94' }]), exit), ['E_STATE']);
});

const order = (side: Side, kind: PlaceOrder['order'], limit: string, trigger?: string): PlaceOrder => ({
  ...{ kind: 'place-order', clientOrderId: clientOrderId('o'), pair: btc, side, order: kind, quantity: amount('1') },
  limit: amount(limit),
  ...(trigger === undefined ? {} : { trigger: amount(trigger) }),
});

/** Limits that pass, or the codes. */
function judged(intent: PlaceOrder, others: readonly Other[], last?: number): string {
  const { passed, shortened, heldBack } = guard(mine, account('1', '1000', others, last), [intent]);
  if (heldBack.length > 0) return heldBack.map(({ code }) => code).join();
  const [only] = passed as readonly PlaceOrder[];
  assert.equal(shortened.length, only?.limit === intent.limit ? 0 : 1);
  return formatAmount(only?.limit ?? (0n as Amount));
}

test('a stop that waits for its trigger is in the way only of what rests between its trigger and its limit', () => {
  const sale: Other = { side: 'sell', limit: '94', trigger: '95' };
  assert.equal(judged(order('buy', 'ioc', '100.5'), [sale]), '100.5', 'gone before the stop wakes');
  assert.equal(judged(order('buy', 'limit', '99'), [sale]), '99', 'taken by the market before it comes to the trigger');
  assert.equal(judged(order('buy', 'post-only', '95.1'), [sale]), '95.1');
  for (const limit of ['95', '94.5', '94']) assert.equal(judged(order('buy', 'limit', limit), [sale]), 'E_STATE', limit);
  assert.equal(judged(order('buy', 'limit', '93.9'), [sale]), '93.9');
  const purchase: Other = { side: 'buy', limit: '106', trigger: '105' };
  assert.equal(judged(order('sell', 'limit', '104.9'), [purchase]), '104.9');
  for (const limit of ['105', '106']) assert.equal(judged(order('sell', 'limit', limit), [purchase]), 'E_STATE', limit);
  assert.equal(judged(order('sell', 'limit', '106.1'), [purchase]), '106.1');
});

test('a new stop is held back only by what rests between its trigger and its limit, and by no other stop', () => {
  const stop = order('sell', 'stop-limit', '94', '95');
  assert.equal(
    judged(stop, [
      { side: 'buy', limit: '99' },
      { side: 'buy', limit: '93.9' },
    ]),
    '94',
  );
  for (const limit of ['95', '94']) assert.equal(judged(stop, [{ side: 'buy', limit }]), 'E_STATE', limit);
  assert.equal(
    judged(stop, [
      { side: 'buy', limit: '99' },
      { side: 'buy', limit: '94.5' },
    ]),
    'E_STATE',
    'behind one that is not',
  );
  assert.equal(judged(stop, [{ side: 'buy', limit: '106', trigger: '105' }]), '94');
});

test('a stop that the market has reached is an order like any other', () => {
  const sale: Other = { side: 'sell', limit: '94', trigger: '95' };
  assert.equal(judged(order('buy', 'limit', '94.5'), [sale], 95), 'E_STATE');
  assert.equal(judged(order('buy', 'limit', '99'), [sale], 95), 'E_STATE', 'above the trigger, too');
  assert.equal(judged(order('buy', 'ioc', '94.5'), [sale], 93.5), '93.9', 'what takes at once ends before it');
});

test('what takes at once is in the way of what rests beside it alone', () => {
  const sale: Other = { side: 'sell', limit: '99.7', takesAtOnce: true };
  assert.equal(judged(order('buy', 'ioc', '100.3'), [sale]), '100.3');
  assert.equal(judged(order('buy', 'fok', '100.3'), [sale]), '100.3');
  const bid: Other = { side: 'buy', limit: '95', takesAtOnce: true };
  assert.equal(judged(order('sell', 'stop-limit', '94', '95'), [bid]), '94', 'gone before the stop wakes');
  assert.equal(judged(order('buy', 'limit', '100'), [sale]), 'E_STATE', 'the sale may come after it');
});

test("what takes at once ends one tick before another bot's order, where something can be had there", () => {
  assert.equal(judged(order('sell', 'ioc', '99'), [{ side: 'buy', limit: '99.5' }]), '99.6');
  assert.equal(
    judged(order('sell', 'fok', '99'), [
      { side: 'buy', limit: '99.5' },
      { side: 'buy', limit: '99.2' },
    ]),
    '99.6',
  );
  assert.equal(judged(order('buy', 'ioc', '101'), [{ side: 'sell', limit: '100.2' }]), '100.1');
  assert.equal(judged(order('buy', 'ioc', '101'), [{ side: 'sell', limit: '100.1' }]), 'E_STATE', 'it is the best price itself');
  assert.equal(judged(order('sell', 'limit', '99'), [{ side: 'buy', limit: '99.5' }]), 'E_STATE', 'what rests is not moved');
});
