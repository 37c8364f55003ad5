/** The account: balances, commission, limits, listen keys, and the wallet questions that clients ask before they trade. */
import type { Asset } from '@holdfast/domain';
import type { CommissionRates, MarketDefinition } from '@holdfast/exchanges/simulated';
import { ApiError, noListenKey } from '../api-error.ts';
import { type Json, money } from '../format.ts';
import { orderLimits } from '../limits.ts';
import type { ListenKeys } from '../listen-keys.ts';
import { type Call, type Endpoint, endpoint, marketOf } from './endpoint.ts';

const noDiscount = { enabledForAccount: false, enabledForSymbol: false, discountAsset: 'BNB', discount: '0.00000000' };
const ratesJson = (rates: CommissionRates): Json => ({
  maker: money(rates.maker),
  taker: money(rates.taker),
  buyer: money(rates.buyer),
  seller: money(rates.seller),
});

function commissionOf(call: Call) {
  const user = call.venue.exchange.user(call.userId);
  if (user === undefined) throw new ApiError(-1000, 'An unknown error occurred while processing the request.');
  return user.commission;
}

/** All assets of the exchange by name, as the real one lists them even when nothing is held. */
function assetsOf(call: Call): readonly Asset[] {
  const names = new Set<Asset>();
  for (const market of call.venue.exchange.markets()) names.add(market.base).add(market.quote);
  for (const balance of call.venue.exchange.balances(call.userId)) names.add(balance.asset);
  return [...names].sort();
}

function balancesJson(call: Call, omitZero: boolean): Json[] {
  const held = new Map(call.venue.exchange.balances(call.userId).map((each) => [each.asset, each]));
  const shown = omitZero ? [...held.keys()].sort() : assetsOf(call);
  return shown.map((asset) => ({
    asset,
    free: money(held.get(asset)?.free ?? 0n),
    locked: money(held.get(asset)?.locked ?? 0n),
  }));
}

function account(call: Call): Json {
  const { standard } = commissionOf(call);
  const basisPoints = (rate: bigint): number => Number(rate / 10n ** 14n);
  return {
    makerCommission: basisPoints(standard.maker),
    takerCommission: basisPoints(standard.taker),
    buyerCommission: basisPoints(standard.buyer),
    sellerCommission: basisPoints(standard.seller),
    commissionRates: ratesJson(standard),
    canTrade: true,
    canWithdraw: false,
    canDeposit: false,
    brokered: false,
    requireSelfTradePrevention: false,
    preventSor: false,
    updateTime: call.time(call.venue.now()),
    accountType: 'SPOT',
    balances: balancesJson(call, call.params.flag('omitZeroBalances') === true),
    permissions: ['SPOT'],
    uid: uidOf(call.userId),
  };
}

const uidOf = (userId: number): number => 350_000_000 + userId;

function commission(call: Call): Json {
  const market = marketOf(call);
  const { standard, special, tax } = commissionOf(call);
  return {
    symbol: market.symbol,
    standardCommission: ratesJson(standard),
    specialCommission: ratesJson(special),
    taxCommission: ratesJson(tax),
    discount: noDiscount,
  };
}

const orderCounts = (call: Call): Json[] =>
  orderLimits.map((limit, index) => ({ ...limit, count: call.venue.limits.usedOrders(call.userId)[index] ?? 0 }));

function apiRestrictions(call: Call): Json {
  const permissions = call.key?.permissions ?? [];
  return {
    ipRestrict: call.key?.ips !== undefined,
    createTime: call.time(call.key?.createdAt ?? 0),
    enableReading: permissions.includes('reading'),
    enableWithdrawals: false,
    enableInternalTransfer: false,
    enableMargin: false,
    enableFutures: false,
    permitsUniversalTransfer: false,
    enableVanillaOptions: false,
    enableFixApiTrade: false,
    enableFixReadOnly: false,
    enableSpotAndMarginTrading: permissions.includes('trading'),
    enablePortfolioMarginTrading: false,
    ...call.key?.rights,
  };
}

/** Every asset with its balance and without networks: nothing is deposited or withdrawn here. */
function allAssets(call: Call): Json[] {
  const held = new Map(call.venue.exchange.balances(call.userId).map((each) => [each.asset, each]));
  return assetsOf(call).map((asset) => ({
    coin: asset,
    depositAllEnable: false,
    withdrawAllEnable: false,
    name: asset,
    free: money(held.get(asset)?.free ?? 0n),
    locked: money(held.get(asset)?.locked ?? 0n),
    freeze: '0',
    withdrawing: '0',
    ipoing: '0',
    ipoable: '0',
    storage: '0',
    isLegalMoney: false,
    trading: true,
    networkList: [],
  }));
}

function tradeFees(call: Call): Json[] {
  const { standard } = commissionOf(call);
  const chosen: readonly MarketDefinition[] = call.params.has('symbol') ? [marketOf(call)] : call.venue.exchange.markets();
  return chosen.map((market) => ({
    symbol: market.symbol,
    makerCommission: money(standard.maker),
    takerCommission: money(standard.taker),
  }));
}

function userAssets(call: Call): Json[] {
  const wanted = call.params.textOr('asset');
  return call.venue.exchange
    .balances(call.userId)
    .filter((each) => wanted === undefined || each.asset === wanted)
    .map((each) => ({
      asset: each.asset,
      free: money(each.free),
      locked: money(each.locked),
      freeze: '0',
      withdrawing: '0',
      ipoable: '0',
      btcValuation: '0',
    }));
}

export const accountEndpoints = {
  account: endpoint('user', 20, 'omitZeroBalances:boolean', account),
  commission: endpoint('user', 20, 'symbol:symbol!', commission),
  orderCounts: endpoint('user', 40, '', orderCounts),
  allocations: endpoint('user', 20, 'symbol:symbol!', () => [], { lenient: true }),
  myFilters: endpoint('user', 40, 'symbol:symbol!', (call) => {
    marketOf(call);
    return { exchangeFilters: [], symbolFilters: [], assetFilters: [] };
  }),
} satisfies Record<string, Endpoint>;

const wallet = (security: 'none' | 'user', run: (call: Call) => unknown, declared = ''): Endpoint =>
  endpoint(security, 1, declared, run, { lenient: true });

export const walletEndpoints = {
  systemStatus: wallet('none', () => ({ status: 0, msg: 'normal' })),
  apiRestrictions: wallet('user', apiRestrictions),
  accountStatus: wallet('user', () => ({ data: 'Normal' })),
  apiTradingStatus: wallet('user', (call) => ({
    data: { isLocked: false, plannedRecoverTime: 0, triggerCondition: {}, updateTime: call.time(call.venue.now()) },
  })),
  accountInfo: wallet('user', () => ({
    vipLevel: 0,
    isMarginEnabled: false,
    isFutureEnabled: false,
    isOptionsEnabled: false,
    isPortfolioMarginRetailEnabled: false,
  })),
  allAssets: wallet('user', allAssets),
  tradeFees: wallet('user', tradeFees, 'symbol:symbol'),
  userAssets: wallet('user', userAssets, 'asset:text'),
  empty: wallet('none', () => []),
  emptySigned: wallet('user', () => []),
  noDust: wallet('user', () => ({ total: 0, userAssetDribblets: [] })),
  snapshots: wallet('user', () => ({ code: 200, msg: '', snapshotVos: [] })),
  emptyRows: wallet('user', () => ({ rows: [], total: 0 })),
  noFutures: wallet('none', (call) => ({
    timezone: 'UTC',
    serverTime: call.venue.now(),
    rateLimits: [],
    exchangeFilters: [],
    assets: [],
    symbols: [],
  })),
  noOptions: wallet('none', (call) => ({
    timezone: 'UTC',
    serverTime: call.venue.now(),
    rateLimits: [],
    optionContracts: [],
    optionAssets: [],
    optionSymbols: [],
  })),
  noBurn: wallet('user', () => ({ spotBNBBurn: false, interestBNBBurn: false })),
  time: wallet('none', (call) => ({ serverTime: call.venue.now() })),
  ping: wallet('none', () => ({})),
} satisfies Record<string, Endpoint>;

export function listenKeyEndpoints(listenKeys: ListenKeys) {
  const known = (call: Call): string => {
    const listenKey = call.params.text('listenKey');
    if (listenKeys.userOf(listenKey) !== call.userId) throw noListenKey();
    return listenKey;
  };
  return {
    start: endpoint('key', 2, '', (call) => ({ listenKey: listenKeys.start(call.userId) })),
    keep: endpoint('key', 2, 'listenKey:text!', (call) => {
      listenKeys.keep(known(call));
      return {};
    }),
    stop: endpoint('key', 2, 'listenKey:text!', (call) => {
      listenKeys.stop(known(call));
      return {};
    }),
  } satisfies Record<string, Endpoint>;
}
