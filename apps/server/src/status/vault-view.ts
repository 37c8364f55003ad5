/** The vault's status and verdicts in the words of the API. */
import type { VaultAccountStatus, VaultStatusView, VaultStopView, VerdictView } from '@holdfast/contracts';
import {
  type Amount,
  formatAmount,
  type Mandate,
  type VaultAccount,
  type VaultStatus,
  type VerdictRecord,
} from '@holdfast/domain';
import { sealedWarning, warningsOf } from './vault-warnings.ts';

/** A vault that tells nothing. `portal` and `unsealedBy` are as it last told them. */
export type VaultAway = Pick<VaultStatusView, 'portal'> & { readonly state: 'sealed' | 'unreachable'; readonly reason: string };

export const awayView = ({ state, reason, portal }: VaultAway): VaultStatusView => ({
  state,
  reason,
  portal,
  unsealedBy: null,
  protections: [],
  warnings: state === 'sealed' ? [sealedWarning] : [],
  accounts: [],
  reference: [],
  journal: null,
});

const mandateView = (mandate: Mandate): NonNullable<VaultAccountStatus['mandate']> => ({
  seq: mandate.seq,
  startsAt: mandate.nbf,
  expiresAt: mandate.exp,
  quote: mandate.quote,
  pairs: mandate.pairs.map((row) => ({
    pair: row.pair,
    group: row.group,
    sides: [...row.sides],
    orders: [...row.orders],
    maxOrderQuote: formatAmount(row.maxOrderQuote),
    maxPositionQuote: formatAmount(row.maxPositionQuote),
    floor: formatAmount(row.floor),
    ceiling: formatAmount(row.ceiling),
    bandBps: row.bandBps,
  })),
  ordersPerMinute: mandate.ordersPerMinute,
  foreign: mandate.foreign,
});

const wholeBps = 10_000n;

function limitsView({ mandate, used, scaleBps }: VaultAccount): VaultAccountStatus['limits'] {
  if (mandate === null) return null;
  const use = (some: Amount, limit: bigint) => ({ used: formatAmount(some), limit: formatAmount(limit) });
  const now = (limit: Amount): bigint => (limit * BigInt(scaleBps)) / wholeBps;
  return {
    turnover24h: use(used.turnover, now(mandate.turnover24h)),
    burn24h: use(used.burn, now(mandate.burn24h)),
    burn7d: use(used.burn7d, now(mandate.burn7d)),
    stopBudget24h: use(used.stopBudget, mandate.stopBudget24h),
    openQuote: use(used.openQuote, now(mandate.maxOpenQuote)),
    openOrders: { used: used.openOrders, limit: mandate.openOrders },
    ordersPerMinute: { used: used.ordersLastMinute, limit: mandate.ordersPerMinute },
    orders24h: { used: used.ordersLastDay, limit: mandate.orders24h },
  };
}

const lossView = ({ worstLoss }: VaultAccount): VaultAccountStatus['worstLoss'] =>
  worstLoss === null
    ? null
    : {
        theft24h: formatAmount(worstLoss.theft24h),
        forged24h: formatAmount(worstLoss.forged24h),
        market24h: formatAmount(worstLoss.market24h),
        formula: worstLoss.formula,
        forgedFormula: worstLoss.forgedFormula,
      };

const positionsView = ({ mandate, used }: VaultAccount): VaultAccountStatus['positions'] =>
  used.pairs.map(({ pair, held, cost }) => {
    const rules = mandate?.pairs.find((it) => it.pair === pair);
    return {
      pair,
      held: formatAmount(held),
      cost: formatAmount(cost),
      costLimit: rules === undefined ? null : formatAmount(rules.maxPositionQuote),
    };
  });

/**
 * How readers tell sub-keys apart. Reading needs no token, and whoever knows a whole name can have its bot stopped by asking for
 * nonsense in it (rule R9).
 */
const shortName = (subKey: string): string => subKey.slice(0, 8);

const stopsView = ({ stopped, grants }: VaultAccount): VaultStopView[] =>
  stopped.map(({ what, name, reason, by }) => ({
    what,
    name: what === 'sub-key' ? shortName(name) : name,
    bot: what === 'sub-key' ? (grants.find(({ subKey }) => subKey === name)?.bot ?? null) : null,
    reason,
    by: by === '' ? null : by,
  }));

const accountView = (account: VaultAccount): VaultAccountStatus => ({
  account: account.account,
  owner: account.owner,
  exchange: account.exchange,
  condition: account.condition,
  reason: account.condition === 'active' ? null : account.reason,
  frozen: account.frozen,
  connected: account.connected,
  stopped: stopsView(account),
  key: account.key,
  pending: [...account.pending],
  mandate: account.mandate === null ? null : mandateView(account.mandate),
  scaleBps: account.scaleBps,
  limits: limitsView(account),
  positions: positionsView(account),
  worstLoss: lossView(account),
  grants: account.grants.map(({ subKey, bot, pairs, maxOrderQuote, turnover24h, alive }) => ({
    subKey: shortName(subKey),
    bot,
    pairs: [...pairs],
    maxOrderQuote: formatAmount(maxOrderQuote),
    turnover24h: formatAmount(turnover24h),
    alive,
  })),
});

/** Only what is the address of a page is handed on: pages make a link of it. */
export function portalOf({ portalOrigin }: VaultStatus): string | null {
  const url = URL.parse(portalOrigin);
  return url !== null && (url.protocol === 'http:' || url.protocol === 'https:') ? url.origin : null;
}

/** `now`: the machine's clock, unix ms. */
export const vaultView = (vault: VaultStatus, now: number): VaultStatusView => ({
  state: vault.state,
  reason: vault.reason,
  portal: portalOf(vault),
  unsealedBy: vault.unsealedBy === '' ? null : vault.unsealedBy,
  protections: [...vault.protections],
  warnings: warningsOf(vault, now),
  accounts: vault.accounts.map(accountView),
  reference: vault.reference.map(({ pair, price, sources, ageMs }) => ({ pair, price: formatAmount(price), sources, ageMs })),
  journal: vault.journal,
});

/** `bots` maps a sub-key to its bot. */
export function verdictView(
  { at, account, subKey, intent, verdict }: VerdictRecord,
  bots: ReadonlyMap<string, string>,
): VerdictView {
  const placed = intent.kind === 'cancel-order' ? null : intent;
  return {
    at,
    account,
    subKey: shortName(subKey),
    bot: bots.get(subKey) ?? null,
    kind: intent.kind,
    clientOrderId: intent.clientOrderId,
    pair: intent.pair,
    side: placed?.side ?? null,
    quantity: placed === null ? null : formatAmount(placed.quantity),
    limit: placed === null ? null : formatAmount(placed.kind === 'place-oco' ? placed.limitLeg.limit : placed.limit),
    verdict: verdict.kind,
    code: verdict.kind === 'refused' ? verdict.code : null,
    reason: verdict.kind === 'refused' ? verdict.reason : null,
  };
}
