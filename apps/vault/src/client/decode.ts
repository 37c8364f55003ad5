/**
 * Reads the door's JSON into domain types. On the door every amount is a plain decimal string under one of a fixed set of
 * names, whose values are never anything else, so amounts are read by name wherever they stand.
 */
import { type Amount, amount } from '@holdfast/domain';

const amountNames: ReadonlySet<string> = new Set([
  'quantity',
  'limit',
  'price',
  'filled',
  'fee',
  'change',
  'free',
  'locked',
  'total',
  'turnover',
  'burn',
  'maxOrderQuote',
  'maxOrderBase',
  'turnover24h',
  'burn24h',
  'floor',
  'ceiling',
  'maxSellHeldBase24h',
  'trigger',
  'burn7d',
  'stopBudget24h',
  'maxOpenQuote',
  'drawdown24h',
  'maxPositionQuote',
  'thinVolumeQuote',
  'stopBudget',
  'openQuote',
  'cost',
  'held',
  'theft24h',
  'forged24h',
  'market24h',
]);

/** `change` is an amount of a balance, but a word about a mandate. */
const isWord = (value: string): boolean => ['first', 'narrower', 'equal', 'wider'].includes(value);

const readMember = (name: string, value: unknown): unknown =>
  typeof value === 'string' && amountNames.has(name) && !isWord(value) ? (amount(value) satisfies Amount) : value;

/** @throws SyntaxError when not JSON, ValueError when an amount is none */
export const parseDoor = (text: string): unknown => JSON.parse(text, readMember);
