/**
 * What each new set of reference prices asks for: fills of just now are counted again, entries that would not be approved
 * again go, and the equity is watched.
 */
import { type Amount, baseOf, multiply } from '@holdfast/domain';
import { recountsDue, restingFaults } from '@holdfast/policy';
import type { SignerContext } from '../context.ts';
import type { AccountState } from '../state.ts';

/** How often the equity is noted down at least while its fall is watched, in ms of the exchange's clock. */
const equityEveryMs = 60_000;

export function onReferenceTick(context: SignerContext): void {
  for (const account of context.state.accounts.values()) {
    if (account.apiKey === null || account.standing.condition === 'revoked') continue;
    recount(context, account);
    withdrawEntries(context, account);
    noteEquity(context, account);
  }
}

/** Before anything else is judged by the new prices: what they show of a jump uses up the burn budget. */
function recount({ state, commit, referenceOf }: SignerContext, { account, book, mandate }: AccountState): void {
  for (const { pair, reference } of recountsDue(book, mandate, referenceOf, state.time))
    commit({ kind: 'recounted', account, pair, reference });
}

function withdrawEntries(context: SignerContext, account: AccountState): void {
  const { state, commit, links } = context;
  if (account.unclosed.size === 0) return;
  for (const { key, code, reason } of restingFaults(account.book, account.mandate, context.referenceOf, state.time)) {
    const order = account.unclosed.get(key);
    if (order === undefined || order.cancelWanted) continue;
    const { subKey, intent } = order;
    commit({ kind: 'withdrawn', account: account.account, subKey, clientOrderId: intent.clientOrderId, code, reason }, () => {
      void links.get(account.account)?.cancel(order);
    });
  }
}

/** R12 is fed from the journal: once a minute, and at once when the fall would be too deep. */
function noteEquity(context: SignerContext, account: AccountState): void {
  const { state } = context;
  const { mandate, rules } = account;
  if (mandate === null || mandate.drawdown24h === 0n || account.standing.condition === 'frozen') return;
  const equity = equityOf(context, account);
  if (equity === null) return;
  const highest = rules.equity.peaks[0]?.equity ?? equity;
  const isDue = state.time - account.equityAt >= equityEveryMs;
  if (isDue || highest - equity >= mandate.drawdown24h) context.commit({ kind: 'equity', account: account.account, equity });
}

/** What the mandate's quote and the bases of its pairs are worth at reference prices; null when one has none. */
function equityOf({ referenceOf }: SignerContext, account: AccountState): Amount | null {
  const { mandate, balances } = account;
  if (mandate === null || balances === null) return null;
  let equity: bigint = balances.get(mandate.quote) ?? 0n;
  for (const { pair } of mandate.pairs) {
    const held = balances.get(baseOf(pair)) ?? 0n;
    if (held === 0n) continue;
    const price = referenceOf(pair);
    if (price === undefined) return null;
    equity += multiply(held as Amount, price.price, 'down');
  }
  return equity as Amount;
}
