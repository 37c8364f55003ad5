/** What a backtest shares with the simulated exchange: rules of pairs, the filters that judge an order, the house's quotes. */
export { checkOrder, isRefused } from './checks.ts';
export { bestHouseQuote } from './house.ts';
export { describeMarket, usualMinNotional } from './market.ts';
export type { HouseRules, MarketDefinition, OrderRequest } from './port.ts';
export { rowsForSteps, type Steps, stepsOf, stepsSeen } from './steps.ts';
