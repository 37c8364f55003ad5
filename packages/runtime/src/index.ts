/** The loop: event in, bot stepped, intents out. */
export { Conditions, type Unwarmed } from './conditions.ts';
export * from './guard.ts';
export * from './guards/index.ts';
export * from './runtime.ts';
export { StrategyPipe } from './strategies/strategy-pipe.ts';
export * from './wake-index.ts';
