/**
 * Who asks for what, proved: the one way from raw bytes to an endpoint with typed values. Everything behind it (trading,
 * reads, streams) sees only what passed here. Order of the checks: path, key, signature, forms of text, freshness, closed
 * list of parameters (custody 3.5, 2 to 6).
 */
import type { KeyObject } from 'node:crypto';
import { DialectError, parameterError } from './dialect-error.ts';
import type { CheckFresh } from './freshness.ts';
import {
  checkParameters,
  checkSignature,
  findEndpoint,
  joined,
  parameterTexts,
  type RawRequest,
  readPairs,
  splitSignature,
  type Values,
} from './read-request.ts';
import type { DialectAct, Endpoint } from './table.ts';

export interface AdmissionPorts<Grant> {
  readonly findKey: (apiKey: string) => { readonly grant: Grant; readonly secret: KeyObject } | undefined;
  readonly checkFresh: CheckFresh;
}

export interface Admitted<Grant> {
  readonly endpoint: Endpoint;
  /** Null for market data, which anybody may read. */
  readonly grant: Grant | null;
  readonly values: Values;
}

export type Admit<Grant> = (request: RawRequest) => Admitted<Grant>;

/** Acts that change something, or could be mistaken for one that does: each signature counts once. */
const changing: ReadonlySet<DialectAct> = new Set([
  'place',
  'try-place',
  'place-oco',
  'place-old-oco',
  'cancel',
  'cancel-all',
  'cancel-list',
  'replace',
]);
const defaultWindow = '5000';
const windowMsMax = 60_000;
const wholeNumber = /^[1-9]\d{0,14}$/;
const keyText = /^[A-Za-z0-9]{64}$/;

/** The key behind an id. @throws DialectError */
export function needKey<Grant>(find: AdmissionPorts<Grant>['findKey'], apiKey: string): { grant: Grant; secret: KeyObject } {
  if (!keyText.test(apiKey)) throw new DialectError(401, -2014, 'API-key format invalid. (E_SIG)', 'E_SIG');
  const found = find(apiKey);
  if (found === undefined) throw new DialectError(401, -2015, 'Invalid API-key: the vault does not know it. (E_SIG)', 'E_SIG');
  return found;
}

export function createAdmission<Grant>({ findKey, checkFresh }: AdmissionPorts<Grant>): Admit<Grant> {
  return (request) => {
    const endpoint = findEndpoint(request);
    const texts = parameterTexts(request);
    const text = joined(texts);
    if (endpoint.security === 'public') return { endpoint, grant: null, values: checkParameters(readPairs(text), endpoint) };
    const { grant, secret } = needKey(findKey, request.apiKey);
    if (endpoint.security === 'key') return { endpoint, grant, values: checkParameters(readPairs(text), endpoint) };
    const { payload, signature } = splitSignature(texts);
    checkSignature(payload, signature, secret);
    const pairs = readPairs(text);
    checkFresh({
      ...timesOf(new Map(pairs)),
      signature,
      changes: changing.has(endpoint.act),
    });
    return { endpoint, grant, values: checkParameters(pairs, endpoint) };
  };
}

/** @throws DialectError `E_PARAM` */
function timesOf(values: Values): { readonly timestamp: number; readonly recvWindow: number } {
  const timestamp = values.get('timestamp') ?? '';
  const window = values.get('recvWindow') ?? defaultWindow;
  if (!wholeNumber.test(timestamp)) throw parameterError(-1102, 'timestamp is missing or not a whole number of ms');
  if (!wholeNumber.test(window) || Number(window) > windowMsMax)
    throw parameterError(-1100, `recvWindow is not a whole number of ms up to ${windowMsMax}`);
  return { timestamp: Number(timestamp), recvWindow: Number(window) };
}
