/**
 * R8: a sub-key belongs to the door at which it was first used. A bot uses one of them; whoever comes with the same sub-key to
 * the other has it from somewhere else. Only proved uses count (a MAC or a signature), so nobody who knows but the id of a
 * sub-key can end it. The gate listens on this machine alone: an address would tell nothing more.
 */
import { type Stop, stopped } from '../conditions.ts';
import type { SignerContext } from '../context.ts';
import type { Door, GrantState } from '../state.ts';
import { carryOut } from './rules.ts';

/** Binds at the first use; a use at the other door freezes and revokes the sub-key. Null when the use is right. */
export function bindingFault(context: SignerContext, grant: GrantState, door: Door): Stop | null {
  const { subKey, account } = grant;
  if (!grant.alive || grant.door === door) return null;
  if (grant.door === null) {
    context.commit({ kind: 'bound', subKey, account, door });
    return null;
  }
  const reason = `the sub-key of bot ${grant.bot} belongs to the ${grant.door} door and was used at the ${door} door; it is revoked`;
  carryOut(context, [{ rule: 'R8', action: 'freeze-sub-key', account, subKey, pair: null, reason }]);
  context.commit({ kind: 'revoked', subKey, by: 'rule R8' });
  return stopped('E_BIND', reason);
}
