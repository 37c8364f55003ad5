/** The vault's status and verdicts in the words of the API. */
import type { VaultAccountStatus, VaultStatusView, VerdictView } from '@holdfast/contracts';
import { formatAmount, type Mandate, type VaultAccount, type VaultStatus, type VerdictRecord } from '@holdfast/domain';

export const unreachableVault: VaultStatusView = {
  state: 'unreachable',
  reason: 'the vault does not answer; it may be starting',
  accounts: [],
  reference: [],
  journal: null,
};

const mandateView = (mandate: Mandate): NonNullable<VaultAccountStatus['mandate']> => ({
  seq: mandate.seq,
  expiresAt: mandate.exp,
  quote: mandate.quote,
  pairs: mandate.pairs.map((row) => ({
    pair: row.pair,
    sides: [...row.sides],
    orders: [...row.orders],
    maxOrderQuote: formatAmount(row.maxOrderQuote),
    floor: formatAmount(row.floor),
    ceiling: formatAmount(row.ceiling),
    bandBps: row.bandBps,
  })),
  ordersPerMinute: mandate.ordersPerMinute,
  foreign: mandate.foreign,
});

const limitsView = ({ mandate, used }: VaultAccount): VaultAccountStatus['limits'] =>
  mandate === null
    ? null
    : {
        turnover24h: { used: formatAmount(used.turnover), limit: formatAmount(mandate.turnover24h) },
        burn24h: { used: formatAmount(used.burn), limit: formatAmount(mandate.burn24h) },
        openOrders: { used: used.openOrders, limit: mandate.openOrders },
      };

const accountView = (account: VaultAccount): VaultAccountStatus => ({
  account: account.account,
  exchange: account.exchange,
  frozen: account.frozen,
  connected: account.connected,
  mandate: account.mandate === null ? null : mandateView(account.mandate),
  limits: limitsView(account),
  grants: account.grants.map(({ subKey, bot, pairs, maxOrderQuote, turnover24h, alive }) => ({
    subKey,
    bot,
    pairs: [...pairs],
    maxOrderQuote: formatAmount(maxOrderQuote),
    turnover24h: formatAmount(turnover24h),
    alive,
  })),
});

export const vaultView = (vault: VaultStatus): VaultStatusView => ({
  state: vault.state,
  reason: vault.reason,
  accounts: vault.accounts.map(accountView),
  reference: vault.reference.map(({ pair, price, sources, ageMs }) => ({ pair, price: formatAmount(price), sources, ageMs })),
  journal: vault.journal,
});

/** `bots` maps a sub-key to its bot. */
export function verdictView(
  { at, account, subKey, intent, verdict }: VerdictRecord,
  bots: ReadonlyMap<string, string>,
): VerdictView {
  const placed = intent.kind === 'place-order' ? intent : null;
  return {
    at,
    account,
    subKey,
    bot: bots.get(subKey) ?? null,
    kind: intent.kind,
    clientOrderId: intent.clientOrderId,
    pair: intent.pair,
    side: placed?.side ?? null,
    quantity: placed === null ? null : formatAmount(placed.quantity),
    limit: placed === null ? null : formatAmount(placed.limit),
    verdict: verdict.kind,
    code: verdict.kind === 'refused' ? verdict.code : null,
    reason: verdict.kind === 'refused' ? verdict.reason : null,
  };
}
