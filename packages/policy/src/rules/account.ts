/**
 * The anomaly rules of one account (custody 3.8). What they know comes only from the calls `on…`, with their times, so
 * reading the journal again gives the same state and the same findings. Thresholds are the mandate's; 0 switches a rule off.
 *
 *   R1   no order or fill for `dormantDays`, then an entry: reduce-only until the owner revives the account
 *   R2   more entries in a minute than `paceFactor` times the own 99th percentile, or twice the cap asked for: freeze
 *   R3   first entry ever in a pair: `firstTradeBps` of the caps for `firstTradeMinutes` (`pairScaleBps`)
 *   R6   `roundTrips` in a pair within `roundTripMinutes` that gave away more than they gained: freeze
 *   R7   burn at half the budget: warn; at the whole, net of realised gain: freeze. The budget itself is kept by the judge; a
 *        jump through an honest grid burns against the price after it, and gains. After the owner has lifted it, it speaks
 *        again when burn has grown by a tenth of the budget, or was below the budget in between
 *   R8   a sub-key used at another door than the one it was first used at: revoked; kept by the signer, which sees the doors
 *   R9   `deniedPerMinute` hostile intents, or one for withdrawing, transferring or keys: freeze the sub-key; who asks for
 *        new ones and goes on: the account (`denied.ts`)
 *   R10  orders or fills that are not ours: freeze or warn, as the mandate's `foreign` says
 *   R11  the key's permissions changed at the exchange: widened, freeze; otherwise warn
 *   R12  equity fell by `drawdown24h` within 24 h: freeze; what the owner has lifted counts from then on
 *
 * R4 and R5 look at all accounts: `vault.ts`.
 */
import {
  type AccountId,
  formatAmount,
  type Mandate,
  type MandateRules,
  type Pair,
  type RefusalCode,
  type Side,
  type SubKeyId,
} from '@holdfast/domain';
import { type AccountBook, burnSpent, dayMs, minuteMs } from '../book.ts';
import type { FillEffect } from '../holds.ts';
import { addTo, type RollingWindow, rollingWindow, sumAt } from '../window.ts';
import { type EquityWatch, equityWatch, forgetPeaks, lossAt, shiftEquity, watchEquity } from './equity.ts';
import type { RuleAction, RuleFinding, RuleName } from './finding.ts';
import { countEntry, type Pace, pace, paceLimit } from './pace.ts';

/** By how much burn must grow, in basis points of the budget, before R7 freezes what the owner has lifted. */
const burnAgainBps = 1000n;

/** What spread and age of the reference price explain on each side of a round trip, in basis points: less than that is no burn (R6). */
export const roundTripSlackBps = 10n;

interface Trips {
  readonly minutes: number;
  readonly count: RollingWindow;
  /** Quote traded, given away against the reference of the decision without fees, and gained. */
  readonly traded: RollingWindow;
  readonly given: RollingWindow;
  readonly gained: RollingWindow;
  lastSide: Side;
}

export interface AccountRules {
  readonly account: AccountId;
  /** Newest sign of life: connected, mandate, revived, order, fill. Unix ms. */
  aliveAt: number;
  readonly pace: Pace;
  readonly firstEntry: Map<Pair, number>;
  readonly trips: Map<Pair, Trips>;
  readonly denied: Map<SubKeyId, RollingWindow>;
  /** Sub-keys that R9 stopped, and when, unix ms. */
  readonly stopped: Map<SubKeyId, number>;
  readonly equity: EquityWatch;
  /** Realised gains of 24 h, in quote. */
  readonly gained: RollingWindow;
  burnWarned: boolean;
  /** Net burn at the owner's last unfreeze; null once it was below the budget again. */
  burnLifted: bigint | null;
}

/** `now`: when the account was connected, on the exchange's clock. */
export const createRules = (account: AccountId, now: number): AccountRules => ({
  account,
  aliveAt: now,
  pace: pace(),
  firstEntry: new Map(),
  trips: new Map(),
  denied: new Map(),
  stopped: new Map(),
  equity: equityWatch(),
  gained: rollingWindow(dayMs),
  burnWarned: false,
  burnLifted: null,
});

/** The owner gave a sign of life: connected or revived the account, or signed a mandate. */
export function onOwner(rules: AccountRules, now: number): void {
  rules.aliveAt = now;
}

/** The owner has looked at the account and lifted what stopped it: what was lost until now freezes it no more. */
export function onUnfreeze(rules: AccountRules, book: AccountBook, now: number): void {
  onOwner(rules, now);
  rules.burnLifted = netBurn(rules, book, now);
  forgetPeaks(rules.equity);
  rules.denied.clear();
  rules.stopped.clear();
}

/** To be asked before an entry is judged. A finding of R1 must count before the judgement: the entry that woke the rule is not filled. Changes nothing. */
export function beforeEntry(rules: AccountRules, mandate: Mandate, now: number): readonly RuleFinding[] {
  const { dormantDays } = mandate.rules;
  const days = Math.floor((now - rules.aliveAt) / dayMs);
  if (dormantDays === 0 || days < dormantDays) return [];
  return [find(rules, 'R1', 'reduce-only', `no order for ${days} days, limit ${dormantDays}: the owner must revive the account`)];
}

/** R3: share of the caps that entries in a pair may use now, in basis points; for `Circumstances.pairScaleBps`. */
export function pairScaleBps(rules: AccountRules, mandate: Mandate, pair: Pair, now: number): number {
  const { firstTradeBps, firstTradeMinutes } = mandate.rules;
  if (firstTradeBps === 0 || firstTradeMinutes === 0) return 10_000;
  const first = rules.firstEntry.get(pair);
  return first === undefined || now < first + firstTradeMinutes * minuteMs ? firstTradeBps : 10_000;
}

export interface DecisionFacts {
  readonly subKey: SubKeyId;
  readonly clientOrderId: string;
  readonly pair: Pair;
  readonly isExit: boolean;
  /** The refusal, or null when approved. */
  readonly code: RefusalCode | null;
}

/** A placed order was judged. */
export function onDecision(rules: AccountRules, mandate: Mandate, facts: DecisionFacts, now: number): readonly RuleFinding[] {
  const { pair, subKey, code, isExit } = facts;
  if (code === null) rules.aliveAt = now;
  const findings: RuleFinding[] = [];
  if (isExit || (code !== null && !countsAsEntry.has(code))) return findings;
  if (!rules.firstEntry.has(pair)) {
    rules.firstEntry.set(pair, now);
    if (mandate.rules.firstTradeBps > 0 && mandate.rules.firstTradeMinutes > 0)
      findings.push({
        ...find(
          rules,
          'R3',
          'warn',
          `first order ever in ${pair}: ${mandate.rules.firstTradeBps} bp of the caps for ${mandate.rules.firstTradeMinutes} minutes`,
        ),
        pair,
        subKey,
      });
  }
  if (code !== null && code !== 'E_RATE') return findings;
  const { asked, placed } = countEntry(
    rules.pace,
    `${subKey}/${facts.clientOrderId}`,
    code === null,
    mandate.ordersPerMinute,
    now,
  );
  if (mandate.rules.paceFactor === 0) return findings;
  const limit = paceLimit(rules.pace, mandate, now);
  if (placed > limit) findings.push(find(rules, 'R2', 'freeze', `${placed} entries in one minute, usual are at most ${limit}`));
  else if (asked > 2 * mandate.ordersPerMinute)
    findings.push(
      find(rules, 'R2', 'freeze', `${asked} entries were asked for in one minute, the cap is ${mandate.ordersPerMinute}`),
    );
  return findings;
}

/** Refused, but an attempt to enter: the hour of R3 begins with it, so that it ends. */
const countsAsEntry: ReadonlySet<RefusalCode> = new Set(['E_RATE', 'E_SIZE', 'E_TURNOVER', 'E_BURN', 'E_POS', 'E_OPEN']);

export interface FillFacts {
  readonly subKey: SubKeyId;
  readonly pair: Pair;
  readonly side: Side;
  /** As `fillOrder` answers. */
  readonly effect: FillEffect;
}

/** An order was filled. To be called after `fillOrder`. */
export function onFill(
  rules: AccountRules,
  mandate: Mandate,
  book: AccountBook,
  facts: FillFacts,
  now: number,
): readonly RuleFinding[] {
  rules.aliveAt = now;
  if (facts.effect.gain > 0n) addTo(rules.gained, now, facts.effect.gain);
  return [...roundTripFindings(rules, mandate.rules, facts, now), ...onTick(rules, mandate, book, now)];
}

function roundTripFindings(rules: AccountRules, limits: MandateRules, facts: FillFacts, now: number): readonly RuleFinding[] {
  const { roundTrips, roundTripMinutes } = limits;
  if (roundTrips === 0 || roundTripMinutes === 0) return [];
  const { pair, side, subKey, effect } = facts;
  const trips = tripsOf(rules, pair, roundTripMinutes);
  if (side === 'sell' && trips.lastSide === 'buy') addTo(trips.count, now, 1n);
  trips.lastSide = side;
  addTo(trips.traded, now, effect.turnover);
  addTo(trips.given, now, effect.given);
  if (effect.gain > 0n) addTo(trips.gained, now, effect.gain);
  const count = Number(sumAt(trips.count, now));
  if (count < roundTrips) return [];
  const net = sumAt(trips.given, now) - sumAt(trips.gained, now);
  const slack = (sumAt(trips.traded, now) * roundTripSlackBps) / 10_000n;
  if (net <= slack) return [];
  const reason = `${count} round trips in ${pair} within ${roundTripMinutes} minutes gave away ${formatAmount(net)}, explained are ${formatAmount(slack)}`;
  return [{ ...find(rules, 'R6', 'freeze', reason), pair, subKey }];
}

function tripsOf(rules: AccountRules, pair: Pair, minutes: number): Trips {
  const known = rules.trips.get(pair);
  if (known?.minutes === minutes) return known;
  const window = (): RollingWindow => rollingWindow(minutes * minuteMs);
  const made: Trips = { minutes, count: window(), traded: window(), given: window(), gained: window(), lastSide: 'sell' };
  rules.trips.set(pair, made);
  return made;
}

/** R7 by itself; time alone lets a warning be said again. */
export function onTick(rules: AccountRules, mandate: Mandate, book: AccountBook, now: number): readonly RuleFinding[] {
  if (mandate.burn24h === 0n || allOff(mandate.rules)) return [];
  const spent = burnSpent(book, now);
  const net = netBurn(rules, book, now);
  const said = `${formatAmount(spent)} of the burn budget of ${formatAmount(mandate.burn24h)} are spent in 24 h`;
  if (net < mandate.burn24h) rules.burnLifted = null;
  else if (rules.burnLifted === null || (net - rules.burnLifted) * 10_000n >= mandate.burn24h * burnAgainBps) {
    rules.burnWarned = true;
    return [find(rules, 'R7', 'freeze', said)];
  }
  const half = 2n * spent >= mandate.burn24h;
  const first = half && !rules.burnWarned;
  rules.burnWarned = half;
  return first ? [find(rules, 'R7', 'warn', said)] : [];
}

const netBurn = (rules: AccountRules, book: AccountBook, now: number): bigint => burnSpent(book, now) - sumAt(rules.gained, now);

/** R7 has no threshold but the budget; it rests when the owner switched off all the others. */
const allOff = (limits: MandateRules): boolean => Object.values(limits).every((it) => Number(it) === 0);

/** R10: something at the exchange that no intent of ours explains. */
export const onForeign = (rules: AccountRules, mandate: Mandate | null, what: string): readonly RuleFinding[] => [
  find(
    rules,
    'R10',
    mandate?.foreign === 'freeze' ? 'freeze' : 'warn',
    `the key is used elsewhere: ${what}; delete it at the exchange`,
  ),
];

/** R11: what the exchange says about the key changed. */
export const onPermissions = (rules: AccountRules, widened: boolean, what: string): readonly RuleFinding[] => [
  find(rules, 'R11', widened ? 'freeze' : 'warn', `the key's permissions changed at the exchange: ${what}`),
];

/** R12: the account is worth `equity`, in the mandate's quote. */
export function onEquity(rules: AccountRules, mandate: Mandate, equity: bigint, now: number): readonly RuleFinding[] {
  watchEquity(rules.equity, equity, now);
  const loss = lossAt(rules.equity);
  if (mandate.drawdown24h === 0n || loss < mandate.drawdown24h) return [];
  const reason = `equity fell by ${formatAmount(loss)} within 24 h, limit ${formatAmount(mandate.drawdown24h)}`;
  return [find(rules, 'R12', 'freeze', reason)];
}

/** A deposit (or, negative, a withdrawal) worth `change` in the mandate's quote: no gain and no loss. */
export const onTransfer = (rules: AccountRules, change: bigint): void => shiftEquity(rules.equity, change);

export const find = (rules: AccountRules, rule: RuleName, action: RuleAction, reason: string): RuleFinding => ({
  rule,
  action,
  account: rules.account,
  subKey: null,
  pair: null,
  reason,
});
