/**
 * The dialect door as the gate sees it: which requests are its own, their frames, and refusals in the exchange's words.
 * Paths are not looked at beyond their first word: what they mean is the signer's to say.
 */
import type { IncomingMessage } from 'node:http';
import type { DialectFrame } from '../frames/dialect-frames.ts';
import { targetCharactersMax } from '../frames/frames.ts';
import { type Refusal, rawHeader } from './request.ts';

const keyHeader = 'x-mbx-apikey';
/** Headers with which a client asks that its method be taken for another. */
const overrideHeaders: readonly string[] = ['x-http-method-override', 'x-http-method', 'x-method-override'];
const dialectTarget = /^\/(?:api|sapi|fapi|dapi|eapi|papi|wapi)(?:\/|$)/;
const headerCharactersMax = 128;

/** Whether a request speaks the exchange's dialect: by the first word of its path, or by the exchange's own header. */
export const isDialect = (request: IncomingMessage): boolean =>
  dialectTarget.test(request.url ?? '') || rawHeader(request, keyHeader).length > 0;

/** Why a request of the dialect does not go to the signer, or undefined. */
export function dialectRefusal(request: IncomingMessage): Refusal | undefined {
  for (const name of overrideHeaders)
    if (rawHeader(request, name).length > 0) return { status: 404, code: 'E_PATH', reason: `the header ${name} is not taken` };
  if ((request.url ?? '').length > targetCharactersMax)
    return { status: 400, code: 'E_PARAM', reason: `the address has more than ${targetCharactersMax} characters` };
  for (const name of [keyHeader, 'content-type'])
    if ((rawHeader(request, name)[0] ?? '').length > headerCharactersMax)
      return { status: 400, code: 'E_PARAM', reason: `the header ${name} has more than ${headerCharactersMax} characters` };
  return undefined;
}

export const dialectFrame = (id: number, request: IncomingMessage, body: string): DialectFrame => ({
  kind: 'dialect',
  id,
  method: (request.method ?? '').slice(0, 32),
  target: request.url ?? '',
  apiKey: rawHeader(request, keyHeader)[0] ?? '',
  contentType: rawHeader(request, 'content-type')[0] ?? '',
  body,
});

/** The exchange's numbers for what the gate refuses by itself (errors.md); all others are -1002. */
const numbers: Readonly<Record<string, number>> = { E_PARAM: -1100, E_RATE: -1003 };

/** A refusal of the gate itself as the exchange would write it. */
export const dialectBody = ({ code, reason }: Refusal): string =>
  JSON.stringify({ code: numbers[code] ?? -1002, msg: `${reason} (${code})` });
