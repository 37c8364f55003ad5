export * from './averages.ts';
export * from './condition.ts';
export { type Columns, columnsOf, Extreme, type Indicator, Ring } from './indicator.ts';
export * from './momentum.ts';
export * from './qfl.ts';
export * from './rating.ts';
export * from './registry.ts';
export * from './timeframe.ts';
export * from './trend.ts';
