/** Why an order is held back by the limits that the owner set over all bots, before the vault sees it. */
export type GuardCode = 'guard-black-list' | 'guard-exposure' | 'guard-deals' | 'guard-crash' | 'guard-daily-loss';
