/**
 * Reads of the dialect, answered from the vault's own books. What clients ask about permissions, assets and fees before
 * they trade is answered for the sub-key: it may read and trade spot, and nothing else exists.
 */
import { type Asset, baseOf, type Pair, quoteOf } from '@holdfast/domain';
import { symbolOf } from '@holdfast/exchanges/trading';
import type { AccountState, GrantState } from '../state.ts';
import { ownBalances } from './balances.ts';
import { orderDoesNotExist, outcomeUnknown } from './dialect-error.ts';
import { isOpen, type OwnOrder, type OwnOrders } from './own-orders.ts';
import type { Values } from './read-request.ts';
import { type Json, money, orderJson, tradeJson } from './show.ts';
import type { DialectAct } from './table.ts';
import { pairOf, type Trading } from './trading.ts';

export interface ReadCase {
  readonly grant: GrantState;
  readonly account: AccountState;
  readonly values: Values;
  /** Unix ms of the exchange. */
  readonly now: number;
}

export type Read = (it: ReadCase) => unknown;

/** The rate the vault's budgets assume (custody 3.6); what was really paid stands in each trade. */
const assumedRate = '0.00100000';
const assumedRates = { maker: assumedRate, taker: assumedRate, buyer: '0.00000000', seller: '0.00000000' };
const noRates = { maker: '0.00000000', taker: '0.00000000', buyer: '0.00000000', seller: '0.00000000' };
const listDefault = 500;
const listMax = 1000;

export function createReads(own: OwnOrders, trading: Pick<Trading, 'named'>): Partial<Record<DialectAct, Read>> {
  const shown = (it: OwnOrder): boolean => it.phase !== 'sent' && it.phase !== 'rejected' && it.exchangeOrderId !== null;
  const ordersOf = ({ grant }: ReadCase): readonly OwnOrder[] => [...own.orders(grant.subKey)].filter(shown);
  const pairAsked = ({ values, grant, account }: ReadCase): Pair | null => {
    const symbol = values.get('symbol');
    return symbol === undefined ? null : pairOf(symbol, grant, account);
  };

  return {
    order: ({ grant, values }) => {
      const order = trading.named(grant, values);
      // Whoever heard "it does not exist" would send it again; until the exchange has said, it may exist.
      if (order?.phase === 'sent') throw outcomeUnknown();
      if (order === undefined || !shown(order)) throw orderDoesNotExist();
      return orderJson(order);
    },
    'open-orders': (it) => {
      const pair = pairAsked(it);
      return ordersOf(it)
        .filter((order) => isOpen(order) && (pair === null || order.intent.pair === pair))
        .map(orderJson);
    },
    'all-orders': (it) => {
      const pair = pairAsked(it);
      const orders = ordersOf(it).filter((order) => order.intent.pair === pair);
      return chosen(orders, it.values, 'orderId', ({ exchangeOrderId, acceptedAt }) => [exchangeOrderId ?? '0', acceptedAt]).map(
        orderJson,
      );
    },
    'my-trades': (it) => {
      const [pair, orderId] = [pairAsked(it), it.values.get('orderId')];
      const trades = own
        .trades(it.grant.subKey)
        .filter(({ order }) => order.intent.pair === pair && (orderId === undefined || order.exchangeOrderId === orderId));
      return chosen(trades, it.values, 'fromId', ({ tradeId, at }) => [tradeId, at]).map(tradeJson);
    },
    account: accountJson,
    commission: (it) => ({
      symbol: it.values.get('symbol'),
      standardCommission: assumedRates,
      specialCommission: noRates,
      taxCommission: noRates,
      discount: { enabledForAccount: false, enabledForSymbol: false, discountAsset: 'BNB', discount: '0.00000000' },
    }),
    'order-rates': ({ account }) => [
      { rateLimitType: 'ORDERS', interval: 'MINUTE', intervalNum: 1, limit: account.mandate?.ordersPerMinute ?? 0, count: 0 },
    ],
    restrictions: ({ now }) => ({
      ipRestrict: true,
      createTime: now,
      enableReading: true,
      enableSpotAndMarginTrading: true,
      enableWithdrawals: false,
      enableInternalTransfer: false,
      permitsUniversalTransfer: false,
      enableMargin: false,
      enableFutures: false,
      enableVanillaOptions: false,
      enablePortfolioMarginTrading: false,
      enableFixApiTrade: false,
      enableFixReadOnly: false,
    }),
    assets: ({ grant }) => assetsOf(grant).map(assetJson),
    'trade-fees': (it) =>
      [pairAsked(it) ?? it.grant.pairs]
        .flat()
        .map((pair) => ({ symbol: symbolOf(pair), makerCommission: assumedRate, takerCommission: assumedRate })),
    'status-normal': () => ({ data: 'Normal' }),
    'system-status': () => ({ status: 0, msg: 'normal' }),
    'trading-status': ({ now }) => ({
      data: { isLocked: false, plannedRecoverTime: 0, triggerCondition: {}, updateTime: now },
    }),
    'account-info': () => ({
      vipLevel: 0,
      isMarginEnabled: false,
      isFutureEnabled: false,
      isOptionsEnabled: false,
      isPortfolioMarginRetailEnabled: false,
    }),
    'user-assets': ({ account, grant, values }) => {
      const wanted = values.get('asset');
      return ownBalances(account, grant)
        .filter(({ asset, free, locked }) => free + locked > 0n && (wanted === undefined || asset === wanted))
        .map(({ asset, free, locked }) => ({
          asset,
          free: money(free),
          locked: money(locked),
          freeze: '0',
          withdrawing: '0',
          ipoable: '0',
          btcValuation: '0',
        }));
    },
    'no-snapshots': () => ({ code: 200, msg: '', snapshotVos: [] }),
    'no-burn': () => ({ spotBNBBurn: false, interestBNBBurn: false }),
    'empty-list': () => [],
  };
}

/** What a client is told of futures and options, which it may list but not trade here. */
export const noFuturesJson = (now: number): Json => ({
  timezone: 'UTC',
  serverTime: now,
  rateLimits: [],
  exchangeFilters: [],
  assets: [],
  symbols: [],
  optionContracts: [],
  optionAssets: [],
  optionSymbols: [],
});

/** By id and time, ascending: from an id on, else from a time on, else the newest (rest-api.md). */
export function chosen<Item>(
  items: readonly Item[],
  values: Values,
  fromName: string,
  keys: (item: Item) => readonly [id: string, at: number],
): readonly Item[] {
  const [from, start, end] = [values.get(fromName), values.get('startTime'), values.get('endTime')];
  const limit = Math.min(Number(values.get('limit') ?? listDefault), listMax);
  const kept = items
    .filter((item) => {
      const [id, at] = keys(item);
      if (from !== undefined && BigInt(id) < BigInt(from)) return false;
      return (start === undefined || at >= Number(start)) && (end === undefined || at <= Number(end));
    })
    .sort((a, b) => Number(BigInt(keys(a)[0]) - BigInt(keys(b)[0])));
  return from === undefined && start === undefined ? kept.slice(Math.max(kept.length - limit, 0)) : kept.slice(0, limit);
}

function accountJson({ grant, account, values, now }: ReadCase): Json {
  const balances = ownBalances(account, grant).filter(
    ({ free, locked }) => values.get('omitZeroBalances') !== 'true' || free > 0n || locked > 0n,
  );
  return {
    makerCommission: 10,
    takerCommission: 10,
    buyerCommission: 0,
    sellerCommission: 0,
    commissionRates: assumedRates,
    canTrade: grant.alive,
    canWithdraw: false,
    canDeposit: false,
    brokered: false,
    requireSelfTradePrevention: false,
    preventSor: false,
    updateTime: now,
    accountType: 'SPOT',
    balances: balances.map(({ asset, free, locked }) => ({ asset, free: money(free), locked: money(locked) })),
    permissions: ['SPOT'],
    uid: 0,
  };
}

const assetsOf = ({ pairs }: GrantState): readonly Asset[] =>
  [...new Set(pairs.flatMap((it) => [baseOf(it), quoteOf(it)]))].sort();

const assetJson = (asset: Asset): Json => ({
  coin: asset,
  name: asset,
  depositAllEnable: false,
  withdrawAllEnable: false,
  trading: true,
  isLegalMoney: false,
  free: '0',
  locked: '0',
  freeze: '0',
  withdrawing: '0',
  ipoing: '0',
  ipoable: '0',
  storage: '0',
  networkList: [],
});
