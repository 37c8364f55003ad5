/**
 * The reading part of an exchange account, tried against the exchange itself: its clock, the rules of the pairs, candles,
 * prices, live streams; and, where a vault runs, what the vault reads there with the key. Nothing is placed or changed.
 */
import {
  type Candle,
  formatAmount,
  type MarketDataPort,
  type MarketEvent,
  type Pair,
  type VaultAccount,
  type VaultStatus,
} from '@holdfast/domain';
import type { VaultClient } from '@holdfast/vault/client';

export interface Finding {
  readonly name: string;
  readonly ok: boolean;
  /** What was seen, for a person. */
  readonly detail: string;
}

export interface CheckOptions {
  readonly market: MarketDataPort;
  readonly pairs: readonly Pair[];
  /** How long to listen to the streams, in ms. */
  readonly listenMs: number;
  /** Undefined: no vault runs. */
  readonly vault: VaultClient | undefined;
  readonly account: string | undefined;
}

/** Beyond this a real vault signs nothing (custody 3.7). */
const skewMsMost = 1000;
const candlesWanted = 10;
const minuteMs = 60_000;

/** Every check in order; one that fails does not stop the others. */
export async function checkAccount(options: CheckOptions): Promise<readonly Finding[]> {
  const { market, pairs, listenMs } = options;
  const findings = [
    await finding('server time', () => checkTime(market)),
    await finding('rules', () => checkRules(market, pairs)),
    await finding('candles', () => checkCandles(market, pairs)),
    await finding('prices', () => checkPrices(market, pairs)),
    await finding('live streams', () => checkStreams(market, pairs, listenMs)),
  ];
  if (options.vault === undefined) return findings;
  return [...findings, ...(await checkVault(options.vault, options.account))];
}

async function finding(name: string, look: () => Promise<string>): Promise<Finding> {
  try {
    return { name, ok: true, detail: await look() };
  } catch (error) {
    return { name, ok: false, detail: (error as Error).message };
  }
}

async function checkTime(market: MarketDataPort): Promise<string> {
  const skews: number[] = [];
  for (let look = 0; look < 3; look += 1) {
    const before = Date.now();
    const theirs = await market.serverTime();
    skews.push(theirs - (before + Date.now()) / 2);
  }
  const skew = Math.round(skews.sort((a, b) => a - b)[1] ?? 0);
  const text = `the exchange's clock is ${Math.abs(skew)} ms ${skew < 0 ? 'behind' : 'ahead of'} this machine's`;
  if (Math.abs(skew) > skewMsMost) throw new Error(`${text}, limit ${skewMsMost} ms: set this machine's clock (NTP)`);
  return text;
}

async function checkRules(market: MarketDataPort, pairs: readonly Pair[]): Promise<string> {
  const rules = await market.rules(pairs).catch((cause: Error) => {
    throw new Error(`${cause.message} (asked for ${pairs.join(', ')})`, { cause });
  });
  return rules
    .map(
      ({ pair, tick, lot, minNotional }) =>
        `${pair} tick ${formatAmount(tick)} lot ${formatAmount(lot)} least ${formatAmount(minNotional)}`,
    )
    .join('; ');
}

async function checkCandles(market: MarketDataPort, pairs: readonly Pair[]): Promise<string> {
  for (const pair of pairs) {
    const candles = await market.candles(pair, '1m', candlesWanted);
    const gap = candles.findIndex((candle, at) => at > 0 && candle.openTime - (candles[at - 1] as Candle).openTime !== minuteMs);
    if (candles.length === 0) throw new Error(`${pair} has no minute candles`);
    if (gap !== -1) throw new Error(`${pair} has a gap before ${new Date(candles[gap]!.openTime).toISOString()}`);
    const wrong = candles.find(
      ({ open, high, low, close }) => high < low || open > high || open < low || close > high || close < low,
    );
    if (wrong !== undefined) throw new Error(`${pair} has a candle whose high and low do not hold its prices`);
  }
  return `${candlesWanted} closed minutes of each pair, without gap`;
}

async function checkPrices(market: MarketDataPort, pairs: readonly Pair[]): Promise<string> {
  const events = await market.prices(pairs);
  const texts = pairs.map((pair) => {
    const best = events.find((event) => event.kind === 'best' && event.pair === pair) as
      | Extract<MarketEvent, { kind: 'best' }>
      | undefined;
    if (best === undefined) throw new Error(`${pair} has no best prices`);
    if (best.ask < best.bid) throw new Error(`the ask of ${pair} is below its bid`);
    return `${pair} ${formatAmount(best.bid)} / ${formatAmount(best.ask)}`;
  });
  return texts.join('; ');
}

async function checkStreams(market: MarketDataPort, pairs: readonly Pair[], listenMs: number): Promise<string> {
  const counts = new Map<string, number>();
  const stop = market.subscribe(pairs, ({ kind }) => counts.set(kind, (counts.get(kind) ?? 0) + 1));
  await new Promise((resolve) => setTimeout(resolve, listenMs));
  stop();
  if (!counts.has('connected')) throw new Error(`no connection within ${listenMs} ms`);
  if (counts.has('disconnected')) throw new Error(`the connection broke ${counts.get('disconnected')} times in ${listenMs} ms`);
  if (!counts.has('trade') && !counts.has('best')) throw new Error(`nothing was said of ${pairs.join(', ')} in ${listenMs} ms`);
  return [...counts].map(([kind, count]) => `${kind} ${count}`).join(', ');
}

async function checkVault(vault: VaultClient, name: string | undefined): Promise<readonly Finding[]> {
  let status: VaultStatus;
  try {
    status = await vault.status();
  } catch (error) {
    return [{ name: 'vault', ok: false, detail: (error as Error).message }];
  }
  const accounts = status.accounts.filter(({ account }) => name === undefined || account === name);
  if (accounts.length === 0)
    return [
      {
        name: 'vault',
        ok: name === undefined,
        detail: name === undefined ? 'no account is connected yet' : `no account ${name}`,
      },
    ];
  const reference: Finding = {
    name: 'reference price',
    ok: status.reference.length > 0,
    detail:
      status.reference
        .map(({ pair, price, sources, ageMs }) => `${pair} ${formatAmount(price)} from ${sources}, ${ageMs} ms old`)
        .join('; ') || 'none yet',
  };
  const each = await Promise.all(
    accounts.map((account) => finding(`account ${account.account}`, () => checkAccountState(vault, account))),
  );
  return [reference, ...each];
}

async function checkAccountState(vault: VaultClient, account: VaultAccount): Promise<string> {
  if (!account.connected) throw new Error('not connected: the exchange was not read yet, or it refuses the key');
  if (account.condition !== 'active') throw new Error(`${account.condition}: ${account.reason}`);
  const balances = await vault.balances(account.account);
  const orders = await vault.openOrders(account.account);
  const key =
    account.key === null
      ? ''
      : `, key ${account.key.age}, ${account.key.ipRestricted ? 'bound to addresses' : 'NOT bound to addresses'}`;
  return `${balances.length} assets and ${orders.length} open orders read and equal to the vault's books${key}`;
}
