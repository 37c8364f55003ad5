/** Reads door bodies by hand: closed key sets, plain decimals of at most eight places, nothing defaulted. */
import {
  type AccountId,
  type Amount,
  amount,
  type BotId,
  type CancelOrder,
  type ClientOrderId,
  clientOrderId,
  type DoorRead,
  type GrantRequest,
  type Intent,
  orderKindNames,
  type PlaceOco,
  type PlaceOrder,
  pair,
  type SubKeyId,
  ValueError,
} from '@holdfast/domain';
import { count, FrameError, fields, list, oneOf, text } from '../frames/decode.ts';
import { namesTwice } from './unique-names.ts';

/** A body that does not say what it must. The message names the field. */
export class ParameterError extends Error {
  override readonly name = 'ParameterError';
}

export const accountName = /^[A-Za-z0-9][A-Za-z0-9_-]{0,39}$/;
const botName = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const shortDecimal = /^(0|[1-9]\d{0,14})(\.\d{1,8})?$/;
export const sides = ['buy', 'sell'] as const;

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
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch {
    throw new ParameterError('the body is not JSON');
  }
  const twice = namesTwice(body);
  if (twice !== null) throw new ParameterError(`the body names ${twice.slice(0, 40)} twice`);
  return value;
}

/** @throws ParameterError */
export const parseIntent = (body: string): Intent => {
  const value = parseJson(body);
  return reading(() => {
    switch ((value as { kind?: unknown } | null)?.kind) {
      case 'cancel-order':
        return cancel(value);
      case 'place-oco':
        return placeOco(value);
      default:
        return place(value);
    }
  });
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

function placeOco(value: unknown): PlaceOco {
  const it = fields(value, ['kind', 'clientOrderId', 'pair', 'side', 'quantity', 'limitLeg', 'stopLeg'], 'intent');
  const limit = fields(it.limitLeg, ['clientOrderId', 'limit'], 'limitLeg');
  const stop = fields(it.stopLeg, ['clientOrderId', 'trigger', 'limit'], 'stopLeg');
  const id = (raw: unknown, what: string): ClientOrderId => clientOrderId(text(raw, what, 36));
  const ids = [
    id(it.clientOrderId, 'clientOrderId'),
    id(limit.clientOrderId, 'limitLeg.clientOrderId'),
    id(stop.clientOrderId, 'stopLeg.clientOrderId'),
  ] as const;
  if (new Set(ids).size < ids.length) throw new FrameError('the client order ids of an OCO and of its legs must differ');
  return {
    kind: 'place-oco',
    clientOrderId: ids[0],
    pair: pair(text(it.pair, 'pair', 41)),
    side: oneOf(it.side, sides, 'side'),
    quantity: positive(it.quantity, 'quantity'),
    limitLeg: { clientOrderId: ids[1], limit: positive(limit.limit, 'limitLeg.limit') },
    stopLeg: {
      clientOrderId: ids[2],
      trigger: positive(stop.trigger, 'stopLeg.trigger'),
      limit: positive(stop.limit, 'stopLeg.limit'),
    },
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

export function decimal(value: unknown, what: string): Amount {
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
      pairs: list(it.pairs, 200, 'pairs', (item) => pair(text(item, 'pair', 41))),
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

/** Control characters, line ends and what turns text around: a reason is shown in terminals, mails and pages. */
const steering = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

/** Why somebody stops something, in his words. What steers is left out: it is no reason not to stop. */
export const reasonText = (value: unknown): string => text(value, 'reason', 200).replaceAll(steering, ' ');

/** @throws ParameterError */
export const parseFreeze = (
  body: string,
): { readonly reason: string; readonly account: AccountId | null; readonly condition: 'reduce-only' | 'frozen' } => {
  const value = parseJson(body);
  return reading(() => {
    const given = (key: string): readonly string[] => (typeof value === 'object' && value !== null && key in value ? [key] : []);
    const it = fields(value, ['reason', ...given('account'), ...given('condition')], 'body');
    return {
      reason: reasonText(it.reason),
      account: it.account === undefined || it.account === null ? null : accountId(it.account),
      condition: it.condition === undefined ? 'frozen' : oneOf(it.condition, ['reduce-only', 'frozen'] as const, 'condition'),
    };
  });
};

/** @throws ParameterError */
export const parseKill = (body: string): { readonly reason: string } => {
  const value = parseJson(body);
  return reading(() => ({ reason: reasonText(fields(value, ['reason'], 'body').reason) }));
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
