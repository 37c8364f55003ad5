/**
 * The demonstration: a paper account with a key born in the vault, a mandate signed with the simulated vault's owner key, and a
 * DCA bot. Every step first looks whether it is done, so a start that was interrupted goes on where it stopped.
 */
import { createPrivateKey, type KeyObject } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { BotSummary, CreateBot } from '@holdfast/contracts';
import {
  type AccountId,
  type Amount,
  type Asset,
  amount,
  asset,
  baseOf,
  defaultRules,
  draftMandate,
  draftMandatePair,
  formatAmount,
  type Mandate,
  type OwnerAct,
  type Pair,
  pair,
  roundTo,
  type VaultAccount,
} from '@holdfast/domain';
import { exchangeClock, registerKey, releaseTime } from '@holdfast/exchange/control';
import { connectVault, type VaultClient } from '@holdfast/vault/client';
import { apiAt } from '../api-client.ts';
import { replaceFile } from '../data-directory.ts';
import { CliError, exitCode } from '../exit.ts';
import { readPeerKey } from '../peer-key.ts';

/** A bot that is made in place of the demonstration's, on an account with as much money and a mandate as wide as it may need. */
export interface FirstBot {
  readonly kind: string;
  readonly pairs: readonly string[];
  readonly settings: Readonly<Record<string, unknown>>;
  readonly funds?: Readonly<Record<string, string>>;
  /** Text of the strategy of one's own that its kind is. */
  readonly source?: string;
  /** Time of the tape, unix ms, until which time is let go at first. */
  readonly until?: number;
}

export interface DemoPlaces {
  readonly first?: FirstBot;
  readonly server: string;
  readonly gate: string;
  readonly exchange: string;
  readonly account: string;
}

const dayMs = 86_400_000;
/** The longest that a mandate may run. */
const mandateDays = 90;

export interface Market {
  readonly pair: Pair;
  readonly price: Amount;
}

/** What one "dollar" of the demonstration is in other quotes, so that sizes stay sensible on tapes such as XTZ/BTC. */
const smallUnit: Readonly<Record<string, string>> = { BTC: '0.00002', ETH: '0.0005', BNB: '0.002' };
const scaled = (dollars: string, quote: Asset): Amount => {
  const one = smallUnit[quote];
  return one === undefined ? amount(dollars) : (((amount(dollars) * amount(one)) / 10n ** 18n) as Amount);
};

async function json<Answer>(url: string): Promise<Answer> {
  const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
  if (!response.ok) throw new CliError(exitCode.failed, `${url} answered ${response.status}`);
  return (await response.json()) as Answer;
}

interface ExchangeSymbol {
  readonly symbol: string;
  readonly baseAsset: string;
  readonly quoteAsset: string;
  readonly status: string;
}

/** The pairs that trade and have a price, in the exchange's own order. */
async function markets(exchange: string): Promise<Market[]> {
  const { symbols } = await json<{ symbols: ExchangeSymbol[] }>(`${exchange}/api/v3/exchangeInfo`);
  const prices = await json<{ symbol: string; price: string }[]>(`${exchange}/api/v3/ticker/price`);
  const priceOf = new Map(prices.map(({ symbol, price }) => [symbol, amount(price)]));
  return symbols
    .filter(({ status }) => status === 'TRADING')
    .map(({ symbol, baseAsset, quoteAsset }) => ({
      pair: pair(`${baseAsset}/${quoteAsset}`),
      price: priceOf.get(symbol) ?? (0n as Amount),
    }))
    .filter(({ price }) => price > 0n);
}

/** Prices of a mandate are written with few digits: nobody reads the others. */
const readable = (value: bigint): Amount =>
  roundTo(value < 1n ? 1n : value, 10n ** BigInt(Math.max(0, value.toString().length - 4)), 'up');

export function firstMandate(account: AccountId, uid: string, quote: Asset, traded: readonly Market[], now: number): Mandate {
  return draftMandate({
    account,
    uid,
    nbf: now,
    exp: now + mandateDays * dayMs,
    quote,
    pairs: traded.map(({ pair: name, price }) =>
      draftMandatePair({
        pair: name,
        maxOrderQuote: scaled('2000', quote),
        maxOrderBase: readable((scaled('4000', quote) * 10n ** 18n) / price),
        floor: readable(price / 4n),
        ceiling: readable(price * 4n),
        bandBps: 100,
        maxSellHeldBase24h: amount('0'),
      }),
    ),
    turnover24h: scaled('30000', quote),
    burn24h: scaled('200', quote),
    ordersPerMinute: 60,
    openOrders: 40,
    // No hour of small orders: what a paper account is for is to see its bots trade.
    rules: { ...defaultRules, firstTradeBps: 0 },
  });
}

/** Of an account on which nothing but the bot's own settings is to bind. */
export const plenty = amount('1000000000');

export function widestMandate(mandate: Mandate): Mandate {
  const pairs = mandate.pairs.map((each) => ({
    ...each,
    maxOrderQuote: plenty,
    maxOrderBase: plenty,
    maxPositionQuote: plenty,
    maxSellHeldBase24h: plenty,
    floor: amount('0.00000001'),
    ceiling: plenty,
    bandBps: 9999,
  }));
  return {
    ...mandate,
    pairs,
    turnover24h: plenty,
    burn24h: plenty,
    maxOpenQuote: plenty,
    ordersPerMinute: 100_000,
    openOrders: 500,
  };
}

const connectTimeoutMs = 30_000;
const notYet: ReadonlySet<string> = new Set(['account-not-connected', 'pair-unpriced']);

/** The engine takes in the balances of a new account and its prices a moment after the vault connected it; until then it makes no bot. */
async function onceConnected<Answer>(create: () => Promise<Answer>): Promise<Answer> {
  const deadline = Date.now() + connectTimeoutMs;
  for (;;) {
    try {
      return await create();
    } catch (error) {
      if (!(error instanceof CliError) || !notYet.has(error.refusal ?? '') || Date.now() > deadline) throw error;
      await new Promise((done) => setTimeout(done, 250));
    }
  }
}

class Demo {
  readonly #data: string;
  readonly #places: DemoPlaces;
  readonly #vault: VaultClient;
  readonly #owner: KeyObject;

  constructor(data: string, places: DemoPlaces) {
    this.#data = data;
    this.#places = places;
    this.#vault = connectVault({ url: places.gate, key: readPeerKey(data, 'cli') });
    this.#owner = createPrivateKey(readFileSync(join(data, 'owner', 'owner.key')));
  }

  async #account(): Promise<VaultAccount | undefined> {
    const { accounts } = await this.#vault.status();
    return accounts.find(({ account }) => account === this.#places.account);
  }

  async #act(act: OwnerAct): Promise<void> {
    const done = await this.#vault.ownerAct(act, this.#owner);
    if (done.kind === 'refused')
      throw new CliError(exitCode.failed, `the vault refused ${act.act}: ${done.reason} (${done.code})`);
  }

  /** A key born in the vault, known to the exchange, and a mandate over all pairs that trade. */
  async account(): Promise<Market> {
    const account = this.#places.account as AccountId;
    const traded = await markets(this.#places.exchange);
    const first = traded[0];
    if (first === undefined)
      throw new CliError(exitCode.failed, `the exchange at ${this.#places.exchange} trades no pair with a price`);
    const quote = asset(first.pair.slice(first.pair.indexOf('/') + 1));
    const now = (await json<{ serverTime: number }>(`${this.#places.exchange}/api/v3/time`)).serverTime;

    if ((await this.#account()) === undefined)
      await this.#act({ act: 'account-create', account, exchange: 'simulated', key: 'ed25519', at: Date.now() });
    const made = await this.#account();
    if (made === undefined || made.publicKey === null)
      throw new CliError(exitCode.failed, 'the vault shows no public key for the new account');
    if (!made.connected) {
      const apiKey = await this.#registered(made.publicKey, this.#credit(traded, quote));
      await this.#act({ act: 'account-connect', account, apiKey, at: Date.now() });
    }
    if (made.mandate === null) {
      const covered = traded.filter(({ pair: name }) => name.endsWith(`/${quote}`));
      const uid = (await this.#account())?.uid ?? '';
      const usual = firstMandate(account, uid, quote, covered, now);
      const mandate = this.#places.first === undefined ? usual : widestMandate(usual);
      await this.#act({ act: 'mandate', mandate, at: Date.now() });
    }
    return first;
  }

  /** Waits until the vault knows a reference price: before that it refuses every order, and the first one would come later. */
  async reference(name: string): Promise<void> {
    const deadline = Date.now() + connectTimeoutMs;
    while (!(await this.#vault.status()).reference.some((known) => known.pair === name)) {
      if (Date.now() > deadline)
        throw new CliError(exitCode.failed, `the vault has no reference price of ${name} after ${connectTimeoutMs / 1000} s`);
      await new Promise((done) => setTimeout(done, 100));
    }
  }

  /** The key id of our public half at the exchange; remembered, so that an interrupted start registers once. */
  async #registered(publicKey: string, credit: Readonly<Record<string, string>>): Promise<string> {
    const note = join(this.#data, 'demo.json');
    if (existsSync(note)) {
      const { publicKey: before, apiKey } = JSON.parse(readFileSync(note, 'utf8')) as { publicKey: string; apiKey: string };
      if (before === publicKey) return apiKey;
    }
    const { apiKey } = await registerKey(
      { url: this.#places.exchange, data: this.#data },
      { publicKey, credit, ips: ['127.0.0.1'] },
    );
    replaceFile(note, `${JSON.stringify({ publicKey, apiKey })}\n`);
    return apiKey;
  }

  #credit(traded: readonly Market[], quote: Asset): Readonly<Record<string, string>> {
    if (this.#places.first === undefined) return { [quote]: formatAmount(scaled('10000', quote)) };
    return Object.fromEntries(
      [quote, ...traded.map(({ pair: name }) => baseOf(name))].map((each) => [each, formatAmount(plenty)]),
    );
  }

  async bot({ pair: name }: Market): Promise<void> {
    const api = apiAt(this.#places.server, this.#data);
    const { bots } = await api.get<{ bots: BotSummary[] }>('/api/bots');
    if (bots.length > 0) return;
    const { first } = this.#places;
    if (first !== undefined) return this.#first(api, first);
    const quote = asset(name.slice(name.indexOf('/') + 1));
    const settings = {
      baseOrderSize: formatAmount(scaled('200', quote)),
      averagingOrderSize: formatAmount(scaled('200', quote)),
      averagingOrders: 5,
      averagingOrdersActive: 3,
      stepPercent: '0.5',
      stepMultiplier: '1.4',
      sizeMultiplier: '1.3',
      takeProfitPercent: '0.8',
      cooldownSeconds: 60,
    };
    const body: CreateBot = { kind: 'dca', name: `Demonstration on ${name}`, pair: name, settings, start: true };
    await onceConnected(() => api.post('/api/bots', body));
  }

  async #first(api: ReturnType<typeof apiAt>, { source, until: _, ...bot }: FirstBot): Promise<void> {
    if (source !== undefined) await onceConnected(() => api.post('/api/strategies', { source }));
    await this.#openStreams(api, bot.pairs);
    await onceConnected(() => api.post('/api/bots', { ...bot, name: `The first on ${bot.pairs.join(', ')}`, start: true }));
  }

  /** A bot that stands still makes the engine hear the pairs: what the first orders do to prices is then heard in lockstep as well. */
  async #openStreams(api: ReturnType<typeof apiAt>, pairs: readonly string[]): Promise<void> {
    const clock = () => exchangeClock({ url: this.#places.exchange, data: this.#data });
    const { round: before } = await clock();
    const settings = { baseOrderSize: '100', averagingOrderSize: '100', stepPercent: '1', takeProfitPercent: '1' };
    const still = { kind: 'dca', name: 'Opens the streams', pairs, settings, start: false };
    const { bot } = await onceConnected(() => api.post<{ bot: string }>('/api/bots', still));
    for (const deadline = Date.now() + connectTimeoutMs; Date.now() < deadline; ) {
      const { round, open } = await clock();
      if (round > before && !open) break;
      await new Promise((done) => setTimeout(done, 50));
    }
    await api.post(`/api/bots/${bot}/delete`, {});
  }
}

/** Makes account, mandate and bot where they are missing; the exchange's time, held until then, is let go. @throws CliError */
export async function setUpDemo(data: string, places: DemoPlaces): Promise<void> {
  const demo = new Demo(data, places);
  const market = await demo.account();
  for (const each of places.first?.pairs ?? [market.pair]) await demo.reference(each);
  await demo.bot(market);
  await releaseTime({ url: places.exchange, data }, places.first?.until);
}
