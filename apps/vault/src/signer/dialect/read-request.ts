/**
 * A raw request of the dialect door becomes a typed one, or an error. The order of checks is custody's (3.5): path, key,
 * signature over the bytes, freshness, then the closed list of parameters. Nothing is decoded, normalised or repaired, so
 * there is one reading of every request that passes.
 *
 *   D1  A path is looked up byte for byte; no other path reaches the exchange or is answered.
 *   D2  No name stands twice, be it once in the query and once in the body.
 *   D3  What was signed is exactly what is read: all text but the signature and its `&`. Where query and body both have parameters
 *       nothing stands between the two in what was signed (rest-api.md), and it still has one reading: wherever else it is cut, a name
 *       or a value is none.
 */
import { createHmac, type KeyObject, timingSafeEqual } from 'node:crypto';
import { parameterError, refusalError } from './dialect-error.ts';
import { hasForm, symbolsMax, valueCharactersMax } from './forms.ts';
import { type Endpoint, endpointOf } from './table.ts';

export interface RawRequest {
  readonly method: string;
  /** As it stood in the request line. */
  readonly target: string;
  readonly apiKey: string;
  readonly contentType: string;
  readonly body: string;
}

/** Parameters by name, each of its declared form. */
export type Values = ReadonlyMap<string, string>;

const parametersMax = 32;
const symbolsCharactersMax = symbolsMax * 40;

/** Path and query of a raw target. */
export function splitTarget(target: string): { readonly path: string; readonly query: string } {
  const mark = target.indexOf('?');
  return mark < 0 ? { path: target, query: '' } : { path: target.slice(0, mark), query: target.slice(mark + 1) };
}

/** @throws DialectError `E_PATH` */
export function findEndpoint({ method, target }: RawRequest): Endpoint {
  const endpoint = endpointOf(method, splitTarget(target).path);
  if (endpoint === undefined)
    throw refusalError('E_PATH', `${quoted(method)} ${quoted(splitTarget(target).path)} is not a request of this door`);
  return endpoint;
}

/** Some clients (hummingbot) call their form JSON. It is read as a form either way, and real JSON is none. */
const formType = /^application\/(?:x-www-form-urlencoded|json)(?:; ?charset=(?:utf-8|UTF-8))?$/;

export interface ParameterTexts {
  /** The only text with parameters, or that of the query. */
  readonly text: string;
  /** What the body adds to the query; empty where only one of them has parameters. */
  readonly more: string;
}

/** The texts that hold the parameters. @throws DialectError `E_PARAM` for a body that is not read */
export function parameterTexts({ target, body, contentType, method }: RawRequest): ParameterTexts {
  const { query } = splitTarget(target);
  if (body === '') return { text: query, more: '' };
  if (method === 'GET') throw parameterError(-1100, 'a GET has no body');
  if (!formType.test(contentType))
    throw parameterError(-1100, 'the body is not application/x-www-form-urlencoded; no other type is read');
  return query === '' ? { text: body, more: '' } : { text: query, more: body };
}

/** All of them as one text. */
export const joined = ({ text, more }: ParameterTexts): string => (more === '' ? text : `${text}&${more}`);

const nameText = /^[A-Za-z][A-Za-z0-9]{0,31}$/;
const plainText = /^[A-Za-z0-9._-]+$/;
const listText = /^(?:[A-Z0-9_"[\],]|%5B|%5D|%22|%2C|%5b|%5d|%2c)+$/;
const zoneText = /^(?:[0-9:-]|%2B|%3A|%2b|%3a){1,16}$/;

/** The pairs of a parameter text in order. @throws DialectError `E_PARAM` */
export function readPairs(text: string): readonly (readonly [name: string, value: string])[] {
  if (text === '') return [];
  const parts = text.split('&');
  if (parts.length > parametersMax) throw parameterError(-1101, `${parts.length} parameters, limit ${parametersMax}`);
  const seen = new Set<string>();
  return parts.map((part) => {
    const at = part.indexOf('=');
    const name = at < 0 ? part : part.slice(0, at);
    if (!nameText.test(name)) throw parameterError(-1100, `${quoted(name)} is not a name of a parameter`);
    if (seen.has(name)) throw parameterError(-1101, `the parameter ${name} stands twice`);
    seen.add(name);
    const value = at < 0 ? '' : part.slice(at + 1);
    if (value === '') throw parameterError(-1105, `the parameter ${name} is empty`);
    return [name, (encodedReaders.get(name) ?? readPlain)(name, value)];
  });
}

function readPlain(name: string, value: string): string {
  if (value.length > valueCharactersMax || !plainText.test(value))
    throw parameterError(-1100, `the parameter ${name} has characters that none of its values has: ${quoted(value)}`);
  return value;
}

function readList(name: string, value: string): string {
  if (value.length > symbolsCharactersMax || !listText.test(value))
    throw parameterError(-1100, `the parameter ${name} is not a list such as ["BTCUSDT","ETHUSDT"]: ${quoted(value)}`);
  return value.replace(/%5B/gi, '[').replace(/%5D/gi, ']').replace(/%22/g, '"').replace(/%2C/gi, ',');
}

function readZone(name: string, value: string): string {
  if (!zoneText.test(value))
    throw parameterError(-1100, `the parameter ${name} is not a time zone such as 8 or -03:30: ${quoted(value)}`);
  return value.replace(/%2B/gi, '+').replace(/%3A/gi, ':');
}

/** The values that clients have to percent-encode, all of them of public requests. */
const encodedReaders: ReadonlyMap<string, (name: string, value: string) => string> = new Map([
  ['symbols', readList],
  ['permissions', readList],
  ['timeZone', readZone],
]);

/** Checks pairs against what the endpoint declares. @throws DialectError `E_PARAM` */
export function checkParameters(pairs: readonly (readonly [string, string])[], { parameters }: Endpoint): Values {
  for (const [name, value] of pairs) {
    const rule = parameters.get(name);
    if (rule === undefined) throw parameterError(-1104, `the parameter ${name} is not read here`);
    if (!hasForm(value, rule.form)) throw parameterError(-1100, `the parameter ${name} is ${quoted(value)}, not a ${rule.form}`);
  }
  const values: Values = new Map(pairs);
  for (const [name, { isNeeded }] of parameters)
    if (isNeeded && !values.has(name)) throw parameterError(-1102, `the parameter ${name} is missing`);
  return values;
}

const signatureText = /^[0-9a-f]{64}$/;
const signatureName = 'signature=';

/** What was signed, and the signature. @throws DialectError `E_SIG` */
export function splitSignature({ text, more }: ParameterTexts): { readonly payload: string; readonly signature: string } {
  const [ofText, ofMore] = [withoutSignature(text), withoutSignature(more)];
  const signature = ofText.signature ?? ofMore.signature ?? '';
  if (!signatureText.test(signature)) throw refusalError('E_SIG', 'the request has no signature of 64 lower-case hex digits');
  // A second one is part of what was signed then, and a name that stands twice.
  return { payload: ofText.signature === undefined ? text + ofMore.rest : ofText.rest + more, signature };
}

/** A parameter text without its first signature. */
function withoutSignature(text: string): { readonly rest: string; readonly signature: string | undefined } {
  const at = text.startsWith(signatureName) ? 0 : text.indexOf(`&${signatureName}`);
  if (at < 0) return { rest: text, signature: undefined };
  const begin = text.indexOf('=', at) + 1;
  const mark = text.indexOf('&', begin);
  const end = mark < 0 ? text.length : mark;
  const rest = at === 0 ? text.slice(end + 1) : text.slice(0, at) + text.slice(end);
  return { rest, signature: text.slice(begin, end) };
}

/** HMAC-SHA256 over the payload in hex, as the exchange computes it; compared in constant time. @throws DialectError `E_SIG` */
export function checkSignature(payload: string, signature: string, secret: KeyObject): void {
  const expected = createHmac('sha256', secret).update(payload, 'utf8').digest();
  if (!timingSafeEqual(expected, Buffer.from(signature, 'hex')))
    throw refusalError('E_SIG', 'the signature does not fit key and request');
}

/** Text of a peer in a message: cut, and without control characters. */
export const quoted = (text: string): string => JSON.stringify(text.slice(0, 60)).slice(0, 80);
