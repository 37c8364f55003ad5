/** The accounts of the vault: what the exchange holds, what it is worth, and whether the ledger says the same. */
import type { Account, LedgerMatch } from '@holdfast/contracts';
import { type Amount, add, amount, asset, formatAmount, type VaultAccount, type VaultStatus } from '@holdfast/domain';
import type { EngineQueries } from '@holdfast/storage';
import { equity } from '@holdfast/views';
import { lastPrices } from '../engine/deals.ts';
import type { ExchangeBalance, VaultPort } from '../ports.ts';

/** Used while neither engine nor mandate has named one. */
const fallbackQuote = 'USDT';

/** Asset that the instance's totals are counted in. */
export async function mainQuote(db: EngineQueries, vault: VaultStatus | undefined): Promise<string> {
  const engine = await db.selectFrom('engine').select('quote').executeTakeFirst();
  return engine?.quote ?? vault?.accounts.find(({ mandate }) => mandate !== null)?.mandate?.quote ?? fallbackQuote;
}

/** The prices of assets in `quote`: last prices of the exchange, else reference prices. */
export async function assetPrices(
  db: EngineQueries,
  vault: VaultStatus | undefined,
  quote: string,
): Promise<ReadonlyMap<string, Amount>> {
  const last = await lastPrices(db);
  const all = [
    ...(vault?.reference ?? []).map(({ pair, price }) => ({ pair: pair as string, price })),
    ...[...last].map(([pair, price]) => ({ pair, price: amount(price) })),
  ];
  const inQuote = all.flatMap(({ pair, price }) => {
    const [base, priced] = pair.split('/');
    return base !== undefined && priced === quote ? [[base, price] as const] : [];
  });
  return new Map(inQuote);
}

/** Value of all balances, rounded down; null while an asset has no price. */
function totalValue(balances: readonly ExchangeBalance[], quote: string, prices: ReadonlyMap<string, Amount>): string | null {
  const holdings = balances.map((row) => ({ asset: row.asset, amount: add(row.free, row.locked) }));
  const value = equity(holdings, asset(quote), (of) => prices.get(of) ?? null);
  return value === null ? null : formatAmount(value);
}

async function ledgerMatch(db: EngineQueries): Promise<{ account: string; match: LedgerMatch } | undefined> {
  const row = await db.selectFrom('engine').select(['account', 'ledger_match']).executeTakeFirst();
  if (row === undefined || row.ledger_match === null) return undefined;
  return { account: row.account, match: JSON.parse(row.ledger_match) as LedgerMatch };
}

const balanceView = ({ asset, free, locked }: ExchangeBalance) => ({
  asset,
  free: formatAmount(free),
  locked: formatAmount(locked),
  total: formatAmount(free + locked),
});

async function accountView(
  db: EngineQueries,
  port: VaultPort,
  { account, exchange }: VaultAccount,
  quote: string,
  prices: ReadonlyMap<string, Amount>,
): Promise<Account> {
  const balances = await port.balances(account).catch(() => undefined);
  const ledger = await ledgerMatch(db);
  const match = ledger?.account === account ? ledger.match : undefined;
  return {
    account,
    exchange,
    balances: (balances ?? []).map(balanceView),
    quote,
    valueQuote: balances === undefined ? null : totalValue(balances, quote, prices),
    ledgerMatchesExchange: match?.matches ?? null,
    differences: [...(match?.differences ?? [])],
  };
}

/** None while the vault cannot be reached. */
export async function readAccounts(
  db: EngineQueries,
  port: VaultPort,
  vault: VaultStatus | undefined,
  quote: string,
): Promise<Account[]> {
  const prices = await assetPrices(db, vault, quote);
  const connected = (vault?.accounts ?? []).filter((account) => account.connected);
  return Promise.all(connected.map((account) => accountView(db, port, account, quote, prices)));
}
