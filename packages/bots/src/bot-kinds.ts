import { dcaPairs } from './dca-pairs/dca-pairs.ts';
import { grid } from './grid/grid.ts';
import { onePair } from './one-pair.ts';
import { rebalance } from './rebalance/rebalance.ts';
import { recurringBuys } from './recurring/kind.ts';
import { signalPairs } from './signal-pairs/signal-pairs.ts';
import { trade } from './trade/trade.ts';

/** Every kind of bot by its name. */
export const botKinds = {
  dca: dcaPairs,
  grid: onePair(grid),
  rebalance,
  recurring: recurringBuys,
  signal: signalPairs,
  trade: onePair(trade),
} as const;
