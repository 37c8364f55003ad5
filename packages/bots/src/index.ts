export * from './bot-kind.ts';
export * from './codec.ts';
export * from './dca/settings.ts';
export type { DcaState } from './dca/state.ts';
export * from './order-name.ts';
