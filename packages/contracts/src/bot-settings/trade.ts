/** Settings of a trade by hand. */
import { amount } from '@holdfast/domain';
import { z } from 'zod';
import { choice, decimal, flag, list, whole } from './fields.ts';

const percent = (title: string, about: string, most: string) => decimal({ title, unit: '%', about, least: '0', most, places: 4 });
const quotePrice = (title: string, about: string) =>
  decimal({ title, unit: 'quote', about, least: '0', most: '999999999999', places: 12 });
const plain = (what: string) => z.string().regex(/^\d{1,12}(\.\d{1,12})?$/, `${what} must be a plain decimal such as "1.5"`);

/** `2%:50`, `12000:50:market` or `3%:100:limit:0.5`, as a form gives it. */
function readStep(text: string) {
  const [target = '', sharePercent, order, trailingPercent, ...rest] = text.split(':').map((part) => part.trim());
  if (sharePercent === undefined || rest.length > 0)
    throw new Error(`"${text.slice(0, 60)}" is not target:share:order:trailing such as "2%:50" or "12000:50:market"`);
  const at = target.endsWith('%') ? { percent: target.slice(0, -1) } : { price: target };
  return { ...at, sharePercent, ...(order ? { order } : {}), ...(trailingPercent ? { trailingPercent } : {}) };
}

const takeProfit = z.strictObject({
  percent: plain('percent').default('0'),
  price: plain('price').default('0'),
  sharePercent: plain('share'),
  order: z.enum(['limit', 'market']).default('limit'),
  trailingPercent: plain('trailing').default('0'),
});

const fields = z.strictObject({
  entry: choice(
    'Entry',
    'How it buys: at the market, at a limit, when a trigger is reached, at the turn after a fall; or not at all, for coins already held.',
    ['market', 'limit', 'conditional', 'trailing', 'held'],
  ).default('market'),
  size: decimal({
    title: 'Size',
    unit: 'quote',
    about: 'What the entry buys for at most, in quote; the quantity is rounded down to the lot. 0 for coins already held.',
    least: '0',
    most: '100000000',
    places: 8,
  }).default('0'),
  heldQuantity: decimal({
    title: 'Coins held',
    unit: 'base',
    about: 'How many coins that were held before the trade takes over.',
    least: '0',
    most: '999999999999',
    places: 12,
  }).default('0'),
  heldPrice: quotePrice('Cost of coins held', 'What they cost each; 0 counts them at the bid of the start.').default('0'),
  entryPrice: quotePrice(
    'Entry price',
    'Limit of a limit entry, trigger of a conditional one, price from which on a trailing one follows (0: at once).',
  ).default('0'),
  entryLimit: quotePrice('Limit after the trigger', 'Where a conditional entry rests then; 0 buys at the market.').default('0'),
  entryWhen: choice('Trigger when', 'Whether the price must fall or rise to the trigger.', [
    'at-or-below',
    'at-or-above',
  ]).default('at-or-below'),
  entryPriceOf: choice('Trigger looks at', 'Which price the trigger of the entry looks at.', ['last', 'bid', 'ask']).default(
    'last',
  ),
  entryTrailingPercent: percent('Trailing entry', 'Buys when the price has risen so far from its lowest.', '50').default('0'),
  entryTimeoutSeconds: whole(
    'Entry times out after',
    's',
    'What the entry has not bought then is given up; 0 waits without end.',
    0,
    7_776_000,
  ).default(0),
  takeProfits: list({
    title: 'Take profit steps',
    about:
      'Up to eight, each "target:share:order:trailing": a percentage over the average cost ("2%") or a price, a share of the position in percent, limit or market, and how far it trails.',
    item: takeProfit,
    most: 8,
    read: readStep,
    between: /[,;\n]/,
  }).default([]),
  stopLossPercent: percent(
    'Stop loss',
    'Distance below the average cost; of a trailing stop also below the best price.',
    '99',
  ).default('0'),
  stopLossPrice: quotePrice('Stop loss at', 'The stop as a price, in place of the percentage.').default('0'),
  stopLossOrder: choice(
    'Stop loss order',
    'At the market, or at its limit, which may stay unfilled when the price falls through it.',
    ['market', 'limit'],
  ).default('market'),
  stopLossGapPercent: percent('Stop loss gap', 'How far the limit of the stop lies below its trigger.', '10').default('0.5'),
  stopLossPriceOf: choice('Stop loss looks at', 'Which price; a stop on bid or ask cannot rest.', ['last', 'bid', 'ask']).default(
    'last',
  ),
  stopLossTimeoutSeconds: whole(
    'Stop loss after',
    's',
    'How long the price must stay below the stop before it sells; such a stop cannot rest.',
    0,
    604_800,
  ).default(0),
  stopLossTrailing: flag('Trailing stop', 'Whether the stop follows the best price at its percentage.').default(false),
  breakevenAfterStep: whole(
    'Breakeven after step',
    '',
    'The stop moves up to the average cost with fees once this step has sold; 0 never.',
    0,
    8,
  ).default(0),
  rests: choice(
    'What rests',
    'Coins back one order: whether the stop loss rests and the steps are watched, or the steps rest and the stop is watched.',
    ['stop-loss', 'take-profit'],
  ).default('stop-loss'),
  feeAsset: choice(
    'Fee of buys in',
    'The asset that the exchange takes the fee of a buy from: "base" on Binance, "third" where a coin such as BNB pays it.',
    ['base', 'quote', 'third'],
  ).default('base'),
  feePercent: decimal({
    title: 'Fee',
    unit: '%',
    about: 'Fee of one order in percent of its value, as targets count it in; fills are booked with the fee they had.',
    least: '0',
    most: '5',
    places: 6,
  }).default('0.1'),
  slippagePercent: percent('Slippage', 'How far beyond the price of now an order at the market may go.', '10').default('0.3'),
  entryAttempts: whole(
    'Market attempts',
    'times',
    'How often a buy at the market is tried for what is still missing.',
    1,
    50,
  ).default(5),
  retrySeconds: whole(
    'Retry after',
    's',
    'Wait before an order that was not filled or not taken is tried again.',
    1,
    3600,
  ).default(3),
});

type Read = z.output<typeof fields>;
type Rule = readonly [field: keyof Read, message: string, isFault: (settings: Read) => boolean];

/** @throws ValueError for what is no decimal */
const isSet = (text: string): boolean => amount(text) > 0n;
const hasStop = (it: Read): boolean => isSet(it.stopLossPercent) || isSet(it.stopLossPrice);
const sum = (texts: readonly string[]): bigint => texts.reduce((total, text) => total + amount(text), 0n);

const rules: readonly Rule[] = [
  ['size', 'must be above 0 for an entry that buys', (it) => it.entry !== 'held' && !isSet(it.size)],
  ['size', 'must be 0 for coins already held', (it) => it.entry === 'held' && isSet(it.size)],
  ['heldQuantity', 'must be above 0 for coins already held', (it) => it.entry === 'held' && !isSet(it.heldQuantity)],
  ['heldQuantity', 'needs the entry "held"', (it) => it.entry !== 'held' && isSet(it.heldQuantity)],
  ['heldPrice', 'needs the entry "held"', (it) => it.entry !== 'held' && isSet(it.heldPrice)],
  [
    'entryPrice',
    'must be above 0 for a limit or conditional entry',
    (it) => (it.entry === 'limit' || it.entry === 'conditional') && !isSet(it.entryPrice),
  ],
  ['entryPrice', 'has no meaning for this entry', (it) => (it.entry === 'market' || it.entry === 'held') && isSet(it.entryPrice)],
  ['entryLimit', 'needs the entry "conditional"', (it) => it.entry !== 'conditional' && isSet(it.entryLimit)],
  [
    'entryTrailingPercent',
    'must be above 0 for a trailing entry',
    (it) => it.entry === 'trailing' && !isSet(it.entryTrailingPercent),
  ],
  ['entryTrailingPercent', 'needs the entry "trailing"', (it) => it.entry !== 'trailing' && isSet(it.entryTrailingPercent)],
  [
    'takeProfits',
    'or a stop loss must be given for coins already held',
    (it) => it.entry === 'held' && it.takeProfits.length === 0 && !hasStop(it),
  ],
  [
    'takeProfits',
    'each step needs either a percent or a price above 0, and not both',
    (it) => it.takeProfits.some((step) => isSet(step.percent) === isSet(step.price)),
  ],
  [
    'takeProfits',
    'shares must be above 0 and make exactly 100 percent together',
    (it) =>
      it.takeProfits.length > 0 &&
      (it.takeProfits.some(({ sharePercent }) => !isSet(sharePercent)) ||
        sum(it.takeProfits.map(({ sharePercent }) => sharePercent)) !== amount('100')),
  ],
  [
    'takeProfits',
    'percents must be at most 1000 and trailing at most 50',
    (it) => it.takeProfits.some((step) => Number(step.percent) > 1000 || Number(step.trailingPercent) > 50),
  ],
  [
    'takeProfits',
    'targets must rise from step to step',
    (it) => !rises(it.takeProfits.map(({ percent }) => percent)) || !rises(it.takeProfits.map(({ price }) => price)),
  ],
  ['stopLossPrice', 'must be 0 where a percentage is given', (it) => isSet(it.stopLossPercent) && isSet(it.stopLossPrice)],
  ['stopLossTrailing', 'needs stopLossPercent', (it) => it.stopLossTrailing && !isSet(it.stopLossPercent)],
  ['stopLossTimeoutSeconds', 'needs a stop loss', (it) => it.stopLossTimeoutSeconds > 0 && !hasStop(it)],
  ['breakevenAfterStep', 'needs a stop loss', (it) => it.breakevenAfterStep > 0 && !hasStop(it)],
  [
    'breakevenAfterStep',
    'must be smaller than the number of take profit steps',
    (it) => it.breakevenAfterStep > 0 && it.breakevenAfterStep >= it.takeProfits.length,
  ],
];

/** Targets of one kind, those of the other kind left out. */
const rises = (texts: readonly string[]): boolean =>
  texts.filter(isSet).every((text, at, all) => at === 0 || amount(text) > amount(all[at - 1] as string));

/** A field that could not be read makes no second fault here: its own is named already. */
function holds(isFault: Rule[2], settings: unknown): boolean {
  try {
    return isFault(settings as Read);
  } catch {
    return false;
  }
}

/** Settings of a trade; all faults are named at once. */
export const tradeSettings = rules
  .reduce(
    (schema, [field, message, isFault]) =>
      schema.refine((settings) => !holds(isFault, settings), { path: [field], message, when: () => true }),
    fields,
  )
  .meta({
    title: 'Trade',
    description: 'One trade by hand: an entry, up to eight take profits, a stop loss; or ways out for coins already held.',
  });

export type TradeSettingsInput = z.input<typeof tradeSettings>;
export type TradeSettingsText = z.output<typeof tradeSettings>;
