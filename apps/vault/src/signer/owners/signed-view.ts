/**
 * Everything of an owner, for programs: asked by the command line and proved by one of the owner's credentials, since a peer
 * key alone shows no owner's destinations. Nothing is journaled, nothing changes; a proof shows once.
 */
import { type OwnerId, ownerViewText } from '@holdfast/domain';
import { count, fields, oneOf } from '../../frames/decode.ts';
import { parseJson, reading } from '../parse.ts';
import { type Answer, Refused } from '../refused.ts';
import { hashText } from '../state.ts';
import { ownerFreshMs } from './acts.ts';
import type { OwnersContext } from './context.ts';
import { parseSignedAct } from './parse-act.ts';
import { prove } from './prove.ts';

/** @throws Refused, ParameterError when called */
export function createSignedView(it: OwnersContext, viewOf: (owner: OwnerId) => object): (body: string, answer: Answer) => void {
  const { state, clock, config } = it.signer;
  /** Hashes of texts that were shown for, until when each is fresh. */
  const shown = new Map<string, number>();
  return (body, answer) => {
    const { act: text, proof } = parseSignedAct(body);
    const { credential } = prove(state.owners, config.vaultId, it.party, text, proof);
    const now = clock.now();
    const at = timeOf(text);
    if (Math.abs(now - at) > ownerFreshMs)
      throw new Refused('E_TIME', `the question is of ${at}, it is ${now}; limit ${ownerFreshMs} ms`);
    for (const [key, until] of shown) if (until < now) shown.delete(key);
    const key = hashText(`${proof.credential}\0${text}`);
    if (shown.has(key)) throw new Refused('E_REPLAY', 'this proof was used before; sign a new one');
    shown.set(key, at + ownerFreshMs);
    answer(200, viewOf(credential.owner));
  };
}

function timeOf(text: string): number {
  const value = parseJson(text);
  const at = reading(() => {
    const it = fields(value, ['act', 'at'], 'question');
    oneOf(it.act, ['view'], 'act');
    return count(it.at, 'at');
  });
  if (ownerViewText(at) !== text) throw new Refused('E_MANDATE_FORM', 'the question is not in its canonical form');
  return at;
}
