export * from './bot.ts';
export type { Branded } from './brand.ts';
export * from './candle.ts';
export * from './door.ts';
export * from './errors.ts';
export * from './market-data.ts';
export * from './money.ts';
export * from './order.ts';
export * from './pair.ts';
