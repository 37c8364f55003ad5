/**
 * What a sub-key may see of its account's balances. Quote assets of its pairs: the account's total, as the mandate's limits
 * and not the balance bound what it may spend. Base assets: what it bought itself; with the right `sell-held`, the account's
 * total. Nothing else, so a stolen sub-key does not tell how much there is to steal.
 */
import { type Asset, baseOf, multiply, quoteOf } from '@holdfast/domain';
import { positionOf } from '@holdfast/policy';
import type { AccountState, GrantState, KnownOrder } from '../state.ts';

export interface OwnBalance {
  readonly asset: Asset;
  readonly free: bigint;
  /** By open orders of this sub-key. */
  readonly locked: bigint;
}

export function ownBalances(account: AccountState, grant: GrantState): readonly OwnBalance[] {
  if (account.balances === null) return [];
  const totals = account.balances;
  const quotes = new Set(grant.pairs.map(quoteOf));
  const bases = new Set(grant.pairs.map(baseOf).filter((it) => !quotes.has(it)));
  const seesHeld = grant.rights.includes('sell-held');
  const ofTotal = (asset: Asset): OwnBalance => {
    const total = totals.get(asset) ?? 0n;
    const open = [...account.unclosed.values()].filter((it) => !isCountedByTwin(account, it));
    const all = lockedIn(open, asset);
    const own = lockedIn(
      open.filter((it) => it.subKey === grant.subKey),
      asset,
    );
    return { asset, free: atLeastNothing(total - all), locked: own };
  };
  const ofPositions = (asset: Asset): OwnBalance => {
    const positions = grant.pairs.filter((it) => baseOf(it) === asset).map((it) => positionOf(account.book, grant.subKey, it));
    const base = positions.reduce((sum, it) => sum + it.base, 0n);
    const locked = positions.reduce((sum, it) => sum + it.onSale, 0n);
    return { asset, free: atLeastNothing(base - locked), locked };
  };
  return [...[...quotes].map(ofTotal), ...[...bases].map(seesHeld ? ofTotal : ofPositions)].sort((a, b) =>
    a.asset < b.asset ? -1 : 1,
  );
}

const atLeastNothing = (value: bigint): bigint => (value < 0n ? 0n : value);

/** The legs of an OCO lock once, as much as the dearer one: its stop. */
const isCountedByTwin = ({ unclosed }: AccountState, { oco, intent }: KnownOrder): boolean =>
  oco !== null && intent.order !== 'stop-limit' && unclosed.has(oco.twin);

function lockedIn(orders: Iterable<KnownOrder>, asset: Asset): bigint {
  let sum = 0n;
  for (const { intent, filled } of orders) {
    const left = intent.quantity - filled;
    if (intent.side === 'buy' && quoteOf(intent.pair) === asset) sum += multiply(left, intent.limit, 'up');
    if (intent.side === 'sell' && baseOf(intent.pair) === asset) sum += left;
  }
  return sum;
}
