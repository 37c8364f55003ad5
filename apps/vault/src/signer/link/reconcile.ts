/** Reads the exchange anew: open orders, what became of ours, trades since the last known one, balances. */
import type { Amount, Asset, EpochMs, Pair } from '@holdfast/domain';
import {
  buildAccount,
  buildMyTrades,
  buildOpenOrders,
  buildQueryById,
  type Credentials,
  myTradesMax,
  readAccount,
  readMyTrades,
  readOpenOrders,
  readOrder,
  readSide,
  type SignedRequest,
  type TradeReport,
} from '@holdfast/exchanges/trading';
import type { LinkPorts } from '../link.ts';
import { followedPairs, orderOfTrade } from '../settle.ts';
import { type AccountState, type KnownOrder, tradesOf } from '../state.ts';
import { type Foreign, tradeName } from './foreign.ts';
import { type Call, demand } from './outcomes.ts';

/** A difference of balances counts only when it is still the same after this time. */
const secondLookMs = 1000;

export interface ReconcilePorts extends Pick<LinkPorts, 'state' | 'settle' | 'commit' | 'isOurs'> {
  readonly call: Call;
  readonly later: (ms: number, act: () => void) => void;
  readonly foreign: Foreign;
  /** Asks for one order once and settles what the exchange says. @throws Denied */
  readonly lookUp: (order: KnownOrder) => Promise<void>;
  /** Changes with everything that may change a balance. */
  readonly activity: () => number;
}

type Ask = <T>(build: (credentials: Credentials) => SignedRequest, reader: (value: unknown) => T) => Promise<T>;

/** `check` throws when something newer has begun. */
export function createReconcile(account: AccountState, ports: ReconcilePorts): (check: () => void) => Promise<void> {
  const { state, settle, later, foreign } = ports;

  const reconcile = async (check: () => void): Promise<void> => {
    const ask: Ask = async (build, reader) => {
      const outcome = await ports.call('reconcile', build);
      check();
      return reader(demand(outcome));
    };
    const openOrders = await ask(buildOpenOrders, readOpenOrders);
    if (account.balances === null) {
      const balances = Object.fromEntries(await ask(buildAccount, readAccount));
      const orders = openOrders.map((it) => it.exchangeOrderId);
      ports.commit({ kind: 'baseline', account: account.account, balances, orders });
    }
    for (const it of openOrders) {
      const order = state.byUpstreamId.get(it.upstreamId);
      if (order === undefined) foreign.order(it.symbol, it.exchangeOrderId, it.upstreamId);
      else settle.observed(order, { ...it, at: state.time as EpochMs });
    }
    const resting = new Set(openOrders.map((it) => it.upstreamId));
    for (const order of [...account.unclosed.values()]) {
      if (resting.has(order.upstreamId)) continue;
      await ports.lookUp(order);
      check();
    }
    for (const pair of followedPairs(account)) await readTrades(pair, ask);
    await compareBalances(ask, check);
  };

  const readTrades = async (pair: Pair, ask: Ask): Promise<void> => {
    const note = (tradeId: bigint): void =>
      ports.commit({ kind: 'trades-known', account: account.account, pair, tradeId: String(tradeId) });
    if (!account.trades.has(pair)) {
      const newest = await ask((it) => buildMyTrades(pair, null, it), readMyTrades);
      note(newest.reduce((max, it) => (BigInt(it.tradeId) > max ? BigInt(it.tradeId) : max), -1n));
      return;
    }
    for (;;) {
      const known = tradesOf(account, pair);
      const page = await ask((it) => buildMyTrades(pair, known.to + 1n, it), readMyTrades);
      const from = known.to;
      let to = from;
      for (const trade of page) {
        const order = orderOfTrade(state, pair, trade.exchangeOrderId);
        if (order !== undefined) settle.traded(order, trade);
        else if (mayBeOurs(pair))
          break; // an order of unknown outcome may turn out to be its owner
        else await unknownTrade(pair, trade, ask);
        to = BigInt(trade.tradeId);
      }
      if (to > from) note(to);
      if (page.length < myTradesMax || to === from) return;
    }
  };

  /** Foreign, or of an order of ours that an older copy of the journal does not have: then it counts. */
  const unknownTrade = async (pair: Pair, trade: TradeReport, ask: Ask): Promise<void> => {
    const { symbol, exchangeOrderId, tradeId } = trade;
    if (account.baselineOrders.has(exchangeOrderId) || account.foreignSeen.has(tradeName(symbol, tradeId))) return;
    const outcome = await ask(
      (it) => buildQueryById(pair, exchangeOrderId, it),
      (value) => ({ side: readSide(value), upstreamId: readOrder(value).upstreamId }),
    );
    if (!ports.isOurs(outcome.upstreamId)) {
      foreign.trade(symbol, exchangeOrderId, tradeId);
      return;
    }
    const { price, quantity, fee, feeAsset } = trade;
    const { side } = outcome;
    ports.commit({ kind: 'recovered', account: account.account, pair, side, tradeId, price, quantity, fee, feeAsset });
    const what = `trade ${tradeId} on ${symbol} is of order ${exchangeOrderId}, which this vault placed and does not remember`;
    settle.foreign(account, tradeName(symbol, tradeId), what);
  };

  const mayBeOurs = (pair: Pair): boolean =>
    [...account.unclosed.values()].some((it) => it.intent.pair === pair && it.exchangeOrderId === null);

  const compareBalances = async (ask: Ask, check: () => void): Promise<void> => {
    let before = '';
    for (let look = 0; look < 5; look += 1) {
      const started = ports.activity();
      const theirs = await ask(buildAccount, readAccount);
      const differences = differencesOf(account.balances ?? new Map(), theirs);
      if (differences.length === 0) return;
      const found = JSON.stringify(differences.map(([asset, change]) => [asset, String(change)]));
      if (found === before && started === ports.activity()) {
        for (const [asset, change] of differences) settle.balance(account, asset, change, state.time as EpochMs);
        return;
      }
      before = found;
      await new Promise<void>((resolve) => later(secondLookMs, resolve));
      check();
    }
    throw new Error('the balances kept changing while they were compared');
  };

  return reconcile;
}

/** What the exchange has more (or less) than our postings say, sorted by asset. */
function differencesOf(ours: ReadonlyMap<Asset, bigint>, theirs: ReadonlyMap<Asset, Amount>): readonly [Asset, Amount][] {
  const assets = [...new Set([...ours.keys(), ...theirs.keys()])].sort();
  return assets
    .map((asset): [Asset, Amount] => [asset, ((theirs.get(asset) ?? 0n) - (ours.get(asset) ?? 0n)) as Amount])
    .filter(([, change]) => change !== 0n);
}
