export {
  type AccountBook,
  accountBook,
  adoptMandate,
  burnSpent,
  burnUsed,
  dayMs,
  freeBase,
  groupUsed,
  heldBaseUsed,
  keyTurnoverUsed,
  minuteMs,
  openQuoteUsed,
  ordersLastDay,
  ordersLastMinute,
  type PairUse,
  type Position,
  pairUsed,
  positionOf,
  stopsUsed,
  turnoverUsed,
  weekBurnUsed,
} from './book.ts';
export type { Circumstances, GrantTerms, Judgement, ReferencePrice } from './case.ts';
export { type Comparison, compareMandates, type MandateChange } from './compare.ts';
export { type GrantJudgement, judgeGrant, mandateFor, type WideningTerms } from './grant.ts';
export { closeOrder, type FillEffect, fillOrder, type Hold, holdOrder, noHold } from './holds.ts';
export { isExit, judge, referenceAgeMsMax } from './judge.ts';
export { type WorstLoss, worstLoss } from './loss.ts';
export {
  mandateOfNeeds,
  missingOf,
  type NeedTerms,
  type Shortfall,
  widenedBy,
} from './needs.ts';
export { holdOco, judgeOco, type LegKeys } from './oco.ts';
export { type MandateProposal, proposeMandate, proposePair } from './propose.ts';
export { recountFills } from './recount.ts';
export { type RestingFault, recountsDue, restingFaults, unheldBurn } from './resting.ts';
export {
  type AccountRules,
  beforeEntry,
  createRules,
  type DecisionFacts,
  type FillFacts,
  onDecision,
  onEquity,
  onFill,
  onForeign,
  onOwner,
  onPermissions,
  onTick,
  onTransfer,
  onUnfreeze,
  pairScaleBps,
} from './rules/account.ts';
export { beforeGrant, type DeniedFacts, hostileCodes, onDenied } from './rules/denied.ts';
export type { RuleAction, RuleFinding, RuleName } from './rules/finding.ts';
export {
  beforeVaultEntry,
  createVaultRules,
  type EntryFacts,
  type ExchangeVolume,
  onVaultEntry,
  type VaultRules,
} from './rules/vault.ts';
export { mandateWords } from './words.ts';
