/** Requests to the exchange and their outcomes: builds nothing, waits for nothing but egress. */
import { type Outcome, readOutcome, type SignedRequest } from '@holdfast/exchanges/trading';
import type { EgressToSigner, RequestPurpose, SignerToEgress } from '../frames/frames.ts';

export interface Upstream {
  /** Hands a complete request to egress; the outcome comes once. */
  call(account: string, purpose: RequestPurpose, request: SignedRequest): Promise<Outcome>;
  answer(frame: Extract<EgressToSigner, { kind: 'answer' | 'failed' }>): void;
}

export function createUpstream(send: (frame: SignerToEgress) => void): Upstream {
  const waiting = new Map<number, (outcome: Outcome) => void>();
  let lastId = 0;
  return {
    call: (account, purpose, request) =>
      new Promise((resolve) => {
        lastId += 1;
        waiting.set(lastId, resolve);
        send({ kind: 'request', id: lastId, account, purpose, request });
      }),
    answer: (frame) => {
      const resolve = waiting.get(frame.id);
      waiting.delete(frame.id);
      resolve?.(
        frame.kind === 'answer'
          ? readOutcome(frame.status, frame.body)
          : { kind: 'unknown', reason: frame.cause === 'timeout' ? 'no answer in time' : 'the connection failed' },
      );
    },
  };
}
