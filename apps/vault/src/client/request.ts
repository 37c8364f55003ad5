/** One MACed request of the door over kept-alive connections. Each try has a nonce of its own. */
import { createHash, createHmac, type KeyObject, randomBytes } from 'node:crypto';
import { Agent, type IncomingMessage, request } from 'node:http';
import { doorHeaders, macText } from '@holdfast/domain';
import { VaultUnreachable } from './error.ts';

const answerBytesMax = 8 * 1024 * 1024;
const answerTimeoutMs = 30_000;

/** A caller of the door: its name (a sub-key id or a peer) and its secret. */
export interface Caller {
  readonly id: string;
  readonly secret: KeyObject;
}

/** Where the gate is. The path of the URL must be empty: what is MACed is the path as it is sent. */
export interface Door {
  readonly url: URL;
  readonly agent: Agent;
}

export interface Answer {
  readonly status: number;
  readonly body: string;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

export const openDoor = (url: string): Door => ({
  url: new URL(url),
  agent: new Agent({ keepAlive: true, maxSockets: 64 }),
});

function headersOf(caller: Caller, method: string, path: string, body: string): Record<string, string> {
  const time = String(Date.now());
  const nonce = randomBytes(16).toString('hex');
  const mac = createHmac('sha256', caller.secret)
    .update(macText(method, path, time, nonce, sha256(body)))
    .digest('hex');
  return { [doorHeaders.key]: caller.id, [doorHeaders.time]: time, [doorHeaders.nonce]: nonce, [doorHeaders.mac]: mac };
}

/** Sends a request and gives the beginning of its answer. Rejects with the socket's own error. */
export function send(door: Door, caller: Caller, method: 'GET' | 'POST', path: string, body: string): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const headers: Record<string, string | number> = headersOf(caller, method, path, body);
    if (method === 'POST') {
      headers['content-type'] = 'application/json';
      headers['content-length'] = Buffer.byteLength(body);
    }
    const { hostname: host, port } = door.url;
    // A stream keeps its connection to itself; everything else shares the agent's.
    const agent = method === 'GET' ? false : door.agent;
    const sent = request({ host, port, method, path, headers, agent, timeout: answerTimeoutMs }, resolve);
    sent.on('error', (error: NodeJS.ErrnoException & { reused?: boolean }) => {
      error.reused = sent.reusedSocket;
      reject(error);
    });
    sent.on('timeout', () => sent.destroy(new Error(`no answer within ${answerTimeoutMs / 1000} s`)));
    sent.end(body);
  });
}

/** The whole text of an answer. */
export function readAll(answer: IncomingMessage): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let size = 0;
    answer.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > answerBytesMax) answer.destroy(new Error(`answer longer than ${answerBytesMax} bytes`));
      else chunks.push(chunk);
    });
    answer.on('end', () => resolve(Buffer.concat(chunks).toString('utf8')));
    answer.on('error', reject);
    answer.on('close', () => reject(new Error('the connection ended in the middle of the answer')));
  });
}

/**
 * Posts a body and reads the answer. `repeatable` requests are sent a second time when a kept connection turned out to be
 * dead; others are not, because they may have taken effect. @throws VaultUnreachable
 */
export async function post(door: Door, caller: Caller, path: string, body: string, repeatable: boolean): Promise<Answer> {
  for (let left = repeatable ? 1 : 0; ; left -= 1) {
    try {
      const answer = await send(door, caller, 'POST', path, body);
      return { status: answer.statusCode ?? 0, body: await readAll(answer) };
    } catch (cause) {
      const { reused, message } = cause as Error & { reused?: boolean };
      if (left > 0 && reused === true) continue;
      throw new VaultUnreachable(`the vault at ${door.url.origin} does not answer (${message}); is "holdfast up" running?`, {
        cause,
      });
    }
  }
}
