/** Requests to the exchange and their outcomes: builds nothing, waits for nothing but egress. */
import { type Outcome, readOutcome, type SignedRequest } from '@holdfast/exchanges/trading';
import type { EgressToSigner, RequestPurpose, SignerToEgress } from '../frames/frames.ts';

export interface Upstream {
  /** Hands a complete request to egress; the outcome comes once. */
  call(account: string, purpose: RequestPurpose, request: SignedRequest): Promise<Outcome>;
  /** A GET of public data, without key or signature: the answer as it came, or null when there was none. */
  ask(path: string, query: string): Promise<{ readonly status: number; readonly body: string } | null>;
  answer(frame: Extract<EgressToSigner, { kind: 'answer' | 'failed' }>): void;
}

type Reply = Extract<EgressToSigner, { kind: 'answer' | 'failed' }>;

/** Whose connections public data comes over: nobody's. */
const publicAccount = '';

/** Key unknown, or its address or permissions refused (errors.md). */
const deniedCodes: ReadonlySet<string> = new Set(['-2014', '-2015']);

/** `onDenied`: the exchange refused a request that was not itself asked to learn what the key may do. */
export function createUpstream(
  send: (frame: SignerToEgress) => void,
  onDenied: (account: string) => void = () => undefined,
): Upstream {
  const waiting = new Map<number, (frame: Reply) => void>();
  let lastId = 0;
  return {
    call: (account, purpose, request) =>
      new Promise((resolve) => {
        lastId += 1;
        waiting.set(lastId, (frame) => {
          const outcome = outcomeOf(frame);
          resolve(outcome);
          if (outcome.kind === 'rejected' && deniedCodes.has(outcome.code) && purpose !== 'permissions') onDenied(account);
        });
        send({ kind: 'request', id: lastId, account, purpose, request });
      }),
    ask: (path, query) =>
      new Promise((resolve) => {
        lastId += 1;
        waiting.set(lastId, (frame) => resolve(frame.kind === 'answer' ? { status: frame.status, body: frame.body } : null));
        const request = { method: 'GET', path, query, headers: {}, body: '' } as const;
        send({ kind: 'request', id: lastId, account: publicAccount, purpose: 'public', request });
      }),
    answer: (frame) => {
      const resolve = waiting.get(frame.id);
      waiting.delete(frame.id);
      resolve?.(frame);
    },
  };
}

const outcomeOf = (frame: Reply): Outcome =>
  frame.kind === 'answer'
    ? readOutcome(frame.status, frame.body)
    : { kind: 'unknown', reason: frame.cause === 'timeout' ? 'no answer in time' : 'the connection failed' };
