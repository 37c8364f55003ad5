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
  exchangeNames,
  type GrantRequest,
  type Intent,
  type Mandate,
  type MandateGroup,
  type MandatePair,
  type MandateRules,
  noRules,
  type OwnerAct,
  type OwnerId,
  orderKindNames,
  ownerActText,
  ownerId,
  type Pair,
  type PlaceOrder,
  pair,
  quoteOf,
  type SubKeyId,
  ValueError,
} from '@holdfast/domain';
import { count, FrameError, fields, flag, list, oneOf, text } from '../frames/decode.ts';

/** A body that does not say what it must. The message names the field. */
export class ParameterError extends Error {
  override readonly name = 'ParameterError';
}

const accountName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;
const botName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const shortDecimal = /^(0|[1-9]\d{0,14})(\.\d{1,8})?$/;
const sides = ['buy', 'sell'] as const;

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
  const isStop = (value as { order?: unknown } | null)?.order === 'stop-limit';
  const keys = ['kind', 'clientOrderId', 'pair', 'side', 'order', 'quantity', 'limit'];
  const it = fields(value, isStop ? [...keys, 'trigger'] : keys, 'intent');
  return {
    kind: oneOf(it.kind, ['place-order'], 'kind'),
    clientOrderId: clientOrderId(text(it.clientOrderId, 'clientOrderId', 36)),
    pair: pair(text(it.pair, 'pair', 41)),
    side: oneOf(it.side, sides, 'side'),
    order: oneOf(it.order, orderKindNames, 'order'),
    quantity: positive(it.quantity, 'quantity'),
    limit: positive(it.limit, 'limit'),
    ...(isStop ? { trigger: positive(it.trigger, 'trigger') } : {}),
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
    const it = fields(value, ['bot', 'account', 'pairs', 'maxOrderQuote', 'turnover24h', 'rights'], 'grant');
    const bot = text(it.bot, 'bot', 64);
    if (!botName.test(bot)) throw new FrameError('bot is not a name of 1 to 64 letters, digits, ., _ or -');
    return {
      bot: bot as BotId,
      account: accountId(it.account),
      pairs: list(it.pairs, 100, 'pairs', (item) => pair(text(item, 'pair', 41))),
      maxOrderQuote: decimal(it.maxOrderQuote, 'maxOrderQuote'),
      turnover24h: decimal(it.turnover24h, 'turnover24h'),
      rights: list(it.rights, 2, 'rights', (item) => oneOf(item, ['cancel-stops', 'sell-held'] as const, 'right')),
    };
  });
};

/** @throws ParameterError */
export const parseRevoke = (body: string): SubKeyId => {
  const value = parseJson(body);
  return reading(() => text(fields(value, ['subKey'], 'body').subKey, 'subKey', 64) as SubKeyId);
};

/** @throws ParameterError */
export const parseFreeze = (
  body: string,
): { readonly reason: string; readonly account: AccountId | null; readonly condition: 'reduce-only' | 'frozen' } => {
  const value = parseJson(body);
  return reading(() => {
    const given = (key: string): readonly string[] => (typeof value === 'object' && value !== null && key in value ? [key] : []);
    const it = fields(value, ['reason', ...given('account'), ...given('condition')], 'body');
    return {
      reason: text(it.reason, 'reason', 200),
      account: it.account === undefined || it.account === null ? null : accountId(it.account),
      condition: it.condition === undefined ? 'frozen' : oneOf(it.condition, ['reduce-only', 'frozen'] as const, 'condition'),
    };
  });
};

/** @throws ParameterError */
export const parseKill = (body: string): { readonly reason: string } => {
  const value = parseJson(body);
  return reading(() => ({ reason: text(fields(value, ['reason'], 'body').reason, 'reason', 200) }));
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
      const it = fields(value, ['act', 'account', 'exchange', 'key', 'at'], 'act');
      const exchange = oneOf(it.exchange, exchangeNames, 'exchange');
      const key = oneOf(it.key, ['ed25519', 'rsa'] as const, 'key');
      return { act: kind, account: accountId(it.account), exchange, key, at: count(it.at, 'at') };
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
      const it = fields(value, ['act', 'account', 'stateEpoch', 'at'], 'act');
      const account = it.account === null ? null : accountId(it.account);
      return { act: kind, account, stateEpoch: count(it.stateEpoch, 'stateEpoch'), at: count(it.at, 'at') };
    }
  }
}

const mandateKeys = [
  'v',
  'owner',
  'account',
  'uid',
  'seq',
  'prev',
  'nbf',
  'exp',
  'quote',
  'pairs',
  'groups',
  'turnover24h',
  'burn24h',
  'burn7d',
  'stopBudget24h',
  'ordersPerMinute',
  'orders24h',
  'openOrders',
  'maxOpenQuote',
  'gapBps',
  'drawdown24h',
  'foreign',
  'mayCancelStops',
  'rules',
];

function mandate(value: unknown): Mandate {
  const it = fields(value, mandateKeys, 'mandate');
  if (it.v !== 1) throw new FrameError('v is not 1');
  const quote = asset(text(it.quote, 'quote', 20));
  const groups = list(it.groups, 20, 'groups', mandateGroup);
  const pairs = list(it.pairs, 200, 'pairs', (item) => mandatePair(item, quote));
  for (const { pair: name, group } of pairs)
    if (group !== '' && !groups.some((one) => one.name === group))
      throw new FrameError(`${name} is of a group ${group} that is not in groups`);
  if (new Set(groups.map((one) => one.name)).size !== groups.length) throw new FrameError('a group stands twice in groups');
  if (new Set(pairs.map((one) => one.pair)).size !== pairs.length) throw new FrameError('a pair stands twice in pairs');
  return {
    v: 1,
    owner: readOwnerId(it.owner),
    account: accountId(it.account),
    uid: text(it.uid, 'uid', 64),
    seq: count(it.seq, 'seq'),
    prev: text(it.prev, 'prev', 64),
    nbf: count(it.nbf, 'nbf'),
    exp: count(it.exp, 'exp'),
    quote,
    pairs,
    groups,
    turnover24h: decimal(it.turnover24h, 'turnover24h'),
    burn24h: decimal(it.burn24h, 'burn24h'),
    burn7d: decimal(it.burn7d, 'burn7d'),
    stopBudget24h: decimal(it.stopBudget24h, 'stopBudget24h'),
    ordersPerMinute: count(it.ordersPerMinute, 'ordersPerMinute'),
    orders24h: count(it.orders24h, 'orders24h'),
    openOrders: count(it.openOrders, 'openOrders'),
    maxOpenQuote: decimal(it.maxOpenQuote, 'maxOpenQuote'),
    gapBps: bps(it.gapBps, 'gapBps'),
    drawdown24h: decimal(it.drawdown24h, 'drawdown24h'),
    foreign: oneOf(it.foreign, ['freeze', 'alarm'], 'foreign'),
    mayCancelStops: flag(it.mayCancelStops, 'mayCancelStops'),
    rules: mandateRules(it.rules),
  };
}

const mandatePairKeys = [
  'pair',
  'group',
  'sides',
  'orders',
  'maxOrderQuote',
  'maxOrderBase',
  'maxPositionQuote',
  'floor',
  'ceiling',
  'bandBps',
  'stopGapBps',
  'stressBps',
  'maxSellHeldBase24h',
  'minSources',
];

function mandatePair(value: unknown, quote: Asset): MandatePair {
  const it = fields(value, mandatePairKeys, 'pair of the mandate');
  const name: Pair = pair(text(it.pair, 'pair', 41));
  if (quoteOf(name) !== quote) throw new FrameError(`${name} is not quoted in ${quote}, in which the totals are counted`);
  const floor = decimal(it.floor, 'floor');
  const ceiling = decimal(it.ceiling, 'ceiling');
  if (floor > ceiling) throw new FrameError(`the floor of ${name} is above its ceiling`);
  return {
    pair: name,
    group: it.group === '' ? '' : groupName(it.group),
    sides: list(it.sides, 2, 'sides', (item) => oneOf(item, sides, 'side')),
    orders: list(it.orders, 4, 'orders', (item) => oneOf(item, orderKindNames, 'order')),
    maxOrderQuote: decimal(it.maxOrderQuote, 'maxOrderQuote'),
    maxOrderBase: decimal(it.maxOrderBase, 'maxOrderBase'),
    maxPositionQuote: decimal(it.maxPositionQuote, 'maxPositionQuote'),
    floor,
    ceiling,
    bandBps: bps(it.bandBps, 'bandBps'),
    stopGapBps: bps(it.stopGapBps, 'stopGapBps'),
    stressBps: bps(it.stressBps, 'stressBps'),
    maxSellHeldBase24h: decimal(it.maxSellHeldBase24h, 'maxSellHeldBase24h'),
    minSources: count(it.minSources, 'minSources'),
  };
}

const readOwnerId = (value: unknown): OwnerId => {
  const name = text(value, 'owner', 40);
  if (!accountName.test(name)) throw new FrameError('owner is not a name of 1 to 40 letters, digits, _ or -');
  return ownerId(name);
};

const groupName = (value: unknown): string => {
  const name = text(value, 'group', 20);
  if (!/^[A-Za-z0-9_-]{1,20}$/.test(name)) throw new FrameError('group is not a name of 1 to 20 letters, digits, _ or -');
  return name;
};

function bps(value: unknown, what: string): number {
  const read = count(value, what);
  if (read >= 10_000) throw new FrameError(`${what} is not below 10000`);
  return read;
}

function mandateGroup(value: unknown): MandateGroup {
  const it = fields(value, ['name', 'turnover24h', 'burn24h'], 'group');
  return {
    name: groupName(it.name),
    turnover24h: decimal(it.turnover24h, 'turnover24h'),
    burn24h: decimal(it.burn24h, 'burn24h'),
  };
}

function mandateRules(value: unknown): MandateRules {
  const it = fields(value, Object.keys(noRules), 'rules');
  return {
    dormantDays: count(it.dormantDays, 'dormantDays'),
    paceFactor: count(it.paceFactor, 'paceFactor'),
    firstTradeBps: count(it.firstTradeBps, 'firstTradeBps'),
    firstTradeMinutes: count(it.firstTradeMinutes, 'firstTradeMinutes'),
    thinAccounts: count(it.thinAccounts, 'thinAccounts'),
    thinVolumeQuote: decimal(it.thinVolumeQuote, 'thinVolumeQuote'),
    flowShareBps: count(it.flowShareBps, 'flowShareBps'),
    roundTrips: count(it.roundTrips, 'roundTrips'),
    roundTripMinutes: count(it.roundTripMinutes, 'roundTripMinutes'),
    deniedPerMinute: count(it.deniedPerMinute, 'deniedPerMinute'),
  };
}
