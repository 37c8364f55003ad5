/**
 * R9: what no honest bot asks for. It stops the sub-key; a thief who holds the engine's key then asks for another, so it
 * stops the account at the third sub-key within an hour, and when a bot whose sub-key it stopped is to get a new one. What
 * the owner has lifted counts no more.
 */
import type { BotId, Mandate, RefusalCode, SubKeyId } from '@holdfast/domain';
import { minuteMs } from '../book.ts';
import { addTo, rollingWindow, sumAt } from '../window.ts';
import { type AccountRules, find } from './account.ts';
import type { RuleFinding } from './finding.ts';

/** Codes that no honest bot earns again and again; refusals of limits, prices and states are everyday. */
export const hostileCodes: ReadonlySet<RefusalCode> = new Set(['E_PATH', 'E_PARAM', 'E_SIG', 'E_SYMBOL', 'E_RIGHT']);

/** Two programs with the same wrong setting are an accident. */
const stoppedKeysMost = 2;
const stoppedWithinMs = 60 * minuteMs;

export interface DeniedFacts {
  readonly subKey: SubKeyId;
  readonly code: RefusalCode;
  /** Whether it was a call to withdraw, transfer or manage keys. */
  readonly forbiddenCall: boolean;
}

/** Something a sub-key asked for was refused, at either door. Reads that ordinary clients make are not to be reported. */
export function onDenied(rules: AccountRules, mandate: Mandate, facts: DeniedFacts, now: number): readonly RuleFinding[] {
  const { subKey } = facts;
  const reason = mandate.rules.deniedPerMinute === 0 ? null : stopReason(rules, mandate.rules.deniedPerMinute, facts, now);
  if (reason === null) return [];
  const found = { ...find(rules, 'R9', 'freeze-sub-key', reason), subKey };
  if (!rules.stopped.has(subKey)) rules.stopped.set(subKey, now);
  const count = [...rules.stopped.values()].filter((at) => at > now - stoppedWithinMs).length;
  if (count <= stoppedKeysMost) return [found];
  return [
    found,
    find(rules, 'R9', 'freeze', `${count} sub-keys were stopped within an hour, limit ${stoppedKeysMost}; the last: ${reason}`),
  ];
}

function stopReason(
  rules: AccountRules,
  limit: number,
  { subKey, code, forbiddenCall }: DeniedFacts,
  now: number,
): string | null {
  if (forbiddenCall) return 'asked to withdraw, transfer or manage keys';
  if (!hostileCodes.has(code)) return null;
  const denied = rules.denied.get(subKey) ?? rollingWindow(minuteMs);
  rules.denied.set(subKey, denied);
  addTo(denied, now, 1n);
  const count = sumAt(denied, now);
  if (count < BigInt(limit)) return null;
  return `${count} intents no bot sends by accident in one minute, the last ${code}; limit ${limit}`;
}

/** To be asked before a bot gets a new sub-key; `earlier` were its own. Changes nothing. */
export function beforeGrant(
  rules: AccountRules,
  mandate: Mandate,
  { bot, earlier }: { readonly bot: BotId; readonly earlier: readonly SubKeyId[] },
): readonly RuleFinding[] {
  const stopped = earlier.find((it) => rules.stopped.has(it));
  if (mandate.rules.deniedPerMinute === 0 || stopped === undefined) return [];
  return [find(rules, 'R9', 'freeze', `bot ${bot} asked for a new sub-key after ${stopped} was stopped`)];
}
