export * from './bot-kind.ts';
export * from './bot-kinds.ts';
export * from './codec.ts';
export * from './dca/arithmetic.ts';
export * from './dca/dca.ts';
export * from './dca/settings.ts';
export type { DcaState, Deal, Holding, Holdup, Level, LiveOrder } from './dca/state.ts';
export * from './order-name.ts';
