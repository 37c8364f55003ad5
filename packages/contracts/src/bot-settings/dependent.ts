/**
 * Which settings mean something only while another has a certain value. Forms show a field when all of its conditions hold, and
 * leave it out of what they send otherwise; the schemas themselves refuse what contradicts.
 */

/** Values of the other field; `set` for any but none, zero and no. */
export type ShownWhen = Readonly<Record<string, readonly string[] | 'set'>>;
type Dependent = Readonly<Record<string, ShownWhen>>;

const dca: Dependent = {
  startConditions: { start: ['conditions'] },
  repriceSeconds: { baseOrderType: ['limit'] },
  minProfitPercent: { minProfitOf: ['total', 'base'] },
  stopTimeoutSeconds: { stopLossPercent: 'set' },
  stopTrailing: { stopLossPercent: 'set' },
  breakevenSteps: { takeProfitSteps: 'set' },
  restsFirst: { stopLossPercent: 'set' },
  stopGapPercent: { stopLossPercent: 'set' },
  stopAction: { stopLossPercent: 'set' },
};

const grid: Dependent = {
  upperPrice: { mode: ['normal', 'reverse'] },
  lines: { mode: ['normal', 'reverse'] },
  stepPercent: { mode: ['infinity'] },
  trailingUp: { mode: ['normal', 'reverse'] },
  trailingUpTo: { mode: ['normal', 'reverse'], trailingUp: ['true'] },
  trailingDownTo: { trailingDown: ['true'] },
  expansionUpTo: { mode: ['normal', 'reverse'], trailingUp: ['false'] },
  expansionDownTo: { trailingDown: ['false'] },
  stopUpperAction: { stopUpperPrice: 'set' },
  stopLowerAction: { stopLowerPrice: 'set' },
  balanceOrderLines: { balance: ['true'] },
};

const rebalance: Dependent = { timeZone: { schedule: 'set' }, checkInterval: { thresholdPercent: 'set' } };

const recurring: Dependent = { aboveMaxPrice: { maxPrice: 'set' } };

const signal: Dependent = {
  stopLossTrailing: { stopLossPercent: 'set' },
};

const trade: Dependent = {
  size: { entry: ['market', 'limit', 'conditional', 'trailing'] },
  sizeIn: { entry: ['market', 'limit', 'conditional', 'trailing'] },
  profitIn: { direction: ['short'] },
  heldQuantity: { entry: ['held'] },
  heldPrice: { entry: ['held'] },
  entryPrice: { entry: ['limit', 'conditional', 'trailing'] },
  entryLimit: { entry: ['conditional'] },
  entryWhen: { entry: ['conditional'] },
  entryPriceOf: { entry: ['conditional', 'trailing'] },
  entryTrailingPercent: { entry: ['trailing'] },
  entryTrailingDistance: { entry: ['trailing'] },
  entryHoldSeconds: { entry: ['conditional'] },
  entryTimeInForce: { entry: ['limit', 'conditional'] },
  entryTimeoutSeconds: { entry: ['limit', 'conditional', 'trailing'] },
  breakevenAfterStep: { takeProfits: 'set' },
};

/** By kind and field. */
export const dependentSettings: Readonly<Record<string, Dependent>> = { dca, grid, rebalance, recurring, signal, trade };

/** Kinds that hold coins between their deals too: a round trip, a purchase, a run. */
export const holdsBetweenDeals: ReadonlySet<string> = new Set(['grid', 'rebalance', 'recurring']);

/** What a kind trades: one pair, several, or those that its settings name. */
export const pairsOfKind: Readonly<Record<string, 'one' | 'several' | 'settings'>> = {
  dca: 'several',
  grid: 'one',
  rebalance: 'settings',
  recurring: 'one',
  signal: 'several',
  trade: 'one',
};
