/** Builders for the tests of this package: one account, BTC and ETH against USDT, a reference price of 100. */
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
  type MandatePair,
  type Pair,
  type PlaceOrder,
  type SubKeyId,
} from '@holdfast/domain';
import {
  type AccountBook,
  type Circumstances,
  dayMs,
  type FillEffect,
  fillOrder,
  holdOrder,
  judge,
  type ReferencePrice,
} from '../index.ts';

export const btc = 'BTC/USDT' as Pair;
export const eth = 'ETH/USDT' as Pair;
export const account = 'paper' as AccountId;
export const key = 'key-1' as SubKeyId;
export const otherKey = 'key-2' as SubKeyId;

export const pairRules = (change: Partial<MandatePair> = {}): MandatePair =>
  draftMandatePair({
    pair: btc,
    maxOrderQuote: amount('1000'),
    maxOrderBase: amount('50'),
    floor: amount('50'),
    ceiling: amount('200'),
    bandBps: 100,
    ...change,
  });

export const mandate = (change: Partial<Mandate> = {}, pairChange: Partial<MandatePair> = {}): Mandate =>
  draftMandate({
    account,
    nbf: 0,
    exp: 10 * dayMs,
    quote: 'USDT' as Mandate['quote'],
    pairs: [pairRules(pairChange)],
    turnover24h: amount('10000'),
    burn24h: amount('100'),
    ordersPerMinute: 5,
    openOrders: 3,
    ...change,
  });

export const grant = (change: Partial<Grant> = {}): Grant => ({
  subKey: key,
  bot: 'bot' as BotId,
  account,
  pairs: [btc, eth],
  maxOrderQuote: amount('1000000'),
  turnover24h: amount('1000000'),
  rights: ['sell-held'],
  alive: true,
  ...change,
});

let orders = 0;
export function order(side: 'buy' | 'sell', quantity: string, limit: string, change: Partial<PlaceOrder> = {}): PlaceOrder {
  orders += 1;
  return {
    kind: 'place-order',
    clientOrderId: clientOrderId(`o-${orders}`),
    pair: btc,
    side,
    order: 'limit',
    quantity: amount(quantity),
    limit: amount(limit),
    ...change,
  };
}

export const stop = (quantity: string, trigger: string, limit: string, change: Partial<PlaceOrder> = {}): PlaceOrder =>
  order('sell', quantity, limit, { order: 'stop-limit', trigger: amount(trigger), ...change });

export const at = (price: string): ReferencePrice => ({ price: amount(price), sources: 3, ageMs: 0 });
export const at100 = at('100');

export interface Asked {
  readonly rules?: Mandate;
  readonly by?: Grant;
  readonly reference?: ReferencePrice;
  readonly now?: number;
  readonly circumstances?: Circumstances;
}

/** Judges and, when approved, holds. Answers the code, or `approved`. */
export function ask(book: AccountBook, it: PlaceOrder, asked: Asked = {}): string {
  const { rules = mandate(), by = grant(), reference = at100, now = 0, circumstances = {} } = asked;
  const judgement = judge(book, rules, by, it, reference, now, circumstances);
  if (judgement.kind === 'refused') return judgement.code;
  holdOrder(book, it.clientOrderId, by.subKey, judgement.order, judgement.hold, reference.price, now);
  return 'approved';
}

/** Fills `quantity` of an order at `price`, with a fee of ten basis points taken from what is received. */
export function fill(
  book: AccountBook,
  it: PlaceOrder,
  how: {
    readonly quantity?: bigint;
    readonly price?: bigint;
    readonly now?: number;
    readonly reference?: bigint;
    readonly subKey?: SubKeyId;
  } = {},
): FillEffect {
  const { quantity = it.quantity, price = it.limit, now = 0, reference, subKey = key } = how;
  const received = it.side === 'buy' ? quantity : (quantity * price) / 10n ** 18n;
  const [base, quote] = it.pair.split('/') as [Mandate['quote'], Mandate['quote']];
  const facts = {
    price: price as Amount,
    quantity: quantity as Amount,
    fee: (received / 1000n) as Amount,
    feeAsset: it.side === 'buy' ? base : quote,
  };
  return fillOrder(book, it.clientOrderId, subKey, it, facts, now, reference);
}
