/** The loop: event in, bot stepped, intents out. */
export { Conditions, type Unwarmed } from './conditions.ts';
export * from './guard.ts';
export * from './guards/index.ts';
export * from './runtime.ts';
export type { LiveBook, LiveOrder, PairPrices } from './self-trade.ts';
export { StrategyPipe, stepOf } from './strategies/strategy-pipe.ts';
export * from './wake-index.ts';
