import { dca } from './dca/dca.ts';
import { grid } from './grid/grid.ts';
import { signal } from './signal/signal.ts';
import { trade } from './trade/trade.ts';

/** Every kind of bot by its name. */
export const botKinds = { dca, grid, signal, trade } as const;
