export * from './deal-figures.ts';
export * from './deals.ts';
export * from './equity.ts';
export * from './fill-record.ts';
export * from './profit.ts';
export * from './statistics.ts';
export * from './time-held.ts';
