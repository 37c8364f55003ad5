/** Rightwards: anybody with a key may freeze. */
import type { PeerName } from '../../frames/frames.ts';
import { needAccount, type SignerContext } from '../context.ts';
import { parseFreeze } from '../parse.ts';
import type { Answer } from '../refused.ts';

/** @throws Refused, ParameterError */
export function acceptFreeze({ state, commit, links }: SignerContext, by: PeerName, body: string, answer: Answer): void {
  const { reason, account } = parseFreeze(body);
  if (account !== null) needAccount(state, account);
  commit({ kind: 'frozen', account, reason, by }, () => {
    for (const it of state.accounts.values())
      for (const order of it.unclosed.values()) if (order.cancelWanted) links.get(it.account)?.cancel(order);
    answer(200, { frozen: account ?? 'all' });
  });
}
