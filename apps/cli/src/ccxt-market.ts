/** Public data of exchanges by ccxt: opened for spot or for perpetuals, asked again when an error passes. */
import { CliError, exitCode } from './exit.ts';

/** The part of ccxt that is used here. */
export interface Market {
  readonly has: Readonly<Record<string, unknown>>;
  readonly timeframes: Readonly<Record<string, unknown>> | undefined;
  readonly markets: Readonly<Record<string, unknown>> | undefined;
  readonly options: Record<string, unknown>;
  urls: { api: unknown };
  number: unknown;
  loadMarkets(): Promise<unknown>;
  fetchOHLCV(symbol: string, timeframe: string, since: number, limit: number): Promise<readonly (readonly unknown[])[]>;
  fetchFundingRateHistory(
    symbol: string,
    since: number,
    limit: number,
    params: Readonly<Record<string, unknown>>,
  ): Promise<readonly { readonly timestamp?: number | undefined; readonly fundingRate?: unknown }[]>;
}

export interface MarketOptions {
  /** As ccxt calls it. */
  readonly exchange: string;
  /** BASE/QUOTE */
  readonly pair: string;
  /** Address of an exchange on this machine that speaks the same API. */
  readonly url?: string;
}

/** What is downloaded, and where to. */
export interface DownloadSpan extends MarketOptions {
  readonly data: string;
  /** Unix ms; `to` exclusive. */
  readonly from: number;
  readonly to: number;
  readonly onProgress: (done: number, of: number) => void;
}

/** Pages that are kept before they are written: a write joins all that is there. */
export const pagesPerWrite = 20;

const triesMost = 5;

/** Names that ccxt has for the markets of an exchange. */
const namesOf = { spot: ['spot'], perpetual: ['swap', 'linear', 'inverse', 'contract'] } as const;
type Wanted = keyof typeof namesOf;

/** Knows its pairs, and no more of them than are wanted: some exchanges have lists of many megabytes. @throws CliError */
export async function openMarket({ exchange, url }: MarketOptions, wanted: Wanted): Promise<Market> {
  if (!/^[a-z0-9]{2,30}$/.test(exchange))
    throw new CliError(exitCode.usage, `exchange ${exchange}: a name as ccxt has it, such as binance`);
  let made: { readonly default: new (options: object) => Market };
  try {
    made = await import(new URL(`./src/${exchange}.js`, import.meta.resolve('ccxt')).href);
  } catch (cause) {
    throw new CliError(
      exitCode.usage,
      `exchange ${exchange} is none that can be downloaded from; names are as ccxt has them, such as binance, kraken, okx`,
      { cause },
    );
  }
  const market = new made.default({ enableRateLimit: true, options: { fetchCurrencies: false, fetchMargins: false } });
  narrow(market, namesOf[wanted]);
  // Numbers stay as the exchange wrote them.
  market.number = String;
  if (url !== undefined) market.urls.api = moved(market.urls.api, url);
  await patiently(`${exchange} does not say its pairs`, () => market.loadMarkets());
  return market;
}

/** An exchange that has perpetuals alone, such as binanceusdm, keeps them whatever is wanted. */
function narrow({ options }: Market, names: readonly string[]): void {
  const fetched = options.fetchMarkets as { types?: readonly string[] } | undefined;
  const types = fetched?.types?.filter((type) => names.includes(type)) ?? [];
  if (fetched !== undefined && types.length > 0) fetched.types = types;
}

/** ccxt's name of a pair: of spot where there is one, or of the perpetual that is settled in the quote or the base. */
export function symbolOf({ markets }: Market, pair: string, wanted: Wanted): string | undefined {
  const [base, quote] = pair.split('/');
  const perpetuals = [`${pair}:${quote}`, `${pair}:${base}`];
  return (wanted === 'spot' ? [pair, ...perpetuals] : perpetuals).find((symbol) => markets?.[symbol] !== undefined);
}

/** @throws CliError */
export function noPerpetual({ exchange, pair }: MarketOptions): never {
  throw new CliError(exitCode.usage, `${exchange} has no perpetual of ${pair}`);
}

/** Every address of ccxt's table moved to another origin. */
function moved(value: unknown, origin: string): unknown {
  if (typeof value === 'string') return value.replace(/^https?:\/\/[^/]+/, origin);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, moved(member, origin)]));
}

export async function patiently<T>(what: string, ask: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried += 1) {
    try {
      return await ask();
    } catch (cause) {
      const isTemporary = [
        'NetworkError',
        'RequestTimeout',
        'RateLimitExceeded',
        'DDoSProtection',
        'ExchangeNotAvailable',
      ].includes((cause as Error).name);
      if (!isTemporary || tried === triesMost)
        throw new CliError(
          exitCode.unreachable,
          `${what}: ${(cause as Error).message.slice(0, 200)}; what came before is kept, start again to go on`,
          { cause },
        );
      await new Promise((resolve) => setTimeout(resolve, 500 * 2 ** tried));
    }
  }
}
