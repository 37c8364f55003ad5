/** What the name of a file says of the data in it. */
import { basename } from 'node:path';
import { pairOf } from './contracts.ts';
import { intervalName } from './series.ts';

export interface FileName {
  readonly exchange?: string;
  readonly pair?: string;
  readonly interval?: string;
  /** Its name says that it holds rates of funding. */
  readonly isFunding?: true;
}

type Reader = readonly [form: RegExp, read: (match: readonly string[]) => FileName];

const readers: readonly Reader[] = [
  // OKX's archive: of perpetuals, and of spot as HTX names it, too.
  [
    /^([A-Z0-9]+)-([A-Z0-9]+)-SWAP-(candlesticks|trades|aggtrades|fundingrates)-\d{4}/,
    ([, base, quote, what]) => ({ exchange: 'okx-perpetual', pair: `${base}/${quote}`, ...kindOf(what!) }),
  ],
  [/^([A-Z0-9]+)-([A-Z0-9]+)-(candlesticks|trades|aggtrades)-\d{4}/, ([, base, quote]) => ({ pair: `${base}/${quote}` })],
  // Our own exports.
  [
    /^([A-Z0-9]+)-([A-Z0-9]+)-([A-Z0-9]+)-(\d+[smhdw]|trades|aggTrades|funding)\b/,
    ([, exchange, base, quote, what]) => ({ exchange: exchange!.toLowerCase(), pair: `${base}/${quote}`, ...kindOf(what!) }),
  ],
  // freqtrade; a third coin is the one that a perpetual is settled in.
  [
    /^([A-Z0-9]+)_([A-Z0-9]+)(?:_[A-Z0-9]+)?-(\d+[smhdw])(?:-(futures|mark|funding_rate))?\./,
    ([, base, quote, interval, what]) => ({ pair: `${base}/${quote}`, ...kindOf(what === 'funding_rate' ? what : interval!) }),
  ],
  // Binance's archive; of coin-margined perpetuals with _PERP.
  [
    /^([A-Z0-9]+)(?:_PERP)?-(\d+[smhdw]|trades|aggTrades|fundingRate)-\d{4}-\d{2}/,
    ([, symbol, what]) => named('binance', symbol!, kindOf(what!)),
  ],
  // Kraken's archive: minutes, and its own names of two coins.
  [
    /^([A-Z0-9]+)_(1|5|15|30|60|240|720|1440)\.csv$/,
    ([, symbol, minutes]) => named('kraken', symbol!, { interval: intervalName(Number(minutes) * 60_000) }),
  ],
];

/** Nothing is known of a symbol whose quote is none that we know. */
function named(exchange: string, symbol: string, more: FileName): FileName {
  const pair = pairOf(symbol);
  return pair === null ? {} : { exchange, pair, ...more };
}

const kindOf = (what: string): FileName =>
  /^\d/.test(what) ? { interval: what } : /^funding/.test(what) ? { isFunding: true } : {};

/** Exchange, pair, interval and kind as far as a name such as `BTCUSDT-1m-2024-01.zip` or `BTC_USDT-1h.feather` says them. */
export function readFileName(path: string): FileName {
  const name = basename(path);
  for (const [form, read] of readers) {
    const match = form.exec(name);
    if (match !== null) return read(match);
  }
  return {};
}
