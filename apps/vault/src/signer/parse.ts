/** Reads door bodies by hand: closed key sets, plain decimals of at most eight places, nothing defaulted. */
import {
  type AccountId,
  type Amount,
  type Asset,
  amount,
  asset,
  type BotId,
  type CancelOrder,
  clientOrderId,
  type DoorRead,
  type GrantRequest,
  type Intent,
  type Mandate,
  type MandatePair,
  type OwnerAct,
  ownerActText,
  type Pair,
  type PlaceOrder,
  pair,
  quoteOf,
  type SubKeyId,
  ValueError,
} from '@holdfast/domain';
import { count, FrameError, fields, list, oneOf, text } from '../frames/decode.ts';

/** A body that does not say what it must. The message names the field. */
export class ParameterError extends Error {
  override readonly name = 'ParameterError';
}

const accountName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;
const botName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const shortDecimal = /^(0|[1-9]\d{0,14})(\.\d{1,8})?$/;
const sides = ['buy', 'sell'] as const;
const orderKinds = ['limit', 'post-only', 'ioc'] as const;

/** Runs a reader and turns every malformed value into a `ParameterError`. */
export function reading<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof FrameError || error instanceof ValueError) throw new ParameterError(error.message);
    throw error;
  }
}

/** @throws ParameterError */
export function parseJson(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new ParameterError('the body is not JSON');
  }
}

/** @throws ParameterError */
export const parseIntent = (body: string): Intent => {
  const value = parseJson(body);
  return reading(() => ((value as { kind?: unknown } | null)?.kind === 'cancel-order' ? cancel(value) : place(value)));
};

function place(value: unknown): PlaceOrder {
  const it = fields(value, ['kind', 'clientOrderId', 'pair', 'side', 'order', 'quantity', 'limit'], 'intent');
  return {
    kind: oneOf(it.kind, ['place-order'], 'kind'),
    clientOrderId: clientOrderId(text(it.clientOrderId, 'clientOrderId', 36)),
    pair: pair(text(it.pair, 'pair', 41)),
    side: oneOf(it.side, sides, 'side'),
    order: oneOf(it.order, orderKinds, 'order'),
    quantity: positive(it.quantity, 'quantity'),
    limit: positive(it.limit, 'limit'),
  };
}

function cancel(value: unknown): CancelOrder {
  const it = fields(value, ['kind', 'clientOrderId', 'pair'], 'intent');
  return {
    kind: 'cancel-order',
    clientOrderId: clientOrderId(text(it.clientOrderId, 'clientOrderId', 36)),
    pair: pair(text(it.pair, 'pair', 41)),
  };
}

function positive(value: unknown, what: string): Amount {
  const read = decimal(value, what);
  if (read === 0n) throw new FrameError(`${what} is 0`);
  return read;
}

function decimal(value: unknown, what: string): Amount {
  const plain = text(value, what, 40);
  if (!shortDecimal.test(plain)) throw new FrameError(`${what} is not a plain decimal of at most 8 places`);
  return amount(plain);
}

export const accountId = (value: unknown): AccountId => {
  const name = text(value, 'account', 40);
  if (!accountName.test(name)) throw new FrameError('account is not a name of 1 to 40 letters, digits, _ or -');
  return name as AccountId;
};

/** @throws ParameterError */
export const parseGrant = (body: string): GrantRequest => {
  const value = parseJson(body);
  return reading(() => {
    const it = fields(value, ['bot', 'account', 'pairs', 'maxOrderQuote', 'turnover24h'], 'grant');
    const bot = text(it.bot, 'bot', 64);
    if (!botName.test(bot)) throw new FrameError('bot is not a name of 1 to 64 letters, digits, ., _ or -');
    return {
      bot: bot as BotId,
      account: accountId(it.account),
      pairs: list(it.pairs, 100, 'pairs', (item) => pair(text(item, 'pair', 41))),
      maxOrderQuote: decimal(it.maxOrderQuote, 'maxOrderQuote'),
      turnover24h: decimal(it.turnover24h, 'turnover24h'),
    };
  });
};

/** @throws ParameterError */
export const parseRevoke = (body: string): SubKeyId => {
  const value = parseJson(body);
  return reading(() => text(fields(value, ['subKey'], 'body').subKey, 'subKey', 64) as SubKeyId);
};

/** @throws ParameterError */
export const parseFreeze = (body: string): { readonly reason: string; readonly account: AccountId | null } => {
  const value = parseJson(body);
  return reading(() => {
    const one = typeof value === 'object' && value !== null && 'account' in value;
    const it = fields(value, one ? ['reason', 'account'] : ['reason'], 'body');
    return { reason: text(it.reason, 'reason', 200), account: one && it.account !== null ? accountId(it.account) : null };
  });
};

/** @throws ParameterError */
export const parseRead = (body: string): DoorRead => {
  const value = parseJson(body);
  return reading(() => {
    const kind = oneOf(
      (value as { kind?: unknown } | null)?.kind,
      ['status', 'balances', 'open-orders', 'verdicts'],
      'kind of read',
    );
    switch (kind) {
      case 'status':
        fields(value, ['kind'], 'read');
        return { kind };
      case 'verdicts':
        return { kind, limit: count(fields(value, ['kind', 'limit'], 'read').limit, 'limit') };
      default:
        return { kind, account: accountId(fields(value, ['kind', 'account'], 'read').account) };
    }
  });
};

/** @throws ParameterError */
export const parseSignedAct = (body: string): { readonly act: string; readonly signature: string } => {
  const value = parseJson(body);
  return reading(() => {
    const it = fields(value, ['act', 'signature'], 'body');
    return { act: text(it.act, 'act', 16 * 1024), signature: text(it.signature, 'signature', 200) };
  });
};

/** Reads the text of an act and demands that writing it again gives the same text. @throws ParameterError */
export const parseOwnerAct = (source: string): OwnerAct => {
  const value = parseJson(source);
  const act = reading(() => ownerAct(value));
  if (ownerActText(act) !== source) throw new ParameterError('the act is not in its canonical form');
  return act;
};

function ownerAct(value: unknown): OwnerAct {
  const kind = oneOf(
    (value as { act?: unknown } | null)?.act,
    ['account-create', 'account-connect', 'mandate', 'unfreeze'],
    'act',
  );
  switch (kind) {
    case 'account-create': {
      const it = fields(value, ['act', 'account', 'exchange', 'at'], 'act');
      const exchange = oneOf(it.exchange, ['simulated'], 'exchange');
      return { act: kind, account: accountId(it.account), exchange, at: count(it.at, 'at') };
    }
    case 'account-connect': {
      const it = fields(value, ['act', 'account', 'apiKey', 'at'], 'act');
      const apiKey = text(it.apiKey, 'apiKey', 128);
      if (!/^[A-Za-z0-9]{1,128}$/.test(apiKey)) throw new FrameError('apiKey is not of letters and digits');
      return { act: kind, account: accountId(it.account), apiKey, at: count(it.at, 'at') };
    }
    case 'mandate': {
      const it = fields(value, ['act', 'mandate', 'at'], 'act');
      return { act: kind, mandate: mandate(it.mandate), at: count(it.at, 'at') };
    }
    case 'unfreeze': {
      const it = fields(value, ['act', 'account', 'at'], 'act');
      return { act: kind, account: it.account === null ? null : accountId(it.account), at: count(it.at, 'at') };
    }
  }
}

const mandateKeys = [
  'v',
  'account',
  'seq',
  'prev',
  'exp',
  'quote',
  'pairs',
  'turnover24h',
  'burn24h',
  'ordersPerMinute',
  'openOrders',
  'foreign',
];

function mandate(value: unknown): Mandate {
  const it = fields(value, mandateKeys, 'mandate');
  if (it.v !== 1) throw new FrameError('v is not 1');
  const quote = asset(text(it.quote, 'quote', 20));
  const pairs = list(it.pairs, 200, 'pairs', (item) => mandatePair(item, quote));
  if (new Set(pairs.map((one) => one.pair)).size !== pairs.length) throw new FrameError('a pair stands twice in pairs');
  return {
    v: 1,
    account: accountId(it.account),
    seq: count(it.seq, 'seq'),
    prev: text(it.prev, 'prev', 64),
    exp: count(it.exp, 'exp'),
    quote,
    pairs,
    turnover24h: decimal(it.turnover24h, 'turnover24h'),
    burn24h: decimal(it.burn24h, 'burn24h'),
    ordersPerMinute: count(it.ordersPerMinute, 'ordersPerMinute'),
    openOrders: count(it.openOrders, 'openOrders'),
    foreign: oneOf(it.foreign, ['freeze', 'alarm'], 'foreign'),
  };
}

const mandatePairKeys = [
  'pair',
  'sides',
  'orders',
  'maxOrderQuote',
  'maxOrderBase',
  'floor',
  'ceiling',
  'bandBps',
  'maxSellHeldBase24h',
];

function mandatePair(value: unknown, quote: Asset): MandatePair {
  const it = fields(value, mandatePairKeys, 'pair of the mandate');
  const name: Pair = pair(text(it.pair, 'pair', 41));
  if (quoteOf(name) !== quote) throw new FrameError(`${name} is not quoted in ${quote}, in which the totals are counted`);
  const bandBps = count(it.bandBps, 'bandBps');
  if (bandBps >= 10_000) throw new FrameError('bandBps is not below 10000');
  const floor = decimal(it.floor, 'floor');
  const ceiling = decimal(it.ceiling, 'ceiling');
  if (floor > ceiling) throw new FrameError(`the floor of ${name} is above its ceiling`);
  return {
    pair: name,
    sides: list(it.sides, 2, 'sides', (item) => oneOf(item, sides, 'side')),
    orders: list(it.orders, 3, 'orders', (item) => oneOf(item, orderKinds, 'order')),
    maxOrderQuote: decimal(it.maxOrderQuote, 'maxOrderQuote'),
    maxOrderBase: decimal(it.maxOrderBase, 'maxOrderBase'),
    floor,
    ceiling,
    bandBps,
    maxSellHeldBase24h: decimal(it.maxSellHeldBase24h, 'maxSellHeldBase24h'),
  };
}
