import { dca } from './dca/dca.ts';

/** Every kind of bot by its name. */
export const botKinds = { dca } as const;
