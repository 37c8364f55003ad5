/**
 * The order that a request's parameters ask for. Each type has its parameters and no others, as at the exchange. What the
 * mandate cannot express (stops that become market orders, take-profit types, icebergs, trailing) is `E_TYPE`.
 */
import { type Amount, amount, type OrderKind, type Side } from '@holdfast/domain';
import { parameterError, refusalError } from './dialect-error.ts';
import type { Values } from './read-request.ts';

export type AnswerForm = 'ACK' | 'RESULT' | 'FULL';
export type ShownType = 'LIMIT' | 'LIMIT_MAKER' | 'MARKET' | 'STOP_LOSS_LIMIT';

interface OrderRequestBase {
  readonly symbol: string;
  readonly side: Side;
  /** Null when the client gave none. */
  readonly clientOrderId: string | null;
  readonly answer: AnswerForm;
}

/** An order with all its figures. */
export interface PricedRequest extends OrderRequestBase {
  readonly kind: 'priced';
  readonly order: OrderKind;
  readonly quantity: Amount;
  readonly limit: Amount;
  /** There with `stop-limit`. */
  readonly trigger: Amount | null;
}

/** An order at whatever price: becomes an `ioc` at the edge of the band. Exactly one of the two sizes is there. */
export interface MarketRequest extends OrderRequestBase {
  readonly kind: 'market';
  readonly quantity: Amount | null;
  readonly quoteQuantity: Amount | null;
}

export type OrderRequest = PricedRequest | MarketRequest;

type Parameter = 'timeInForce' | 'quantity' | 'quoteOrderQty' | 'price' | 'stopPrice';
const sizes: readonly Parameter[] = ['timeInForce', 'quantity', 'quoteOrderQty', 'price', 'stopPrice'];

const takes: Readonly<Record<ShownType, { readonly needed: readonly Parameter[]; readonly optional: readonly Parameter[] }>> = {
  LIMIT: { needed: ['timeInForce', 'quantity', 'price'], optional: [] },
  LIMIT_MAKER: { needed: ['quantity', 'price'], optional: [] },
  MARKET: { needed: [], optional: ['quantity', 'quoteOrderQty'] },
  STOP_LOSS_LIMIT: { needed: ['timeInForce', 'quantity', 'price', 'stopPrice'], optional: [] },
};

const isShownType = (type: string): type is ShownType => Object.hasOwn(takes, type);

/** @throws DialectError `E_TYPE`, `E_PARAM` */
export function readOrder(values: Values): OrderRequest {
  const type = values.get('type') ?? '';
  if (!isShownType(type))
    throw refusalError('E_TYPE', `orders of type ${type} are not taken; use ${Object.keys(takes).join(', ')}`);
  checkTakes(type, values);
  const base: OrderRequestBase = {
    symbol: values.get('symbol') ?? '',
    side: values.get('side') === 'BUY' ? 'buy' : 'sell',
    clientOrderId: values.get('newClientOrderId') ?? null,
    answer:
      (values.get('newOrderRespType') as AnswerForm | undefined) ?? (type === 'LIMIT' || type === 'MARKET' ? 'FULL' : 'ACK'),
  };
  if (type === 'MARKET') return { ...base, kind: 'market', ...marketSize(values) };
  return {
    ...base,
    kind: 'priced',
    order: kindOf(type, values.get('timeInForce')),
    quantity: positive(values, 'quantity'),
    limit: positive(values, 'price'),
    trigger: type === 'STOP_LOSS_LIMIT' ? positive(values, 'stopPrice') : null,
  };
}

function checkTakes(type: ShownType, values: Values): void {
  const { needed, optional } = takes[type];
  for (const name of needed) if (!values.has(name)) throw parameterError(-1102, `an order of type ${type} needs ${name}`);
  for (const name of sizes)
    if (values.has(name) && !needed.includes(name) && !optional.includes(name))
      throw parameterError(-1106, `an order of type ${type} takes no ${name}`);
}

function marketSize(values: Values): Pick<MarketRequest, 'quantity' | 'quoteQuantity'> {
  if (values.has('quantity') === values.has('quoteOrderQty'))
    throw parameterError(-1102, 'a market order needs either quantity or quoteOrderQty');
  return values.has('quantity')
    ? { quantity: positive(values, 'quantity'), quoteQuantity: null }
    : { quantity: null, quoteQuantity: positive(values, 'quoteOrderQty') };
}

function positive(values: Values, name: Parameter): Amount {
  const value = amount(values.get(name) ?? '0');
  if (value <= 0n) throw parameterError(-1100, `${name} is 0`);
  return value;
}

function kindOf(type: Exclude<ShownType, 'MARKET'>, timeInForce: string | undefined): OrderKind {
  if (type === 'LIMIT_MAKER') return 'post-only';
  if (timeInForce === 'GTC') return type === 'LIMIT' ? 'limit' : 'stop-limit';
  if (timeInForce === 'IOC' && type === 'LIMIT') return 'ioc';
  if (timeInForce === 'FOK' && type === 'LIMIT') return 'fok';
  throw refusalError('E_TYPE', `${type} with timeInForce ${timeInForce} is not taken`);
}
