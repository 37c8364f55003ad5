import { dca } from './dca/dca.ts';
import { grid } from './grid/grid.ts';

/** Every kind of bot by its name. */
export const botKinds = { dca, grid } as const;
