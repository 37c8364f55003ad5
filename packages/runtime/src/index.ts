/** The loop: event in, bot stepped, intents out. */
export * from './guard.ts';
export * from './runtime.ts';
export * from './wake-index.ts';
