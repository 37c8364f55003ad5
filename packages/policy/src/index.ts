export {
  type AccountBook,
  accountBook,
  burnUsed,
  closeOrder,
  dayMs,
  fillOrder,
  freeBase,
  type Hold,
  heldBaseUsed,
  holdOrder,
  keyTurnoverUsed,
  minuteMs,
  ordersLastMinute,
  type Position,
  positionOf,
  turnoverUsed,
} from './book.ts';
export { type GrantJudgement, judgeGrant } from './grant.ts';
export { type Judgement, judge, type ReferencePrice, referenceAgeMsMax, referenceSourcesMin } from './judge.ts';
