/**
 * Sends what the signer built, exactly, and reduces the answer to status and body. Never repeats, never follows a redirect.
 *
 *   X1  Every request is answered once: with an answer, or with whether a byte of it may have left.
 */
import { Agent, request as httpRequest } from 'node:http';
import { request as httpsRequest, Agent as TlsAgent } from 'node:https';
import { answerBytesMax, type EgressToSigner, envelopeBytesMax, type SignerToEgress } from '../frames/frames.ts';
import type { Places } from './places.ts';

const timeoutMs = 10_000;
/** An answer's text may double when it is quoted in a frame. */
const bodyBytesMax = answerBytesMax;

type Request = Extract<SignerToEgress, { kind: 'request' }>;
type Reply = Extract<EgressToSigner, { kind: 'answer' | 'failed' }>;

/** Connections are kept per account and never shared between accounts. */
export function createRequests(places: Places, reply: (reply: Reply) => void): (request: Request) => void {
  const agents = new Map<string, Agent>();
  const agentOf = (account: string): Agent => {
    const agent = agents.get(account) ?? newAgent(places);
    agents.set(account, agent);
    return agent;
  };
  return ({ id, account, request: { method, path, query, headers, body } }) => {
    let isSent = false;
    let isOver = false;
    const finish = (message: Reply): void => {
      if (isOver) return;
      isOver = true;
      clearTimeout(timer);
      reply(message);
    };
    const failed = (cause: 'timeout' | 'reset'): void => {
      finish({ kind: 'failed', id, cause, sent: isSent });
      sending.destroy();
    };
    const timer = setTimeout(() => failed('timeout'), timeoutMs);
    const target = query === '' ? path : `${path}?${query}`;
    const options = { host: places.host, port: places.port, method, path: target, headers, agent: agentOf(account) };
    const sending = (places.tls === null ? httpRequest : httpsRequest)(options, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > bodyBytesMax) failed('reset');
        else chunks.push(chunk);
      });
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        if (Buffer.byteLength(JSON.stringify(text)) + envelopeBytesMax > answerBytesMax) failed('reset');
        else finish({ kind: 'answer', id, status: response.statusCode ?? 0, body: text });
      });
      response.on('error', () => failed('reset'));
      response.on('close', () => failed('reset'));
    });
    sending.on('socket', (socket) => {
      // By TLS nothing of a request leaves before the other end has shown its certificate.
      if (socket.connecting) {
        socket.once(places.tls === null ? 'connect' : 'secureConnect', () => {
          isSent = true;
        });
      } else isSent = true;
    });
    sending.on('error', () => failed('reset'));
    sending.end(body);
  };
}

const newAgent = ({ tls }: Places): Agent =>
  tls === null
    ? new Agent({ keepAlive: true, maxSockets: 32 })
    : new TlsAgent({ ...tls, keepAlive: true, maxSockets: 32, minVersion: 'TLSv1.2' });
