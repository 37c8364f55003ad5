/** A refusal in the exchange's words: code and text as in its errors.md. The text may name a parameter or a limit. */
export class ApiError extends Error {
  override readonly name = 'ApiError';
  readonly code: number;
  readonly status: number;
  /** Beside code and msg in the answer: `data` of cancelReplace and of limits. */
  readonly data: object | undefined;
  /** Seconds, for the header of 429 and 418. */
  readonly retryAfter: number | undefined;
  constructor(
    code: number,
    message: string,
    options: { readonly status?: number; readonly data?: object; readonly retryAfter?: number } = {},
  ) {
    super(message);
    this.code = code;
    this.status = options.status ?? 400;
    this.data = options.data;
    this.retryAfter = options.retryAfter;
  }
}

const regexText = {
  symbol: '^[\\w\\-._&&[^a-z]]{1,50}$',
  decimal: '^([0-9]{1,20})(\\.[0-9]{1,20})?$',
  integer: '^[0-9]{1,20}$',
  id: '^[a-zA-Z0-9-_]{1,36}$',
} as const;
export type LegalRange = keyof typeof regexText;

export const illegalCharacters = (name: string, range: LegalRange): ApiError =>
  new ApiError(-1100, `Illegal characters found in parameter '${name}'; legal range is '${regexText[range]}'.`);
export const tooManyParameters = (expected: number, received: number): ApiError =>
  new ApiError(-1101, `Too many parameters; expected '${expected}' and received '${received}'.`);
export const duplicateParameter = (): ApiError => new ApiError(-1101, 'Duplicate values for a parameter detected.');
export const mandatory = (name: string): ApiError =>
  new ApiError(-1102, `Mandatory parameter '${name}' was not sent, was empty/null, or malformed.`);
export const oneOf = (first: string, second: string): ApiError =>
  new ApiError(-1102, `Param '${first}' or '${second}' must be sent, but both were empty/null!`);
export const tooGreat = (name: string, most: string): ApiError =>
  new ApiError(-1102, `'${name}' contains unexpected value. Cannot be greater than '${most}'.`);
export const unread = (read: number, sent: number): ApiError =>
  new ApiError(-1104, `Not all sent parameters were read; read '${read}' parameter(s) but was sent '${sent}'.`);
export const emptyParameter = (name: string): ApiError => new ApiError(-1105, `Parameter '${name}' was empty.`);
export const notRequired = (name: string): ApiError => new ApiError(-1106, `Parameter '${name}' sent when not required.`);
export const overflow = (name: string): ApiError => new ApiError(-1108, `Parameter '${name}' overflowed.`);
export const tooPrecise = (name: string): ApiError => new ApiError(-1111, `Parameter '${name}' has too much precision.`);
export const badCombination = (): ApiError => new ApiError(-1128, 'Combination of optional parameters invalid.');
export const invalidData = (name: string): ApiError => new ApiError(-1130, `Data sent for parameter '${name}' is not valid.`);
export const invalidSymbol = (): ApiError => new ApiError(-1121, 'Invalid symbol.');
export const noSuchOrder = (): ApiError => new ApiError(-2013, 'Order does not exist.');
export const invalidSignature = (): ApiError => new ApiError(-1022, 'Signature for this request is not valid.');
export const badKeyFormat = (): ApiError => new ApiError(-2014, 'API-key format invalid.', { status: 401 });
export const rejectedKey = (): ApiError =>
  new ApiError(-2015, 'Invalid API-key, IP, or permissions for action.', { status: 401 });
export const noListenKey = (): ApiError => new ApiError(-1125, 'This listenKey does not exist.');
