/**
 * Forms of parameter values. Every expression is anchored, has one class per position and no nested repetition, so a check
 * takes one pass over the text. Values that a client would percent-encode are refused, but for lists and time zones, which
 * no signed request has: what was signed is, byte for byte, what is read.
 */
import type { ParameterForm } from './table.ts';

/** Longest value of any parameter but a list of symbols. */
export const valueCharactersMax = 128;
export const symbolsMax = 100;

const intervals: ReadonlySet<string> = new Set('1s 1m 3m 5m 15m 30m 1h 2h 4h 6h 8h 12h 1d 3d 1w 1M'.split(' '));

const expressions: Readonly<Record<Exclude<ParameterForm, 'interval' | 'symbols' | 'words'>, RegExp>> = {
  symbol: /^[A-Z0-9]{1,20}$/,
  side: /^(?:BUY|SELL)$/,
  'order-type': /^[A-Z_]{1,24}$/,
  'time-in-force': /^[A-Z]{1,4}$/,
  // As custody 3.4 writes amounts, but for trailing zeros: clients pad. More digits than the exchange has are refused.
  decimal: /^(?:0|[1-9]\d{0,14})(?:\.\d{1,12})?$/,
  'client-id': /^[A-Za-z0-9._-]{1,36}$/,
  id: /^(?:0|[1-9]\d{0,18})$/, // 2^63 - 1 has 19 digits
  count: /^(?:0|[1-9]\d{0,3})$/,
  millis: /^(?:0|[1-9]\d{0,14})$/,
  flag: /^(?:true|false)$/,
  'answer-form': /^(?:ACK|RESULT|FULL)$/,
  'replace-mode': /^(?:STOP_ON_FAILURE|ALLOW_FAILURE)$/,
  token: /^[A-Za-z0-9]{1,128}$/,
  word: /^[A-Z_]{1,32}$/,
  zone: /^[+-]?\d{1,2}(?::\d\d)?$/,
  window: /^[1-9]\d?[mhd]$/,
};

const symbolText = /^[A-Z0-9]{1,20}$/;
const wordText = /^[A-Z][A-Z0-9_]{0,31}$/;

export function hasForm(value: string, form: ParameterForm): boolean {
  if (form === 'interval') return intervals.has(value);
  if (form === 'symbols') return readNames(value, symbolText) !== null;
  if (form === 'words') return wordText.test(value) || readNames(value, wordText) !== null;
  return expressions[form].test(value);
}

/** The names of `["BTCUSDT","ETHUSDT"]`, or null when the text is anything else. */
function readNames(value: string, form: RegExp): readonly string[] | null {
  if (!value.startsWith('["') || !value.endsWith('"]')) return null;
  const names = value.slice(2, -2).split('","');
  if (names.length > symbolsMax || new Set(names).size < names.length) return null;
  return names.every((it) => form.test(it)) ? names : null;
}
