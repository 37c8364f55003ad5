/**
 * Valid requests of the dialect, changed at random, against the admission of the door: the whole way from raw bytes to typed
 * values and orders. Half of the changed requests are signed anew, as whoever stole a sub-key would; the others keep the
 * signature they had. Deterministic: the same seed gives the same requests, and a finding names the one that shows it.
 */
import { createHmac, createSecretKey, type KeyObject } from 'node:crypto';
import { canonicalText } from '@holdfast/domain';
import { type Admitted, createAdmission } from '../admission.ts';
import { DialectError } from '../dialect-error.ts';
import { createFreshness } from '../freshness.ts';
import { type OcoRequest, readOco, readOldOco } from '../oco-request.ts';
import { type OrderRequest, readOrder } from '../order-request.ts';
import { type RawRequest, splitTarget, type Values } from '../read-request.ts';
import { allEndpoints, type DialectAct, type Endpoint } from '../table.ts';

export interface FuzzOptions {
  readonly seed: number;
  readonly count: number;
  /** Builds the request for an endpoint and its values as a client of the exchange does; in tests, ccxt's own builder. */
  readonly rebuild?: (endpoint: Endpoint, values: Values) => RawRequest;
}

export interface FuzzReport {
  readonly requests: number;
  readonly admitted: number;
  /** Refusals by the vault's code, or the exchange's number where there is none. */
  readonly refusals: Readonly<Record<string, number>>;
  /** Longest time one request took, in ms. */
  readonly slowestMs: number;
}

/** An invariant does not hold; the message has the seed, the number and the request. */
export class FuzzFinding extends Error {
  override readonly name = 'FuzzFinding';
}

const secretText = 'c'.repeat(64);
export const fuzzKey = { apiKey: `${'a'.repeat(32)}${'b'.repeat(32)}`, secret: secretText } as const;
const now = 1_790_000_000_000;
const errorCharactersMax = 512;

/** Small fast generator with a period of 2^32 (mulberry32). */
function randomOf(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let it = Math.imul(state ^ (state >>> 15), state | 1);
    it ^= it + Math.imul(it ^ (it >>> 7), it | 61);
    return ((it ^ (it >>> 14)) >>> 0) % below;
  };
}

type Random = ReturnType<typeof randomOf>;
const pick = <Item>(random: Random, items: readonly Item[]): Item => items[random(items.length)]!;

export const signText = (payload: string, secret: string): string =>
  createHmac('sha256', secret).update(payload, 'utf8').digest('hex');

const samples: Readonly<Record<string, readonly string[]>> = {
  symbol: ['BTCUSDT', 'ETHUSDT'],
  symbols: ['["BTCUSDT"]', '["BTCUSDT","ETHUSDT"]'],
  side: ['BUY', 'SELL'],
  'order-type': ['LIMIT', 'MARKET', 'LIMIT_MAKER', 'STOP_LOSS_LIMIT'],
  'time-in-force': ['GTC', 'IOC'],
  decimal: ['1', '0.001', '60000.01', '0.00100000', '999999'],
  'client-id': ['x-TKT5PX2Fabc', 'a', 'A.b_c-9'],
  id: ['1', '123456789'],
  count: ['1', '500'],
  millis: [String(now)],
  flag: ['true', 'false'],
  interval: ['1m', '1h'],
  'answer-form': ['ACK', 'RESULT', 'FULL'],
  'replace-mode': ['STOP_ON_FAILURE', 'ALLOW_FAILURE'],
  token: ['d'.repeat(64)],
  word: ['FULL', 'TRADING'],
  words: ['SPOT', '["SPOT","TRD_GRP_005"]'],
  zone: ['8', '-12', '-3%3A30', '%2B08%3A00'],
  window: ['7d', '15m'],
};

/** What attackers and broken clients put in place of a value. */
const poison: readonly string[] = [
  '1e3', '0x10', '+1', '-1', '1.', '.5', '1,0', 'NaN', 'Infinity', '01', '00', '١', '１２', '9007199254740993', '1'.repeat(40),
  ' 5', '5 ', '%20', '%00', '%2e%2e', '%252e', 'null', 'true', '[]', '{}', '"', "'", ';', '\\', '\r\n', '\u0000', '\u202e', 'é',
  'a'.repeat(5000), '['.repeat(2000), '(a+)+$', '..', '/', '//', '#', '?', '&', '=', '&&', '&signature=', '🦜',
]; // biome-ignore format: a list of texts
const foreignParameters: readonly string[] = [
  'apiKey', 'sideEffectType', 'isIsolated', 'trailingDelta', 'icebergQty', 'strategyId', 'selfTradePreventionMode', 'pegPriceType',
  'autoBorrow', 'leverage', 'isLeverage', 'address', 'withdrawOrderId', 'amount', 'asset', 'listenKey', '__proto__', 'constructor',
]; // biome-ignore format: a list of texts
const pathPieces: readonly string[] = [
  '..',
  '%2e%2e',
  '/',
  '//',
  '\\',
  ';',
  '%00',
  '.',
  'sapi',
  'withdraw',
  'ORDER',
  '?',
  '#',
  'v1',
  'test',
];
const methods: readonly string[] = ['GET', 'POST', 'DELETE', 'PUT', 'PATCH', 'HEAD', 'get', 'Post', ''];

interface Draft {
  method: string;
  path: string;
  pairs: [string, string][];
  /** How many of the pairs stand in the query, if not all; the others stand in the body. */
  inQuery: number | null;
}

function validDraft(random: Random): Draft {
  const endpoint = pick(random, allEndpoints);
  const pairs: [string, string][] = [];
  for (const [name, { form, isNeeded }] of endpoint.parameters) {
    if (name === 'signature' || (!isNeeded && random(2) === 0)) continue;
    pairs.push([name, name === 'recvWindow' ? '5000' : pick(random, samples[form] ?? ['1'])]);
  }
  const inQuery = endpoint.method === 'POST' && random(2) === 0 ? random(pairs.length + 1) : null;
  return { method: endpoint.method, path: endpoint.path, pairs, inQuery };
}

const textOf = (pairs: Draft['pairs']): string => pairs.map(([name, value]) => `${name}=${value}`).join('&');

function signedRequest({ method, path, pairs, inQuery }: Draft): RawRequest {
  const cut = inQuery ?? pairs.length;
  const [query, body] = [textOf(pairs.slice(0, cut)), textOf(pairs.slice(cut))];
  const needsProof = pairs.some(([name]) => name === 'timestamp');
  const proof = needsProof ? `&signature=${signText(query + body, secretText)}` : '';
  const [inTarget, inBody] = query === '' && body !== '' ? ['', body + proof] : [query + proof, body];
  return {
    method,
    target: inTarget === '' ? path : `${path}?${inTarget}`,
    apiKey: fuzzKey.apiKey,
    contentType: inBody === '' ? '' : 'application/x-www-form-urlencoded',
    body: inBody,
  };
}

/** Changes what the parameters say, before signing. */
function changeMeaning(random: Random, draft: Draft): void {
  const at = random(Math.max(draft.pairs.length, 1));
  const pair = draft.pairs[at];
  switch (random(9)) {
    case 0:
      if (pair !== undefined) pair[1] = pick(random, poison);
      return;
    case 1:
      if (pair !== undefined) draft.pairs.push([pair[0], pick(random, poison)]);
      return;
    case 2:
      draft.pairs.splice(at, 1);
      return;
    case 3:
      draft.pairs.splice(at, 0, [pick(random, foreignParameters), pick(random, poison)]);
      return;
    case 4:
      if (pair !== undefined) pair[0] = changeText(random, pair[0]);
      return;
    case 5:
      if (pair !== undefined) pair[1] = changeText(random, pair[1]);
      return;
    case 6:
      draft.path = changePath(random, draft.path);
      return;
    case 7:
      draft.method = pick(random, methods);
      return;
    default:
      draft.inQuery = random(2) === 0 ? null : random(draft.pairs.length + 1);
  }
}

/** One character flipped, taken out, put in, or written another way. */
function changeText(random: Random, text: string): string {
  const at = random(text.length + 1);
  const [before, here, after] = [text.slice(0, at), text.slice(at, at + 1), text.slice(at + 1)];
  switch (random(5)) {
    case 0:
      return before + String.fromCharCode((here.charCodeAt(0) || 65) ^ (1 << random(8))) + after;
    case 1:
      return before + after;
    case 2:
      return before + pick(random, poison) + here + after;
    case 3:
      return here === '' ? text : `${before}%${here.charCodeAt(0).toString(16).padStart(2, '0')}${after}`;
    default:
      return before + (here === here.toUpperCase() ? here.toLowerCase() : here.toUpperCase()) + after;
  }
}

function changePath(random: Random, path: string): string {
  if (random(2) === 0) return changeText(random, path);
  const pieces = path.split('/');
  pieces.splice(random(pieces.length + 1), random(2), pick(random, pathPieces));
  return random(8) === 0 ? `http://127.0.0.1${path}` : pieces.join('/');
}

/** Changes the bytes of a request that is signed already. */
function changeBytes(random: Random, request: RawRequest): RawRequest {
  switch (random(7)) {
    case 6:
      return recut(random, request);
    case 0:
      return { ...request, body: changeText(random, request.body) };
    case 1:
      return { ...request, method: pick(random, methods) };
    case 2:
      return { ...request, apiKey: changeText(random, request.apiKey) };
    case 3:
      return { ...request, contentType: changeText(random, request.contentType) };
    case 4:
      return { ...request, body: splitTarget(request.target).query };
    default:
      return { ...request, target: changeText(random, request.target) };
  }
}

const proofText = /(?:^|&)signature=[0-9a-f]{64}$/;

/** The same signed text, cut elsewhere into query and body, its signature before or behind one of them. */
function recut(random: Random, request: RawRequest): RawRequest {
  const { path, query } = splitTarget(request.target);
  const [proof = ''] = proofText.exec(query) ?? proofText.exec(request.body) ?? [];
  const whole = query.replace(proofText, '') + request.body.replace(proofText, '');
  const at = random(3) === 0 ? whole.length : random(whole.length + 1);
  const parts = [whole.slice(0, at), whole.slice(at)];
  const place = random(2);
  const part = parts[place]!;
  const name = proof.replace('&', '');
  if (proof !== '') parts[place] = part === '' ? name : random(2) === 0 ? `${part}&${name}` : `${name}&${part}`;
  const [inTarget = '', inBody = ''] = parts;
  return {
    ...request,
    target: inTarget === '' ? path : `${path}?${inTarget}`,
    contentType: inBody === '' ? '' : 'application/x-www-form-urlencoded',
    body: inBody,
  };
}

/** What a request means, in one spelling: two requests of equal meaning give equal texts. */
export function meaningOf({ endpoint, values }: Pick<Admitted<unknown>, 'endpoint' | 'values'>): string {
  const said = [...values].filter(([name]) => name !== 'signature').sort(([a], [b]) => (a < b ? -1 : 1));
  const read = readers[endpoint.act];
  const order = read === undefined ? null : orderOf(() => read(values));
  return canonicalText({ what: `${endpoint.method} ${endpoint.path}`, said, order });
}

const readers: Partial<Record<DialectAct, (values: Values) => OrderRequest | OcoRequest>> = {
  place: readOrder,
  'try-place': readOrder,
  replace: readOrder,
  'place-oco': readOco,
  'place-old-oco': readOldOco,
};

/** The typed order, or the code with which the second parsing refuses it. */
function orderOf<Order>(read: () => Order): Order | string {
  try {
    return read();
  } catch (error) {
    if (error instanceof DialectError) return error.refusal ?? String(error.code);
    throw error;
  }
}

/** The request for an endpoint and its values in our own spelling. */
function rebuilt(endpoint: Endpoint, values: Values): RawRequest {
  const pairs: [string, string][] = [...values]
    .filter(([name]) => name !== 'signature')
    .map(([name, value]) => [name, encodeURIComponent(value)]);
  return signedRequest({ method: endpoint.method, path: endpoint.path, pairs, inQuery: null });
}

/** @throws FuzzFinding when an invariant does not hold */
export function runDialectFuzz({ seed, count, rebuild = rebuilt }: FuzzOptions): FuzzReport {
  const random = randomOf(seed);
  const secret: KeyObject = createSecretKey(Buffer.from(secretText, 'latin1'));
  const findKey = (apiKey: string) => (apiKey === fuzzKey.apiKey ? { grant: true as const, secret } : undefined);
  const admission = () => createAdmission({ findKey, checkFresh: createFreshness({ now: () => now, exchangeNow: null }) });
  const refusals: Record<string, number> = {};
  let admitted = 0;
  let slowestMs = 0;

  for (let number = 0; number < count; number += 1) {
    const draft = validDraft(random);
    const steals = random(2) === 0;
    if (steals) for (let left = 1 + random(3); left > 0; left -= 1) changeMeaning(random, draft);
    const original = signedRequest(draft);
    const request = steals ? original : changeBytes(random, original);
    const fail = (why: string): never => {
      throw new FuzzFinding(`seed ${seed}, request ${number}: ${why}: ${JSON.stringify(request).slice(0, 2000)}`);
    };
    const begun = performance.now();
    const result = attempt(() => admission()(request), fail);
    slowestMs = Math.max(slowestMs, performance.now() - begun);
    if (result instanceof DialectError) {
      checkRefusal(result, fail);
      const code = result.refusal ?? String(result.code);
      refusals[code] = (refusals[code] ?? 0) + 1;
      continue;
    }
    admitted += 1;
    if (result.endpoint.path !== splitTarget(request.target).path) fail('was let through under another path');
    if (!steals && result.endpoint.security === 'signed') checkUnchanged(original, request, fail);
    const again = attempt(() => admission()(rebuild(result.endpoint, result.values)), fail);
    if (again instanceof DialectError) fail(`is refused when it is built anew: ${again.message}`);
    else if (meaningOf(again) !== meaningOf(result)) fail(`means ${meaningOf(result)}, built anew ${meaningOf(again)}`);
  }
  return { requests: count, admitted, refusals, slowestMs };
}

function attempt(act: () => Admitted<true>, fail: (why: string) => never): Admitted<true> | DialectError {
  try {
    return act();
  } catch (error) {
    return error instanceof DialectError ? error : fail(`threw ${String(error)}`);
  }
}

function checkRefusal({ status, code, message }: DialectError, fail: (why: string) => never): void {
  if (status < 400 || status > 599 || code >= 0) fail(`was refused with status ${status} and code ${code}`);
  if (message.length > errorCharactersMax) fail(`was refused in ${message.length} characters`);
  if (message.includes(secretText)) fail('was refused in words that hold the secret');
}

/** A signature binds the parameters, not method and path: nothing else may differ in what passed. */
function checkUnchanged(original: RawRequest, request: RawRequest, fail: (why: string) => never): void {
  const said = ({ target, body }: RawRequest): string =>
    [splitTarget(target).query, body]
      .flatMap((text) => text.split('&').filter((it) => it !== '' && !proofText.test(it)))
      .join('&');
  if (said(original) !== said(request)) fail('was let through with other parameters than those that were signed');
}
