/** Limits over all bots of an account. */
export * from './judge.ts';
export * from './order.ts';
export * from './settings.ts';
export * from './state.ts';
