export * from './bot-kind.ts';
export * from './bot-kinds.ts';
export * from './codec.ts';
export * from './dca/arithmetic.ts';
export * from './dca/dca.ts';
export * from './dca/settings.ts';
export type { DcaState, Deal, Holding, Holdup, Level, LiveOrder } from './dca/state.ts';
export * from './dca-pairs/dca-pairs.ts';
export type { DcaPairsSettings, DcaPairsSettingsText, SeveralPairs } from './dca-pairs/settings.ts';
export type { DcaPairsState, SeveralState } from './dca-pairs/state.ts';
export { type Layout as GridLayout, layout as gridLayout, pieceLots } from './grid/balance.ts';
export * from './grid/grid.ts';
export { grossLots, linePrice } from './grid/lines.ts';
export { type GridLine, type GridReport, gridReport } from './grid/report.ts';
export { type GridSettings, type GridSettingsText, readGridSettings, type StopAction } from './grid/settings.ts';
export type { Cell as GridCell, GridOrder, GridState } from './grid/state.ts';
export * from './grid/suggest.ts';
export { unansweredMost } from './grid/turn.ts';
export * from './mandate-amount.ts';
export * from './one-pair.ts';
export * from './order-name.ts';
export {
  cancelOf,
  cancelTimes,
  type LiveOrder as OrderOfBot,
  newOrder,
  type OrderNews,
  tell,
} from './orders/live-orders.ts';
export * from './orders/sub-book.ts';
export * from './own/index.ts';
export { type Market, planRebalance, type RebalancePlan, type Row as RebalanceRow } from './rebalance/plan.ts';
export { rebalance } from './rebalance/rebalance.ts';
export { type RebalanceSettings, type RebalanceSettingsText, readRebalanceSettings } from './rebalance/settings.ts';
export type { RebalanceState } from './rebalance/state.ts';
export type { Basket, BasketState } from './recurring/basket.ts';
export * from './recurring/kind.ts';
export * from './recurring/recurring.ts';
export type { RecurringSettings, RecurringSettingsText } from './recurring/settings.ts';
export type { RecurringState } from './recurring/state.ts';
export { type Decision, decide } from './signal/decision.ts';
export type { SignalSettings, SignalSettingsText } from './signal/settings.ts';
export * from './signal/signal.ts';
export type { SignalState } from './signal/state.ts';
export type { SeveralSignals, SignalPairsSettings, SignalPairsSettingsText } from './signal-pairs/settings.ts';
export * from './signal-pairs/signal-pairs.ts';
export type { SeveralSignalsState, SignalPairsState } from './signal-pairs/state.ts';
export type { TradeCommand } from './trade/commands.ts';
export type { TradeSettings, TradeSettingsText } from './trade/settings.ts';
export type { TradeState } from './trade/state.ts';
export * from './trade/trade.ts';
