/** Strategies of one's own: how they describe themselves, what they are told and answer, and the bot around them. */
export {
  type CheckedOwn,
  checkOwnSettings,
  commonFields,
  type OwnDescription,
  type OwnField,
  type OwnValue,
  ownSchema,
  readDescription,
} from './description.ts';
export { isOwnKind, ownKind } from './own.ts';
export {
  type AskStrategy,
  readStep,
  type StrategyEvent,
  type StrategyOrder,
  type StrategyStep,
  type StrategyWake,
  stateMost,
  type WantedOrder,
} from './protocol.ts';
export type { OwnSettings, OwnSettingsText } from './settings.ts';
export type { OwnState } from './state.ts';
