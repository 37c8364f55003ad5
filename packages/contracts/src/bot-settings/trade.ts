/** Settings of a trade by hand. */
import { amount } from '@holdfast/domain';
import { z } from 'zod';
import { choice, decimal, feeAsset, flag, list, type Rule, retrySeconds, ruled, whole } from './fields.ts';

const percent = (title: string, about: string, most: string) => decimal({ title, unit: '%', about, least: '0', most, places: 4 });
const quotePrice = (title: string, about: string) =>
  decimal({ title, unit: 'quote', about, least: '0', most: '999999999999', places: 12 });
const plain = (what: string) => z.string().regex(/^\d{1,12}(\.\d{1,12})?$/, `${what} must be a plain decimal such as "1.5"`);

/** `0.5`, `0.5%` or `120 quote`: how far a step trails. */
function readTrailing(text: string) {
  const distance = /^(\S+)\s*quote$/.exec(text)?.[1];
  return distance === undefined ? { trailingPercent: text.replace(/\s*%$/, '') } : { trailingDistance: distance };
}

/** `2%:50`, `12000:50:market`, `3%:100:limit:0.5`, `3%:100:limit:120 quote` or `3%:100:market:0:last`, as a form gives it. */
function readStep(text: string) {
  const [target = '', sharePercent, order, trailing, of, ...rest] = text.split(':').map((part) => part.trim());
  if (sharePercent === undefined || rest.length > 0)
    throw new Error(`"${text.slice(0, 60)}" is not target:share:order:trailing:price such as "2%:50" or "12000:50:market"`);
  const at = target.endsWith('%') ? { percent: target.slice(0, -1) } : { price: target };
  return {
    ...at,
    sharePercent,
    ...(order ? { order } : {}),
    ...(trailing ? readTrailing(trailing) : {}),
    ...(of ? { of } : {}),
  };
}

const takeProfit = z.strictObject({
  percent: plain('percent').default('0'),
  price: plain('price').default('0'),
  sharePercent: plain('share'),
  order: z.enum(['limit', 'market']).default('limit'),
  trailingPercent: plain('trailing').default('0'),
  /** In quote, in place of the percentage. */
  trailingDistance: plain('trailing').default('0'),
  /** The price that it looks at where it is watched; any: that which its order meets, or of a trailing one the last. */
  of: z.enum(['any', 'last', 'bid', 'ask']).default('any'),
});

const fields = z.strictObject({
  direction: choice(
    'Direction',
    'Whether it buys coins and sells them dearer, or sells coins that it is given and buys them back cheaper.',
    ['long', 'short'],
  ).default('long'),
  entry: choice(
    'Entry',
    'How it buys, or sells when short: at the market, at a limit, when a trigger is reached, at the turn after a fall or a rise; or not at all, for coins already held, or sold already.',
    ['market', 'limit', 'conditional', 'trailing', 'held'],
  ).default('market'),
  size: decimal({
    title: 'Size',
    unit: 'quote',
    about:
      'What the entry buys or sells for at most, in quote; the quantity is rounded down to the lot. 0 for coins already held or sold.',
    least: '0',
    most: '100000000',
    places: 8,
  }).default('0'),
  sizeIn: choice('Size in', 'What the size counts: quote, or base.', ['quote', 'base']).default('quote'),
  heldQuantity: decimal({
    title: 'Coins held',
    unit: 'base',
    about: 'How many coins that were held before it takes over; when short, how many that were sold before it is to buy back.',
    least: '0',
    most: '999999999999',
    places: 12,
  }).default('0'),
  heldPrice: quotePrice(
    'Cost of coins held',
    'What they cost each, or brought; 0 counts them at the bid of the start, when short at the ask.',
  ).default('0'),
  entryPrice: quotePrice(
    'Entry price',
    'Limit of a limit entry, trigger of a conditional one, price from which on a trailing one follows (0: at once).',
  ).default('0'),
  entryLimit: quotePrice('Limit after the trigger', 'Where a conditional entry rests then; 0 trades at the market.').default('0'),
  entryWhen: choice('Trigger when', 'Whether the price must fall or rise to the trigger.', [
    'at-or-below',
    'at-or-above',
  ]).default('at-or-below'),
  entryPriceOf: choice('Trigger looks at', 'Which price the trigger of the entry looks at.', ['last', 'bid', 'ask']).default(
    'last',
  ),
  entryTrailingPercent: percent(
    'Trailing entry',
    'Buys when the price has risen so far from its lowest; when short sells when it has fallen so far from its highest.',
    '50',
  ).default('0'),
  entryTrailingDistance: quotePrice(
    'Trailing entry in quote',
    'How far it must have risen or fallen, in place of the percentage.',
  ).default('0'),
  entryHoldSeconds: whole(
    'Trigger must last',
    's',
    'How long the trigger of a conditional entry must be reached before it trades; 0 trades at once.',
    0,
    86_400,
  ).default(0),
  entryTimeInForce: choice(
    'Entry at its limit',
    'Of an entry at a limit: gtc rests; post-only rests and never takes; ioc takes what is there at once and gives up the rest; fok takes all of it at once or nothing.',
    ['gtc', 'post-only', 'ioc', 'fok'],
  ).default('gtc'),
  entryTimeoutSeconds: whole(
    'Entry times out after',
    's',
    'What the entry has not traded then is given up; 0 waits without end.',
    0,
    7_776_000,
  ).default(0),
  takeProfits: list({
    title: 'Take profit steps',
    about:
      'Up to eight, each "target:share:order:trailing:price": a percentage over the average cost ("2%"), when short below the average sale, or a price, a share of the position in percent, limit or market, how far it trails ("0.5%", or "120 quote"), and which price a step that is watched looks at.',
    item: takeProfit,
    most: 8,
    read: readStep,
    between: /[,;\n]/,
  }).default([]),
  stopLossPercent: percent(
    'Stop loss',
    'Distance below the average cost, when short above the average sale; of a trailing stop also from the best price.',
    '99',
  ).default('0'),
  stopLossPrice: quotePrice('Stop loss at', 'The stop as a price, in place of the percentage.').default('0'),
  stopLossDistance: quotePrice('Stop loss in quote', 'The same distances in quote, in place of the percentage.').default('0'),
  stopLossOrder: choice(
    'Stop loss order',
    'At the market, or at its limit, which may stay unfilled when the price goes through it.',
    ['market', 'limit'],
  ).default('market'),
  stopLossGapPercent: percent('Stop loss gap', 'How far the limit of the stop lies beyond its trigger.', '10').default('0.5'),
  stopLossPriceOf: choice('Stop loss looks at', 'Which price; a stop on bid or ask cannot rest.', ['last', 'bid', 'ask']).default(
    'last',
  ),
  stopLossTimeoutSeconds: whole(
    'Stop loss after',
    's',
    'How long the price must stay beyond the stop before it trades; such a stop cannot rest.',
    0,
    604_800,
  ).default(0),
  stopLossTrailing: flag('Trailing stop', 'Whether the stop follows the best price at its percentage or distance.').default(
    false,
  ),
  breakevenAfterStep: whole(
    'Breakeven after step',
    '',
    'The stop moves to the average with fees once this step has traded; 0 never.',
    0,
    8,
  ).default(0),
  rests: choice(
    'What rests',
    'Coins and quote back one order: whether the stop loss rests and the steps are watched, or the steps rest and the stop is watched.',
    ['stop-loss', 'take-profit'],
  ).default('stop-loss'),
  profitIn: choice(
    'Profit in',
    'When short: quote, as many coins as were sold are bought back; or base, all quote that they brought buys coins.',
    ['quote', 'base'],
  ).default('quote'),
  feeAsset,
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
    'How often an entry at the market is tried for what is still missing.',
    1,
    50,
  ).default(5),
  retrySeconds,
});

type Read = z.output<typeof fields>;

/** @throws ValueError for what is no decimal */
const isSet = (text: string): boolean => amount(text) > 0n;
const hasStop = (it: Read): boolean => isSet(it.stopLossPercent) || isSet(it.stopLossPrice) || isSet(it.stopLossDistance);
type StepRead = Read['takeProfits'][number];
const trails = (step: StepRead): boolean => isSet(step.trailingPercent) || isSet(step.trailingDistance);
const sum = (texts: readonly string[]): bigint => texts.reduce((total, text) => total + amount(text), 0n);

const rules: readonly Rule<Read>[] = [
  ['size', 'must be above 0 for an entry that trades', (it) => it.entry !== 'held' && !isSet(it.size)],
  ['size', 'must be 0 for coins already held or sold', (it) => it.entry === 'held' && isSet(it.size)],
  ['sizeIn', 'must be "quote" for coins already held or sold', (it) => it.entry === 'held' && it.sizeIn === 'base'],
  ['heldQuantity', 'must be above 0 for coins already held or sold', (it) => it.entry === 'held' && !isSet(it.heldQuantity)],
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
    'or entryTrailingDistance must be above 0 for a trailing entry',
    (it) => it.entry === 'trailing' && !isSet(it.entryTrailingPercent) && !isSet(it.entryTrailingDistance),
  ],
  ['entryTrailingDistance', 'needs the entry "trailing"', (it) => it.entry !== 'trailing' && isSet(it.entryTrailingDistance)],
  [
    'entryTrailingDistance',
    'must be 0 where a percentage is given',
    (it) => isSet(it.entryTrailingDistance) && isSet(it.entryTrailingPercent),
  ],
  ['entryTrailingPercent', 'needs the entry "trailing"', (it) => it.entry !== 'trailing' && isSet(it.entryTrailingPercent)],
  ['entryHoldSeconds', 'needs the entry "conditional"', (it) => it.entry !== 'conditional' && it.entryHoldSeconds > 0],
  [
    'entryTimeInForce',
    'must be "gtc" for an entry without a limit',
    (it) => it.entryTimeInForce !== 'gtc' && !(it.entry === 'limit' || (it.entry === 'conditional' && isSet(it.entryLimit))),
  ],
  [
    'takeProfits',
    'a step at its limit that does not trail looks at no price: its order does',
    (it) => it.takeProfits.some((step) => step.of !== 'any' && step.order === 'limit' && !trails(step)),
  ],
  [
    'takeProfits',
    'or a stop loss must be given for coins already held or sold',
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
    'each step trails by a percentage or by quote, not both',
    (it) => it.takeProfits.some((step) => isSet(step.trailingPercent) && isSet(step.trailingDistance)),
  ],
  [
    'takeProfits',
    'percents must be at most 1000 and trailing at most 50',
    (it) => it.takeProfits.some((step) => Number(step.percent) > 1000 || Number(step.trailingPercent) > 50),
  ],
  [
    'takeProfits',
    'percents must be below 100 when short',
    (it) => it.direction === 'short' && it.takeProfits.some((step) => Number(step.percent) >= 100),
  ],
  [
    'takeProfits',
    'targets must lie further from step to step: percents rise, and prices rise, or fall when short',
    (it) =>
      !goes(
        'up',
        it.takeProfits.map(({ percent }) => percent),
      ) ||
      !goes(
        it.direction === 'short' ? 'down' : 'up',
        it.takeProfits.map(({ price }) => price),
      ),
  ],
  ['profitIn', 'must be "quote" unless the trade is short', (it) => it.direction !== 'short' && it.profitIn === 'base'],
  ['stopLossPrice', 'must be 0 where a percentage is given', (it) => isSet(it.stopLossPercent) && isSet(it.stopLossPrice)],
  [
    'stopLossDistance',
    'must be 0 where a percentage or a price is given',
    (it) => isSet(it.stopLossDistance) && (isSet(it.stopLossPercent) || isSet(it.stopLossPrice)),
  ],
  [
    'stopLossTrailing',
    'needs stopLossPercent or stopLossDistance',
    (it) => it.stopLossTrailing && !isSet(it.stopLossPercent) && !isSet(it.stopLossDistance),
  ],
  ['stopLossTimeoutSeconds', 'needs a stop loss', (it) => it.stopLossTimeoutSeconds > 0 && !hasStop(it)],
  ['breakevenAfterStep', 'needs a stop loss', (it) => it.breakevenAfterStep > 0 && !hasStop(it)],
  [
    'breakevenAfterStep',
    'must be smaller than the number of take profit steps',
    (it) => it.breakevenAfterStep > 0 && it.breakevenAfterStep >= it.takeProfits.length,
  ],
];

/** Targets of one kind, those of the other kind left out. */
function goes(way: 'up' | 'down', texts: readonly string[]): boolean {
  const set = texts.filter(isSet).map(amount);
  const isFurther = (a: bigint, b: bigint): boolean => (way === 'up' ? a > b : a < b);
  return set.every((target, at) => at === 0 || isFurther(target, set[at - 1] as bigint));
}

/** Settings of a trade; all faults are named at once. */
export const tradeSettings = ruled(fields, rules).meta({
  title: 'Trade',
  description:
    'One trade by hand, long or short: an entry, up to eight take profits, a stop loss; or ways out for coins already held or sold.',
});

export type TradeSettingsInput = z.input<typeof tradeSettings>;
export type TradeSettingsText = z.output<typeof tradeSettings>;
