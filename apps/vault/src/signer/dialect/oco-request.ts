/**
 * The OCO that a request's parameters ask for, in both spellings of the exchange: `orderList/oco` names an order above and one
 * below the market, the older `order/oco` a limit and a stop. Taken is what the vault can judge: a maker order on one side and
 * a stop-limit order, good till cancelled, on the other; market stops, take-profit types, trailing and icebergs are refused.
 */
import { type Amount, amount, type Side } from '@holdfast/domain';
import { parameterError, refusalError } from './dialect-error.ts';
import type { AnswerForm } from './order-request.ts';
import type { Values } from './read-request.ts';

export interface OcoRequest {
  readonly symbol: string;
  readonly side: Side;
  readonly quantity: Amount;
  /** Ids are null where the client gave none. */
  readonly clientOrderId: string | null;
  readonly limitLeg: { readonly clientOrderId: string | null; readonly limit: Amount };
  readonly stopLeg: { readonly clientOrderId: string | null; readonly trigger: Amount; readonly limit: Amount };
  readonly answer: AnswerForm;
}

type Where = 'above' | 'below';
type Part = 'Price' | 'StopPrice' | 'TimeInForce';

/** Of `orderList/oco`. @throws DialectError `E_TYPE`, `E_PARAM` */
export function readOco(values: Values): OcoRequest {
  const common = readCommon(values);
  const sells = common.side === 'sell';
  const limitAt: Where = sells ? 'above' : 'below';
  const stopAt: Where = sells ? 'below' : 'above';
  takesType(values, limitAt, 'LIMIT_MAKER', common.side);
  takesType(values, stopAt, 'STOP_LOSS_LIMIT', common.side);
  takesParts(values, limitAt, ['Price'], ['StopPrice', 'TimeInForce']);
  takesParts(values, stopAt, ['Price', 'StopPrice', 'TimeInForce'], []);
  goodTillCancelled(values, `${stopAt}TimeInForce`);
  return {
    ...common,
    limitLeg: { clientOrderId: idOf(values, `${limitAt}ClientOrderId`), limit: positive(values, `${limitAt}Price`) },
    stopLeg: {
      clientOrderId: idOf(values, `${stopAt}ClientOrderId`),
      trigger: positive(values, `${stopAt}StopPrice`),
      limit: positive(values, `${stopAt}Price`),
    },
  };
}

/** Of the older `order/oco`. @throws DialectError `E_TYPE`, `E_PARAM` */
export function readOldOco(values: Values): OcoRequest {
  if (!values.has('stopLimitPrice'))
    throw refusalError('E_TYPE', 'an OCO without stopLimitPrice would sell at any price; give stopLimitPrice');
  if (!values.has('stopLimitTimeInForce')) throw parameterError(-1102, 'stopLimitPrice needs stopLimitTimeInForce');
  goodTillCancelled(values, 'stopLimitTimeInForce');
  return {
    ...readCommon(values),
    limitLeg: { clientOrderId: idOf(values, 'limitClientOrderId'), limit: positive(values, 'price') },
    stopLeg: {
      clientOrderId: idOf(values, 'stopClientOrderId'),
      trigger: positive(values, 'stopPrice'),
      limit: positive(values, 'stopLimitPrice'),
    },
  };
}

const readCommon = (values: Values): Pick<OcoRequest, 'symbol' | 'side' | 'quantity' | 'clientOrderId' | 'answer'> => ({
  symbol: values.get('symbol') ?? '',
  side: values.get('side') === 'BUY' ? 'buy' : 'sell',
  quantity: positive(values, 'quantity'),
  clientOrderId: idOf(values, 'listClientOrderId'),
  answer: (values.get('newOrderRespType') as AnswerForm | undefined) ?? 'RESULT',
});

const idOf = (values: Values, name: string): string | null => values.get(name) ?? null;

function takesType(values: Values, where: Where, type: string, side: Side): void {
  const given = values.get(`${where}Type`);
  if (given !== type)
    throw refusalError(
      'E_TYPE',
      `an OCO to ${side} with ${where}Type ${given} is not taken; ${where} the market it takes ${type}`,
    );
}

function takesParts(values: Values, where: Where, needed: readonly Part[], refused: readonly Part[]): void {
  for (const part of needed) if (!values.has(`${where}${part}`)) throw parameterError(-1102, `this OCO needs ${where}${part}`);
  for (const part of refused)
    if (values.has(`${where}${part}`)) throw parameterError(-1106, `an order of type LIMIT_MAKER takes no ${where}${part}`);
}

function goodTillCancelled(values: Values, name: string): void {
  if (values.get(name) !== 'GTC')
    throw refusalError('E_TYPE', `a stop of an OCO with ${name} ${values.get(name)} is not taken; use GTC`);
}

function positive(values: Values, name: string): Amount {
  const value = amount(values.get(name) ?? '0');
  if (value <= 0n) throw parameterError(-1100, `${name} is 0`);
  return value;
}
