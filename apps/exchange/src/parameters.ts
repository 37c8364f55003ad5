/**
 * Parameters of a request, however they came (query, form body, JSON of the WebSocket API), checked against what the
 * endpoint declares. Handlers read them typed; what is declared optional reads as undefined when it was not sent.
 */
import { type Amount, amount } from '@holdfast/domain';
import { intervals } from '@holdfast/exchanges/simulated';
import {
  type ApiError,
  ApiError as ApiErrorClass,
  duplicateParameter,
  emptyParameter,
  illegalCharacters,
  invalidData,
  mandatory,
  tooManyParameters,
  tooPrecise,
  unread,
} from './api-error.ts';

export type ParameterKind =
  | 'symbol'
  | 'symbols'
  | 'text'
  | 'id'
  | 'side'
  | 'type'
  | 'tif'
  | 'interval'
  | 'decimal'
  | 'integer'
  | 'boolean';

export interface Declared {
  readonly name: string;
  readonly kind: ParameterKind;
  readonly mandatory?: boolean;
}

/** "symbol:symbol! limit:integer" in place of a list of objects; `!` marks what must be sent. */
export function declare(text: string): readonly Declared[] {
  if (text === '') return [];
  return text.split(/\s+/).map((word) => {
    const [name = '', kind = 'text'] = word.replace('!', '').split(':');
    return { name, kind: kind as ParameterKind, mandatory: word.endsWith('!') };
  });
}

/** Names that every signed request may carry besides its own. */
export const signedNames: ReadonlySet<string> = new Set(['timestamp', 'recvWindow', 'signature', 'apiKey']);

const intervalNames: ReadonlySet<string> = new Set(intervals);
const orderTypes = new Set([
  'LIMIT',
  'LIMIT_MAKER',
  'MARKET',
  'STOP_LOSS',
  'STOP_LOSS_LIMIT',
  'TAKE_PROFIT',
  'TAKE_PROFIT_LIMIT',
]);

function checked(name: string, kind: ParameterKind, value: string): void {
  const problem = problemOf(name, kind, value);
  if (problem !== undefined) throw problem;
}

function problemOf(name: string, kind: ParameterKind, value: string): ApiError | undefined {
  switch (kind) {
    case 'symbol':
      return /^[\p{L}\p{N}_\-.]{1,50}$/u.test(value) && !/[a-z]/.test(value) ? undefined : illegalCharacters(name, 'symbol');
    case 'id':
      return /^[a-zA-Z0-9\-_]{1,36}$/.test(value) ? undefined : illegalCharacters(name, 'id');
    case 'side':
      return value === 'BUY' || value === 'SELL' ? undefined : new ApiErrorClass(-1117, 'Invalid side.');
    case 'type':
      return orderTypes.has(value) ? undefined : new ApiErrorClass(-1116, 'Invalid orderType.');
    case 'tif':
      return value === 'GTC' || value === 'IOC' || value === 'FOK' ? undefined : new ApiErrorClass(-1115, 'Invalid timeInForce.');
    case 'interval':
      return intervalNames.has(value) ? undefined : new ApiErrorClass(-1120, 'Invalid interval.');
    case 'decimal':
      if (!/^[0-9]{1,20}(\.[0-9]{1,20})?$/.test(value)) return illegalCharacters(name, 'decimal');
      return /\.\d{8}\d*[1-9]/.test(value) ? tooPrecise(name) : undefined;
    case 'integer':
      return /^-?[0-9]{1,20}$/.test(value) ? undefined : illegalCharacters(name, 'integer');
    case 'boolean':
      return /^(true|false)$/i.test(value) ? undefined : invalidData(name);
    default:
      return undefined;
  }
}

export interface Parameters {
  has(name: string): boolean;
  text(name: string): string;
  textOr(name: string): string | undefined;
  decimal(name: string): Amount | undefined;
  integer(name: string): number | undefined;
  flag(name: string): boolean | undefined;
}

/** Reads declared parameters. `strict` says how surplus ones are refused: public endpoints count, signed ones read. */
export function readParameters(
  sent: ReadonlyMap<string, string>,
  declared: readonly Declared[],
  strict: 'public' | 'signed' | 'lenient',
): Parameters {
  for (const each of declared) {
    const value = sent.get(each.name);
    if (value === undefined || value === '') {
      if (each.mandatory === true) throw mandatory(each.name);
      if (value === '') throw emptyParameter(each.name);
    } else checked(each.name, each.kind, value);
  }
  refuseSurplus(sent, declared, strict);
  const get = (name: string): string | undefined => sent.get(name);
  return {
    has: (name) => sent.has(name),
    text(name): string {
      const value = get(name);
      if (value === undefined) throw mandatory(name);
      return value;
    },
    textOr: get,
    decimal(name): Amount | undefined {
      const value = get(name);
      return value === undefined ? undefined : amount(value.replace(/(\.\d{18})\d+$/, '$1'));
    },
    integer(name): number | undefined {
      const value = get(name);
      if (value === undefined) return undefined;
      const number = Number(value);
      if (!Number.isSafeInteger(number)) throw invalidData(name);
      return number;
    },
    flag(name): boolean | undefined {
      const value = get(name);
      return value === undefined ? undefined : value.toLowerCase() === 'true';
    },
  };
}

function refuseSurplus(
  sent: ReadonlyMap<string, string>,
  declared: readonly Declared[],
  strict: 'public' | 'signed' | 'lenient',
): void {
  if (strict === 'lenient') return;
  const names = new Set(declared.map((each) => each.name));
  const known = [...sent.keys()].filter((name) => names.has(name) || (strict === 'signed' && signedNames.has(name)));
  if (known.length === sent.size) return;
  throw strict === 'public' ? tooManyParameters(declared.length, sent.size) : unread(known.length, sent.size);
}

/** Name/value pairs of a query string or form body. @throws ApiError -1101 when a name stands there twice */
export function readForm(text: string): Map<string, string> {
  const values = new Map<string, string>();
  if (text === '') return values;
  for (const part of text.split('&')) {
    if (part === '') continue;
    const equals = part.indexOf('=');
    const name = decode(equals < 0 ? part : part.slice(0, equals));
    if (values.has(name)) throw duplicateParameter();
    values.set(name, equals < 0 ? '' : decode(part.slice(equals + 1)));
  }
  return values;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw new ApiErrorClass(-1100, 'Illegal characters found in a parameter.');
  }
}

/** A list of names, as the JSON text `["A","B"]`. @throws ApiError -1135, -1130 */
export function readList(text: string, name: string): readonly string[] {
  let list: unknown;
  try {
    list = JSON.parse(text);
  } catch {
    throw new ApiErrorClass(-1135, `JSON sent for parameter '${name}' is not valid`);
  }
  if (!Array.isArray(list) || list.length === 0 || list.some((each) => typeof each !== 'string')) throw invalidData(name);
  return list;
}

/** A list of symbols. @throws ApiError -1135, -1130, -1100, -1151 */
export function readSymbols(text: string, name: string): readonly string[] {
  const list = readList(text, name);
  for (const each of list) checked(name, 'symbol', each);
  if (new Set(list).size !== list.length) throw new ApiErrorClass(-1151, 'Symbol is present multiple times in the list.');
  return list;
}
