/**
 * Forms of parameter values. Every expression is anchored, has one class per position and no nested repetition, so a check
 * takes one pass over the text. Values that a client would percent-encode are refused, but for lists of symbols: what was
 * signed is then, byte for byte, what is read.
 */
import type { ParameterForm } from './table.ts';

/** Longest value of any parameter but a list of symbols. */
export const valueCharactersMax = 128;
export const symbolsMax = 100;

const intervals: ReadonlySet<string> = new Set(
  '1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 7d 1w 1M'.split(' '), // with the window sizes 1d and 7d of `ticker`
);

const expressions: Readonly<Record<Exclude<ParameterForm, 'interval' | 'symbols'>, RegExp>> = {
  symbol: /^[A-Z0-9]{1,20}$/,
  side: /^(?:BUY|SELL)$/,
  'order-type': /^[A-Z_]{1,24}$/,
  'time-in-force': /^[A-Z]{1,4}$/,
  // As custody 3.4 writes amounts, but for trailing zeros: clients pad. More digits than the exchange has are refused.
  decimal: /^(?:0|[1-9]\d{0,14})(?:\.\d{1,12})?$/,
  'client-id': /^[A-Za-z0-9._-]{1,36}$/,
  id: /^(?:0|[1-9]\d{0,15})$/,
  count: /^(?:0|[1-9]\d{0,3})$/,
  millis: /^(?:0|[1-9]\d{0,14})$/,
  flag: /^(?:true|false)$/,
  'answer-form': /^(?:ACK|RESULT|FULL)$/,
  'replace-mode': /^(?:STOP_ON_FAILURE|ALLOW_FAILURE)$/,
  token: /^[A-Za-z0-9]{1,128}$/,
  word: /^[A-Z_]{1,32}$/,
};

const symbolText = /^[A-Z0-9]{1,20}$/;

export function hasForm(value: string, form: ParameterForm): boolean {
  if (form === 'interval') return intervals.has(value);
  if (form === 'symbols') return readSymbols(value) !== null;
  return expressions[form].test(value);
}

/** The symbols of `["BTCUSDT","ETHUSDT"]`, or null when the text is anything else. */
export function readSymbols(value: string): readonly string[] | null {
  if (!value.startsWith('["') || !value.endsWith('"]')) return null;
  const symbols = value.slice(2, -2).split('","');
  if (symbols.length > symbolsMax || new Set(symbols).size < symbols.length) return null;
  return symbols.every((it) => symbolText.test(it)) ? symbols : null;
}
