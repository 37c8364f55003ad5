/**
 * What the portal looks at before a request goes to the signer: that it came from the portal's own page in a browser on this
 * origin. Nothing here is trusted later; the signer checks session and proof itself.
 */
import type { IncomingMessage } from 'node:http';
import type { RefusalCode } from '@holdfast/domain';

export const bodyBytesMax = 64 * 1024;
export const sessionHeader = 'holdfast-session';
const sessionCharactersMax = 128;
const portalPath = /^\/v1\/portal\/[a-z-]{1,32}$/;

/** An answer of the portal itself. */
export interface Refusal {
  readonly status: number;
  readonly code: RefusalCode;
  readonly reason: string;
}

const refusal = (status: number, code: RefusalCode, reason: string): Refusal => ({ status, code, reason });

/** Of these a second one would be read differently by different readers. */
const single = ['host', 'origin', 'content-length', 'content-type', 'sec-fetch-site', sessionHeader] as const;

const countOf = ({ rawHeaders }: IncomingMessage, name: string): number =>
  rawHeaders.filter((header, at) => at % 2 === 0 && header.toLowerCase() === name).length;

/** Whether a request names another host than the portal's. A rebound name of somebody else's ends here. */
export const namesOtherHost = (request: IncomingMessage, origin: URL): boolean =>
  countOf(request, 'host') !== 1 || request.headers.host !== origin.host;

/** The same place under its address in numbers, which passkeys do not work on: it is sent on to the name. */
export const namesLoopback = ({ headers }: IncomingMessage, { port, hostname }: URL): boolean =>
  hostname === 'localhost' && (headers.host === `127.0.0.1:${port}` || headers.host === `[::1]:${port}`);

/** Why a POST is not one of the page's, or undefined. */
export function refusalOf(request: IncomingMessage, origin: URL): Refusal | undefined {
  const { headers, url = '' } = request;
  const repeated = single.find((name) => countOf(request, name) > 1);
  if (repeated !== undefined) return refusal(400, 'E_PARAM', `the header ${repeated} is there twice`);
  if (!portalPath.test(url)) return refusal(404, 'E_PATH', `${url.slice(0, 80)} is not a request of the portal`);
  if (headers.origin !== origin.origin)
    return refusal(403, 'E_RIGHT', `the request comes from ${String(headers.origin).slice(0, 80)}, not from ${origin.origin}`);
  if (headers['sec-fetch-site'] !== 'same-origin')
    return refusal(403, 'E_RIGHT', 'the request does not come from the portal’s own page in a browser');
  if (headers['content-type'] !== 'application/json') return refusal(415, 'E_PARAM', 'the body is not application/json');
  const length = headers['content-length'] ?? '';
  if (!/^\d{1,9}$/.test(length)) return refusal(411, 'E_PARAM', 'the request does not say how long its body is');
  if (Number(length) > bodyBytesMax) return refusal(413, 'E_PARAM', `the body has ${length} bytes, limit ${bodyBytesMax}`);
  if (sessionOf(request).length > sessionCharactersMax) return refusal(400, 'E_PARAM', 'the session is too long');
  return undefined;
}

export const sessionOf = ({ headers }: IncomingMessage): string => {
  const session = headers[sessionHeader];
  return typeof session === 'string' ? session : '';
};

/** The whole body as text, undefined when it is not UTF-8. Its length was looked at before. */
export async function readBody(request: IncomingMessage): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of request as AsyncIterable<Uint8Array>) chunks.push(chunk);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(Buffer.concat(chunks));
  } catch {
    return undefined;
  }
}
