/**
 * Refusals as the exchange would say them: `{code, msg}` with an HTTP status. The vault's own code stands at the end of
 * the text. Codes were chosen by what ccxt makes of them at an address that is not the exchange's own (its common table):
 * InvalidOrder, InsufficientFunds, PermissionDenied, AuthenticationError, RateLimitExceeded, BadRequest and so on.
 */
import type { RefusalCode, Side } from '@holdfast/domain';

export class DialectError extends Error {
  override readonly name = 'DialectError';
  readonly status: number;
  readonly code: number;
  /** The vault's code behind it, if there is one. */
  readonly refusal: RefusalCode | null;
  /** What the body holds besides code and text. */
  readonly data: unknown;

  constructor(status: number, code: number, message: string, refusal: RefusalCode | null = null, data?: unknown) {
    super(message);
    this.status = status;
    this.code = code;
    this.refusal = refusal;
    this.data = data;
  }

  body(): unknown {
    const text = { code: this.code, msg: this.message };
    return this.data === undefined ? text : { ...text, data: this.data };
  }
}

/** ccxt reads a text with these words as PermissionDenied. */
const denied = 'This key has no operation privilege: ';

const shapes: Readonly<Record<RefusalCode, readonly [status: number, code: number, before?: string]>> = {
  E_PATH: [404, -1002, denied],
  E_PARAM: [400, -1100],
  E_SIG: [401, -1022],
  E_TIME: [400, -1021],
  E_REPLAY: [400, -1021],
  E_BIND: [401, -1002, denied],
  E_REVOKED: [401, -1002],
  E_RIGHT: [403, -1002, denied],
  E_SYMBOL: [400, -2010, denied],
  E_TYPE: [400, -2010],
  E_BAND: [400, -2010],
  E_CORRIDOR: [400, -2010],
  E_SIZE: [400, -2010],
  E_POS: [400, -2010],
  E_OPEN: [400, -2010],
  E_TURNOVER: [400, -2010],
  E_BURN: [400, -2010],
  E_RATE: [429, -1015],
  E_ORACLE: [400, -1004],
  E_FROZEN: [403, -1002, denied],
  E_SEALED: [503, -1004],
  E_RECONCILE: [503, -1004],
  E_AUDIT: [503, -1004],
  E_CONNECT: [503, -1004],
  E_STATE: [400, -2010],
  E_DUPLICATE: [400, -2010, 'Duplicate order sent: '],
  E_UNKNOWN_ORDER: [400, -2011, 'Unknown order sent: '],
  E_MANDATE_SIG: [403, -1002, denied],
  E_MANDATE_SEQ: [403, -1002, denied],
  E_MANDATE_EXP: [403, -1002, denied],
  E_MANDATE_FORM: [403, -1002, denied],
  E_MANDATE_PENDING: [403, -1002, denied],
  E_PERM: [403, -1002, denied],
  E_DUPKEY: [403, -1002, denied],
};

/** Selling more than one has: the code that ccxt reads as InsufficientFunds whatever the text. */
const insufficientCode = -4050;

/** A refusal of the vault in the exchange's words. */
export function refusalError(code: RefusalCode, reason: string, side?: Side): DialectError {
  const [status, number, before = ''] = shapes[code];
  const sellsTooMuch = code === 'E_POS' && side === 'sell';
  return new DialectError(status, sellsTooMuch ? insufficientCode : number, `${before}${reason} (${code})`, code);
}

/** Ill-formed requests have the exchange's own numbers. */
export const parameterError = (code: -1100 | -1101 | -1102 | -1104 | -1105 | -1106, what: string): DialectError =>
  new DialectError(400, code, `${what} (E_PARAM)`, 'E_PARAM');

export const unknownOrder = (): DialectError => new DialectError(400, -2011, 'Unknown order sent.');
export const unknownList = (): DialectError => new DialectError(400, -2011, 'Unknown order list sent.');
export const listDoesNotExist = (): DialectError => new DialectError(400, -2013, 'Order list does not exist.');
export const orderDoesNotExist = (): DialectError => new DialectError(400, -2013, 'Order does not exist.');

/** The order may exist: what became of it the vault finds out and the order's own reads then say. */
export const outcomeUnknown = (): DialectError =>
  new DialectError(
    504,
    -1007,
    'Timeout waiting for response from backend server. Send status unknown; execution status unknown.',
  );

/** The exchange's own texts that pass; anything else of it is told by its code alone. */
const knownTexts: ReadonlySet<string> = new Set([
  'Account has insufficient balance for requested action.',
  'Order would immediately match and take.',
  'Order would trigger immediately.',
  'Stop price would trigger immediately.',
  'The relationship of the prices for the orders is not correct.',
  'Market is closed.',
  'Duplicate order sent.',
  'Unknown order sent.',
  'This symbol is not permitted for this account.',
  'This symbol is restricted for this account.',
  'This action is disabled on this account.',
  'Too many new orders.',
]);
/** In place of texts that hold figures of the account. */
const ownTexts: ReadonlyMap<number, string> = new Map([
  [-1003, 'Too many requests.'],
  [-1015, 'Too many new orders.'],
  [-1021, "The vault's clock and the exchange's differ."],
]);
const filterText = /^Filter failure: [A-Z_]{1,40}$/;

/** What the exchange refused, with its code; its text only if it is a known one, so that nothing signed is ever quoted. */
export function exchangeRefusal(code: string, reason: string): DialectError {
  const number = /^-\d{4,5}$/.test(code) ? Number(code) : -2010;
  const passes = knownTexts.has(reason) || filterText.test(reason);
  const text = passes ? reason : (ownTexts.get(number) ?? 'The exchange refused the order.');
  return new DialectError(number === -1003 || number === -1015 ? 429 : 400, number, text);
}
