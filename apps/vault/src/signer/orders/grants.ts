/** Sub-keys: a peer asks for one inside the mandate, or ends one. */
import { randomBytes } from 'node:crypto';
import type { GrantRequest, SubKeyId } from '@holdfast/domain';
import { beforeGrant, judgeGrant } from '@holdfast/policy';
import type { PeerName } from '../../frames/frames.ts';
import { needAccount, type SignerContext } from '../context.ts';
import { widenedFor } from '../owners/propose.ts';
import { parseGrant, parseRevoke } from '../parse.ts';
import { type Answer, Refused } from '../refused.ts';
import { type AccountState, type GrantState, grantOf } from '../state.ts';
import type { Allowance } from './allowance.ts';
import { carryOut } from './rules.ts';

/** New or changed grants of an account: more than anybody makes bots. */
export const grantsRecorded = { most: 500, perMinute: 5 };
const aliveMax = 1000;

/** @throws Refused, ParameterError */
export function acceptGrant(
  context: SignerContext,
  { by, recorded }: { readonly by: PeerName; readonly recorded: Allowance },
  body: string,
  answer: Answer,
): void {
  const { state, commit, secrets } = context;
  const terms = parseGrant(body);
  const account = needAccount(state, terms.account);
  needRoomForGrants(account);
  const judgement = judgeGrant(account.mandate, terms, state.time);
  if (judgement.kind === 'outside') {
    const proposed = widenedFor(context, account, terms);
    throw new Refused(judgement.code, judgement.reason, proposed === null ? {} : { proposed });
  }
  // A bot has one sub-key: asking again, e.g. after a lost answer, gives the same one with the terms asked for last.
  const known = grantOf(state, terms.account, terms.bot);
  if (known === undefined && account.mandate !== null) {
    const ended = [...state.grants.values()].filter((it) => it.bot === terms.bot && it.account === terms.account);
    const earlier = ended.map((it) => it.subKey);
    carryOut(context, beforeGrant(account.rules, account.mandate, { bot: terms.bot, earlier }));
    needRoomForGrants(account);
  }
  const show = (subKey: SubKeyId): void => {
    const { epoch } = state.grants.get(subKey)!;
    answer(200, { subKey, secret: secrets.showSubKey(subKey, epoch), dialect: secrets.showDialect(subKey, epoch) });
  };
  if (known !== undefined && isSame(known, terms)) {
    context.whenDurable(() => show(known.subKey));
    return;
  }
  if (
    known === undefined &&
    [...state.grants.values()].filter((it) => it.alive && it.account === terms.account).length >= aliveMax
  )
    throw new Refused('E_STATE', `account ${terms.account} has ${aliveMax} sub-keys, the most there may be; revoke some`);
  if (!recorded.take(terms.account))
    throw new Refused('E_RATE', `account ${terms.account} was asked for more sub-keys than anybody needs; wait a minute`);
  const subKey = known?.subKey ?? (randomBytes(16).toString('hex') as SubKeyId);
  commit({ kind: 'granted', subKey, ...terms, by }, () => show(subKey));
}

const isSame = (known: GrantState, { pairs, maxOrderQuote, turnover24h, rights }: GrantRequest): boolean =>
  known.maxOrderQuote === maxOrderQuote &&
  known.turnover24h === turnover24h &&
  known.pairs.join() === pairs.join() &&
  known.rights.join() === rights.join();

/** A thief who may ask for sub-keys gets none once the account is stopped. @throws Refused */
function needRoomForGrants({ account, standing: { condition, reason } }: AccountState): void {
  if (condition === 'revoked') throw new Refused('E_REVOKED', `account ${account} is revoked: ${reason}`);
  if (condition === 'frozen')
    throw new Refused('E_FROZEN', `account ${account} is frozen, its owner must unfreeze it before it gets a sub-key: ${reason}`);
}

/** @throws Refused, ParameterError */
export function acceptRevoke({ state, commit, whenDurable }: SignerContext, by: PeerName, body: string, answer: Answer): void {
  const subKey = parseRevoke(body);
  const grant = state.grants.get(subKey);
  if (grant === undefined) throw new Refused('E_STATE', `sub-key ${subKey} is not known`);
  if (!grant.alive) {
    whenDurable(() => answer(200, { revoked: subKey }));
    return;
  }
  commit({ kind: 'revoked', subKey, by }, () => answer(200, { revoked: subKey }));
}
