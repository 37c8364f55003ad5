/** `GET /api/status`: everything at a glance; and the part of it that the page's header follows. */
import type { Status, StatusEvent } from '@holdfast/contracts';
import { type Pair, quoteOf } from '@holdfast/domain';
import type { EngineQueries } from '@holdfast/storage';
import type { Context } from '../context.ts';
import { sum } from '../engine/amounts.ts';
import { listBots } from '../engine/bots.ts';
import { mainQuote, readAccounts } from './accounts.ts';
import { readProcesses } from './processes.ts';
import { unreachableVault, vaultView } from './vault-view.ts';

const agreement = (accounts: Status['accounts']): boolean | null => {
  if (accounts.some(({ ledgerMatchesExchange }) => ledgerMatchesExchange === false)) return false;
  return accounts.length > 0 && accounts.every(({ ledgerMatchesExchange }) => ledgerMatchesExchange === true) ? true : null;
};

/** Of closed deals whose pair is priced in `quote`. */
async function profitOf(db: EngineQueries, quote: string): Promise<Status['profit']> {
  const closed = await db.selectFrom('deals').select(['pair', 'profit', 'fees']).where('status', '<>', 'open').execute();
  const own = closed.filter(({ pair }) => quoteOf(pair as Pair) === quote);
  return { quote, amount: sum(own.flatMap(({ profit }) => profit ?? [])), fees: sum(own.map(({ fees }) => fees)) };
}

const engineView = (reachable: boolean): Status['engine'] => ({
  reachable,
  reason: reachable ? null : 'the engine does not run; it may be restarting',
});

export async function readStatus(context: Context): Promise<Status> {
  const db = context.database();
  const [clock, vault] = await Promise.all([context.clock(), context.vaultStatus()]);
  const quote = await mainQuote(db, vault);
  const [processes, accounts, bots, profit] = await Promise.all([
    readProcesses(context.processesFile, vault),
    readAccounts(db, context.vault, vault, quote),
    listBots(db),
    profitOf(db, quote),
  ]);
  const count = (of: 'open' | 'closed'): number => bots.reduce((total, { deals }) => total + deals[of], 0);
  return {
    version: context.version,
    simulated: vault?.simulated ?? null,
    clock,
    processes,
    accounts,
    vault: vault === undefined ? unreachableVault : vaultView(vault),
    engine: engineView(context.engineReachable()),
    bots: [...bots],
    deals: { open: count('open'), closed: count('closed') },
    profit,
    ledgerMatchesExchange: agreement(accounts),
  };
}

export async function readStatusEvent(context: Context): Promise<StatusEvent> {
  const [clock, vault] = await Promise.all([context.clock(), context.vaultStatus()]);
  const { state, reason } = vault ?? unreachableVault;
  return {
    clock,
    vault: { state, reason },
    engine: { reachable: context.engineReachable() },
    processes: await readProcesses(context.processesFile, vault),
  };
}
