/** `GET /api/status`: everything at a glance; and the part of it that the page's header follows. */
import type { Status, StatusEvent } from '@holdfast/contracts';
import { formatAmount } from '@holdfast/domain';
import type { Context } from '../context.ts';
import { listBots } from '../engine/bots.ts';
import type { TotalsByBot } from '../engine/closed-deals.ts';
import { mainQuote, readAccounts } from './accounts.ts';
import { readProcesses } from './processes.ts';
import { awayView, vaultView } from './vault-view.ts';

const agreement = (accounts: Status['accounts']): boolean | null => {
  if (accounts.some(({ ledgerMatchesExchange }) => ledgerMatchesExchange === false)) return false;
  return accounts.length > 0 && accounts.every(({ ledgerMatchesExchange }) => ledgerMatchesExchange === true) ? true : null;
};

/** Of closed deals whose pair is priced in `quote`. */
function profitOf(totals: TotalsByBot, quote: string): Status['profit'] {
  const own = [...totals.values()].filter((total) => total.quote === quote);
  const sum = (of: 'profit' | 'fees'): string => formatAmount(own.reduce((so, total) => so + total[of], 0n));
  return { quote, amount: sum('profit'), fees: sum('fees') };
}

const engineView = (reachable: boolean): Status['engine'] => ({
  reachable,
  reason: reachable ? null : 'the engine does not run; it may be restarting',
});

export async function readStatus(context: Context): Promise<Status> {
  const db = context.database();
  const [clock, seen] = await Promise.all([context.clock(), context.vaultSeen()]);
  const vault = seen.status;
  const quote = await mainQuote(db, vault);
  const totals = await context.dealTotals();
  const [processes, accounts, bots] = await Promise.all([
    readProcesses(context.processesFile, vault),
    readAccounts(db, context.vault, vault, quote),
    listBots(db, totals),
  ]);
  // As the profit, of deleted bots too.
  const closed = [...totals.values()].reduce((sum, each) => sum + each.closed, 0);
  return {
    version: context.version,
    simulated: vault?.simulated ?? null,
    clock,
    processes,
    accounts,
    vault: seen.status === undefined ? awayView(seen.away) : vaultView(seen.status, Date.now()),
    engine: engineView(context.engineReachable()),
    bots: [...bots],
    deals: { open: bots.reduce((sum, { deals }) => sum + deals.open, 0), closed },
    profit: profitOf(totals, quote),
    ledgerMatchesExchange: agreement(accounts),
  };
}

export async function readStatusEvent(context: Context): Promise<StatusEvent> {
  const [clock, seen] = await Promise.all([context.clock(), context.vaultSeen()]);
  const { state, reason } = seen.status ?? seen.away;
  return {
    clock,
    vault: { state, reason },
    engine: { reachable: context.engineReachable() },
    processes: await readProcesses(context.processesFile, seen.status),
  };
}
