import { dca } from './dca/dca.ts';
import { grid } from './grid/grid.ts';
import { recurring } from './recurring/recurring.ts';
import { signal } from './signal/signal.ts';
import { trade } from './trade/trade.ts';

/** Every kind of bot by its name. */
export const botKinds = { dca, grid, recurring, signal, trade } as const;
