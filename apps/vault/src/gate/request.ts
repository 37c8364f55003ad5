/**
 * What the gate looks at before a request goes to the signer: that it came straight from a program on this machine and is
 * one of the door's. Nothing here is trusted later; the signer checks again what matters.
 */
import type { IncomingMessage } from 'node:http';
import { doorHeaders, doorPaths, type RefusalCode } from '@holdfast/domain';

export const bodyBytesMax = 64 * 1024;
const pathCharactersMax = 2048;

/** An answer of the gate itself. */
export interface Refusal {
  readonly status: number;
  readonly code: RefusalCode;
  readonly reason: string;
}

const refusal = (status: number, code: RefusalCode, reason: string): Refusal => ({ status, code, reason });

const posts: ReadonlySet<string> = new Set(Object.values(doorPaths).filter((path) => path !== doorPaths.events));
const eventsTarget = new RegExp(`^${doorPaths.events}\\?from=\\d{1,16}$`);
/** Of these a second one would be read differently by different readers. */
const single: ReadonlySet<string> = new Set([
  'host',
  'content-length',
  'content-type',
  'transfer-encoding',
  'x-mbx-apikey',
  'upgrade',
  'connection',
  'origin',
  'sec-websocket-key',
  'sec-websocket-version',
  ...Object.values(doorHeaders),
]);

/** The values of a header as they came. */
export function rawHeader({ rawHeaders }: IncomingMessage, name: string): readonly string[] {
  const found: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (rawHeaders[at]!.toLowerCase() === name) found.push(rawHeaders[at + 1]!);
  }
  return found;
}

function repeatedHeader({ rawHeaders }: IncomingMessage): string | undefined {
  const seen = new Set<string>();
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const name = rawHeaders[at]!.toLowerCase();
    if (seen.has(name) && single.has(name)) return name;
    seen.add(name);
  }
  return undefined;
}

/** Why a request, of whichever door, does not come straight from a program of this machine, or undefined. `port` is the one that the gate serves. */
export function refusalOfSource(request: IncomingMessage, port: number): Refusal | undefined {
  const repeated = repeatedHeader(request);
  if (repeated !== undefined) return refusal(400, 'E_PARAM', `the header ${repeated} is there twice`);
  // Programs of this door know how long their body is; where two readers could differ about its end, nobody reads.
  if (request.headers['transfer-encoding'] !== undefined)
    return refusal(400, 'E_PARAM', 'transfer-encoding is not taken; send content-length');
  const host = request.headers.host ?? '';
  if (host !== `127.0.0.1:${port}` && host !== `localhost:${port}`) {
    return refusal(421, 'E_PATH', `host ${JSON.stringify(host.slice(0, 80))} is not this vault's`);
  }
  if (request.headers.origin !== undefined || request.headers['sec-fetch-site'] !== undefined) {
    return refusal(403, 'E_RIGHT', 'the door is not for browsers');
  }
  const length = Number(request.headers['content-length'] ?? 0);
  if (length > bodyBytesMax) return refusal(413, 'E_PARAM', `the body has ${length} bytes, limit ${bodyBytesMax}`);
  return undefined;
}

/** Why a request is not one of the intent door's, or undefined. */
export function refusalOf(request: IncomingMessage): Refusal | undefined {
  const { method = '', url = '' } = request;
  const known = method === 'POST' ? posts.has(url) : method === 'GET' && eventsTarget.test(url);
  if (!known || url.length > pathCharactersMax) {
    return refusal(404, 'E_PATH', `${method} ${url.slice(0, 80)} is not a request of the door`);
  }
  if (method === 'GET' && Number(request.headers['content-length'] ?? 0) > 0)
    return refusal(400, 'E_PARAM', 'a read of events has no body');
  return undefined;
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The body as text, or why not. */
export function readBody(request: IncomingMessage): Promise<string | Refusal> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > bodyBytesMax) {
        chunks.length = 0;
        resolve(refusal(413, 'E_PARAM', `the body has more than ${bodyBytesMax} bytes`));
      } else chunks.push(chunk);
    });
    request.on('end', () => {
      try {
        resolve(size === 0 ? '' : utf8.decode(chunks.length === 1 ? chunks[0] : Buffer.concat(chunks)));
      } catch {
        resolve(refusal(400, 'E_PARAM', 'the body is not UTF-8'));
      }
    });
    request.on('error', reject);
    request.on('close', () => reject(new Error('the client went away')));
  });
}
