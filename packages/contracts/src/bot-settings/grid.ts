import { z } from 'zod';
import { choice, decimal, feeAsset, flag, whole } from './fields.ts';

const price = (title: string, about: string) =>
  decimal({ title, unit: 'quote', about, least: '0.00000001', most: '100000000', places: 12 });

const stopActions = ['stop', 'stop-and-buy', 'stop-and-sell', 'stop-and-close'] as const;

const fields = z.strictObject({
  mode: choice(
    'Mode',
    'A normal grid earns quote between two prices, a reverse one sells first and earns coins, an endless one has no upper price.',
    ['normal', 'reverse', 'infinity'],
  ).default('normal'),
  lowerPrice: price('Lower price', 'The lowest line.'),
  upperPrice: price('Upper price', 'The highest line; left out for an endless grid.').optional(),
  lines: whole('Lines', 'lines', 'How many lines there are from the lower to the upper price, both counted.', 2, 500).optional(),
  stepPercent: decimal({
    title: 'Step',
    unit: '%',
    about: 'How far each line of an endless grid lies above the one below it; other grids have it from their lines.',
    least: '0.02',
    most: '50',
    places: 4,
  }).optional(),
  spacing: choice('Spacing', 'Whether neighbouring lines have the same distance or the same ratio.', [
    'arithmetic',
    'geometric',
  ]).default('geometric'),
  amountPerLine: decimal({
    title: 'Amount per line',
    unit: 'quote or base',
    about:
      'What the order of one line buys or sells; an amount in quote is divided by the lower of the two lines of a round trip.',
    least: '0.00000001',
    most: '100000000',
    places: 8,
  }),
  amountIn: choice('Amount in', 'The asset that the amount per line is counted in.', ['quote', 'base']).default('quote'),
  profitIn: choice(
    'Profit in',
    'Whether a round trip sells all that it bought and keeps quote, or only what pays for it and keeps coins; a reverse grid keeps coins.',
    ['quote', 'base'],
  ).default('quote'),
  activeBuyLines: whole('Buy lines at once', 'orders', 'How many buy orders rest at once, nearest to the price.', 1, 200).default(
    10,
  ),
  activeSellLines: whole(
    'Sell lines at once',
    'orders',
    'How many sell orders rest at once, nearest to the price.',
    1,
    200,
  ).default(10),
  balance: flag('Balance at the start', 'Whether coins or money that the lines lack at the start are traded for.').default(true),
  balanceOrderLines: whole(
    'Largest balancing order',
    'lines',
    'A balancing or closing order is at most this many times the amount per line; larger ones go in pieces.',
    1,
    500,
  ).default(10),
  trailingUp: flag(
    'Trailing up',
    'Whether the range is shifted up by a line when the price has passed it by one, dropping the lowest line.',
  ).default(false),
  trailingUpTo: price('Trailing up to', 'The range is not shifted above this price; without it there is no end.').optional(),
  trailingDown: flag(
    'Trailing down',
    'Whether the range is shifted down by a line when the price has passed it by one, dropping the highest line.',
  ).default(false),
  trailingDownTo: price('Trailing down to', 'The range is not shifted below this price; without it there is no end.').optional(),
  expansionUpTo: price(
    'Expansion up to',
    'Lines are added above up to this price when the market has passed the range, and none is dropped.',
  ).optional(),
  expansionDownTo: price(
    'Expansion down to',
    'Lines are added below down to this price when the market has reached the lowest, and none is dropped.',
  ).optional(),
  stopUpperPrice: price('Upper stop price', 'At this last price and above the grid ends: its take profit.').optional(),
  stopUpperAction: choice(
    'At the upper stop price',
    'Cancel all orders and keep what is held, or then also buy coins for all quote, sell all coins, or trade back to the coins allotted.',
    stopActions,
  ).default('stop'),
  stopLowerPrice: price('Lower stop price', 'At this last price and below the grid ends: its stop loss.').optional(),
  stopLowerAction: choice(
    'At the lower stop price',
    'Cancel all orders and keep what is held, or then also buy coins for all quote, sell all coins, or trade back to the coins allotted.',
    stopActions,
  ).default('stop'),
  feeAsset,
  feePercent: decimal({
    title: 'Fee',
    unit: '%',
    about: 'Fee of one order in percent of its value, as sizes and checks count it in; fills are booked with the fee they had.',
    least: '0',
    most: '5',
    places: 6,
  }).default('0.1'),
  slippagePercent: decimal({
    title: 'Slippage',
    unit: '%',
    about: 'How far from the best price an order may trade that takes at once, such as a balancing one.',
    least: '0',
    most: '10',
    places: 4,
  }).default('0.3'),
  retrySeconds: whole(
    'Retry after',
    's',
    'Wait before an order that was not filled or not taken is tried again; longer with each time.',
    1,
    3600,
  ).default(3),
});

type Fields = z.output<typeof fields>;
/** As far as it could be read: a rule whose fields are missing or malformed has nothing to say. */
type Read = Partial<Fields>;

interface Rule {
  readonly path: keyof Fields;
  readonly message: string;
  readonly isBroken: (settings: Read) => boolean;
}

const number = (text: string | undefined): number => (typeof text === 'string' ? Number(text) : Number.NaN);
const isEndless = ({ mode }: Read): boolean => mode === 'infinity';
const has = (value: unknown): boolean => value !== undefined;

/** Step of the closest two lines as a share of the lower one, near enough to refuse by; the bot checks the lines themselves. */
function leastStep(settings: Read): number {
  if (isEndless(settings)) return number(settings.stepPercent) / 100;
  const [lower, upper, steps] = [number(settings.lowerPrice), number(settings.upperPrice), (settings.lines ?? Number.NaN) - 1];
  if (settings.spacing === 'geometric') return (upper / lower) ** (1 / steps) - 1;
  const distance = (upper - lower) / steps;
  return distance / (upper - distance);
}

const rules: readonly Rule[] = [
  {
    path: 'upperPrice',
    message: 'is needed unless the mode is infinity',
    isBroken: (it) => has(it.mode) && !isEndless(it) && !has(it.upperPrice),
  },
  {
    path: 'lines',
    message: 'is needed unless the mode is infinity',
    isBroken: (it) => has(it.mode) && !isEndless(it) && !has(it.lines),
  },
  {
    path: 'stepPercent',
    message: 'is needed exactly when the mode is infinity',
    isBroken: (it) => has(it.mode) && isEndless(it) !== has(it.stepPercent),
  },
  {
    path: 'upperPrice',
    message: 'must be left out when the mode is infinity',
    isBroken: (it) => isEndless(it) && has(it.upperPrice),
  },
  { path: 'lines', message: 'must be left out when the mode is infinity', isBroken: (it) => isEndless(it) && has(it.lines) },
  {
    path: 'amountIn',
    message: 'must be quote when the mode is infinity: lines without end need coins without end otherwise',
    isBroken: (it) => isEndless(it) && it.amountIn === 'base',
  },
  {
    path: 'upperPrice',
    message: 'must be above the lower price',
    isBroken: (it) => number(it.upperPrice) <= number(it.lowerPrice),
  },
  {
    path: 'lines',
    message: 'the step between lines is smaller than two fees; use fewer lines, a wider range or the right fee',
    isBroken: (it) => !isEndless(it) && leastStep(it) > 0 && (1 + leastStep(it)) * (1 - number(it.feePercent) / 100) ** 2 <= 1,
  },
  {
    path: 'stepPercent',
    message: 'is smaller than two fees',
    isBroken: (it) => isEndless(it) && (1 + leastStep(it)) * (1 - number(it.feePercent) / 100) ** 2 <= 1,
  },
  {
    path: 'trailingUp',
    message: 'a grid without an upper price follows it already',
    isBroken: (it) => isEndless(it) && it.trailingUp === true,
  },
  {
    path: 'trailingUpTo',
    message: 'needs trailingUp',
    isBroken: (it) => has(it.trailingUpTo) && it.trailingUp !== true,
  },
  {
    path: 'trailingDownTo',
    message: 'needs trailingDown',
    isBroken: (it) => has(it.trailingDownTo) && it.trailingDown !== true,
  },
  {
    path: 'trailingUpTo',
    message: 'must be above the upper price',
    isBroken: (it) => number(it.trailingUpTo) <= number(it.upperPrice),
  },
  {
    path: 'trailingDownTo',
    message: 'must be below the lower price',
    isBroken: (it) => number(it.trailingDownTo) >= number(it.lowerPrice),
  },
  {
    path: 'expansionUpTo',
    message: 'cannot go with trailingUp, and not with a grid that has no upper price',
    isBroken: (it) => has(it.expansionUpTo) && (it.trailingUp === true || isEndless(it)),
  },
  {
    path: 'expansionDownTo',
    message: 'cannot go with trailingDown',
    isBroken: (it) => has(it.expansionDownTo) && it.trailingDown === true,
  },
  {
    path: 'expansionUpTo',
    message: 'must be above the upper price',
    isBroken: (it) => number(it.expansionUpTo) <= number(it.upperPrice),
  },
  {
    path: 'expansionDownTo',
    message: 'must be below the lower price',
    isBroken: (it) => number(it.expansionDownTo) >= number(it.lowerPrice),
  },
  {
    path: 'stopUpperPrice',
    message: 'must be above the upper price, and above what trailing and expansion go up to',
    isBroken: (it) =>
      [it.upperPrice, it.trailingUpTo, it.expansionUpTo, it.lowerPrice].some((each) => number(it.stopUpperPrice) <= number(each)),
  },
  {
    path: 'stopLowerPrice',
    message: 'must be below the lower price, and below what trailing and expansion go down to',
    isBroken: (it) =>
      [it.lowerPrice, it.trailingDownTo, it.expansionDownTo].some((each) => number(it.stopLowerPrice) >= number(each)),
  },
];

/** Also said when other fields are malformed, so that all faults come at once. */
const always = (): boolean => true;
const ruled = rules.reduce(
  (schema, { path, message, isBroken }) =>
    schema.refine((settings) => !isBroken(settings), { path: [path], message, when: always }),
  fields,
);

/** Settings of the spot grid bot. */
export const gridSettings = ruled.meta({
  title: 'Grid',
  description:
    'Buys at lines below the price and sells at lines above it; each round trip between two lines earns the step less two fees.',
});

export type GridSettingsInput = z.input<typeof gridSettings>;
export type GridSettingsText = z.output<typeof gridSettings>;
