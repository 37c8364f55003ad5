/** Names of contracts as exchanges write them: BTCUSDT, BTC-USDT-SWAP, BTC/USDT:USDT, PF_XBTUSD, XBTUSDTM, BTC. */

/** Columns that say whose a row is. */
export const instrumentNames = ['symbol', 'instid', 'instrumentname', 'instrument', 'contractcode', 'contract', 'market', 'coin'];

/** Ends of symbols that are written without a mark between the coins. */
const quotes = [
  'USDT',
  'USDC',
  'FDUSD',
  'BUSD',
  'TUSD',
  'BTC',
  'ETH',
  'BNB',
  'EUR',
  'USD',
  'TRY',
  'GBP',
  'BRL',
  'JPY',
  'CAD',
  'AUD',
  'CHF',
];

/** Letters and digits alone; coins by the names that others than Kraken and BitMEX have for them. */
const plainOf = (contract: string): string =>
  contract
    .toUpperCase()
    .replace(/:.*$/, '')
    .replace(/^P[FI]_/, '')
    .replace(/[-_]?(SWAP|PERP|PERPETUAL|UMCBL)$/, '')
    .replace(/[^A-Z0-9]/g, '')
    .replace('XBT', 'BTC')
    .replace('XDG', 'DOGE');

/** BASE/QUOTE of a symbol such as BTCUSDT; null where its end is no quote that we know. */
export function pairOf(contract: string): string | null {
  const name = plainOf(contract);
  const quote = quotes.find((it) => name.endsWith(it) && name.length > it.length);
  return quote === undefined ? null : `${name.slice(0, -quote.length)}/${quote}`;
}

/** Whether a contract is that of a pair. */
export function isOf(contract: string, pair: string): boolean {
  const [base = '', quote = ''] = pair.split('/');
  return [base, `${base}${quote}`, `${base}${quote}M`].includes(plainOf(contract));
}

/** Whether a contract is of another coin than a pair: prices of one dollar may stand for those of another, those of a coin may not. */
export function isOfOtherCoin(contract: string, pair: string): boolean {
  const [base] = pairOf(contract)?.split('/') ?? [];
  return base !== undefined && base !== pair.split('/')[0] && !isOf(contract, pair);
}
