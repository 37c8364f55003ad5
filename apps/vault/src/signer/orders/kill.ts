/**
 * Kill: everything is revoked and every sub-key dead in one durable record; then the resting entries are cancelled, as many
 * as go in half a second; then the answer, and from it on nothing is signed. The warden drops the unseal key.
 */
import type { SignerContext } from '../context.ts';
import { parseKill } from '../parse.ts';
import type { Answer } from '../refused.ts';
import { cancelWanted } from './freeze.ts';

/** How long a kill waits for the exchange to answer the cancels, in ms. */
const cancelMsMax = 500;

export interface Kill {
  /** Answers `{killed, accounts}`, the accounts with the exchange whose key is to be deleted there. @throws ParameterError */
  accept(by: string, body: string, answer: Answer): void;
  /** Why the signer signs nothing any more; '' while it does. */
  readonly sealed: () => string;
}

/** `onSealed` runs after the answer was given. */
export function createKill(context: SignerContext, onSealed: (reason: string) => void): Kill {
  const { state, clock, commit } = context;
  let sealed = '';
  const waiting: Answer[] = [];

  const seal = (reason: string): void => {
    if (sealed !== '') return;
    sealed = reason === '' ? 'no reason given' : reason;
    const accounts = [...state.accounts.values()].map((it) => ({
      account: it.account,
      exchange: context.exchangeOf(it.account),
      key: shortKey(it.apiKey),
    }));
    for (const answer of waiting) answer(200, { killed: true, accounts });
    onSealed(sealed);
  };

  return {
    sealed: () => sealed,
    accept: (by, body, answer) => {
      const { reason } = parseKill(body);
      waiting.push(answer);
      commit({ kind: 'killed', reason, by, subKeyEpoch: state.subKeyEpoch + 1 }, () => {
        const end = (): void => seal(reason);
        clock.after(cancelMsMax, end);
        Promise.all(cancelWanted(context)).then(end);
      });
    },
  };
}

/** Enough of a key's id to find it on the exchange's page. */
const shortKey = (apiKey: string | null): string =>
  apiKey === null ? '' : apiKey.length <= 12 ? apiKey : `${apiKey.slice(0, 6)}…${apiKey.slice(-4)}`;
