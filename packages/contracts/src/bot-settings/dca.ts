/** Settings of the DCA bot. */
import { z } from 'zod';
import { conditions } from './conditions.ts';
import { dcaRules } from './dca-faults.ts';
import { choice, decimal, feeAsset, flag, list, retrySeconds, ruled, whole } from './fields.ts';

const percent = (title: string, about: string, least: string, most: string) =>
  decimal({ title, unit: '%', about, least, most, places: 4 });

const quotePrice = (title: string, about: string) =>
  decimal({ title, unit: 'quote', about, least: '0', most: '999999999999', places: 12 });

const sizes = ['quote', 'base', 'percent'] as const;
const plain = /^\d{1,12}(\.\d{1,8})?$/;
const plainDecimal = (what: string) => z.string().regex(plain, `${what} must be a plain decimal such as "1.5"`);

/** Two decimals with a colon between them, as a form gives them. */
const pairOf = (first: string, second: string) => (text: string) => {
  const [a, b, ...rest] = text.split(':').map((part) => part.trim());
  if (b === undefined || rest.length > 0) throw new Error(`"${text.slice(0, 60)}" is not ${first}:${second} such as "1.5:50"`);
  return { [first]: a, [second]: b };
};

export const dcaSettings = ruled(
  z.strictObject({
    direction: choice(
      'Direction',
      'Whether deals buy coins and sell them dearer, or sell coins that the bot is given and buy them back cheaper.',
      ['long', 'short'],
    ).default('long'),
    start: choice(
      'Start of deals',
      'Whether a deal opens as soon as the bot is free, when the start conditions hold, or only on the command "start deal".',
      ['at-once', 'conditions', 'command'],
    ).default('at-once'),
    startConditions: conditions('Start conditions', 'A deal opens when all of these hold as a candle closes.').default([]),
    startDelaySeconds: whole(
      'Start delay',
      's',
      'Wait after the start conditions held before the deal opens.',
      0,
      86_400,
    ).default(0),
    baseOrderSize: decimal({
      title: 'Base order',
      unit: 'quote',
      about: 'Size of the first order of a deal, in quote; the quantity is rounded up to the lot.',
      least: '0.00000001',
      most: '100000000',
      places: 8,
    }),
    baseOrderSizeIn: choice(
      'Base order in',
      'What the size of the base order counts: quote, base, or percent of what the bot has when the deal opens: quote, in short deals base.',
      sizes,
    ).default('quote'),
    baseOrderType: choice(
      'Base order type',
      'Whether the base order trades at the market, capped by the slippage, or rests at the best price of its side: the bid, in short deals the ask.',
      ['market', 'limit'],
    ).default('market'),
    repriceSeconds: whole(
      'Price anew after',
      's',
      'Wait before a base order that rests is cancelled and placed at the best price of then.',
      1,
      86_400,
    ).default(15),
    averagingOrderSize: decimal({
      title: 'First averaging order',
      unit: 'quote',
      about: 'Size of the first averaging order, in quote; later ones are larger or smaller by the size multiplier.',
      least: '0.00000001',
      most: '100000000',
      places: 8,
    }),
    averagingOrderSizeIn: choice(
      'Averaging orders in',
      'What the sizes of averaging orders count: quote, base, or percent of what the bot has when the deal opens: quote, in short deals base.',
      sizes,
    ).default('quote'),
    averagingOrders: whole('Averaging orders', 'orders', 'How many averaging orders a deal has at most.', 0, 200).default(5),
    averagingOrdersActive: whole(
      'Averaging orders at once',
      'orders',
      'How many averaging orders rest at the exchange at once; the next is placed when one is filled. 0 with averaging conditions only.',
      0,
      200,
    ).default(2),
    stepPercent: decimal({
      title: 'Step',
      unit: '%',
      about:
        'How far the first averaging order lies below the base order, in short deals above, in percent of its average price with fees.',
      least: '0.01',
      most: '50',
      places: 4,
    }).default('1'),
    stepMultiplier: decimal({
      title: 'Step multiplier',
      unit: '',
      about: 'Each further step is the one before times this.',
      least: '0.1',
      most: '10',
      places: 4,
    }).default('1'),
    sizeMultiplier: decimal({
      title: 'Size multiplier',
      unit: '',
      about: 'Each further averaging order has the size of the one before times this.',
      least: '0.1',
      most: '10',
      places: 4,
    }).default('1'),
    ladder: list({
      title: 'Explicit ladder',
      about:
        'Averaging orders one by one, "percent:size", in place of number, step and multipliers; percent below the base order, in short deals above, rising.',
      item: z.strictObject({ percent: plainDecimal('percent'), size: plainDecimal('size') }),
      most: 200,
      read: pairOf('percent', 'size'),
      between: /[,;\n]/,
    }).default([]),
    pyramid: list({
      title: 'Pyramid',
      about:
        'Orders that add to a deal which runs well, "percent:size", sized as averaging orders: at the market when the price is so far above the base order, in short deals below; rising.',
      item: z.strictObject({ percent: plainDecimal('percent'), size: plainDecimal('size') }),
      most: 200,
      read: pairOf('percent', 'size'),
      between: /[,;\n]/,
    }).default([]),
    averagingConditions: conditions(
      'Averaging conditions',
      'Averaging orders do not rest but trade at the market when all of these hold and the price has reached their level.',
    ).default([]),
    averagingFrom: choice(
      'Averaging counted from',
      'With averaging conditions: "base" takes every level that is reached at once, "last" one at a time, a step beyond the last entry.',
      ['base', 'last'],
    ).default('base'),
    takeProfitPercent: decimal({
      title: 'Take profit',
      unit: '%',
      about: 'Profit at which the whole position is closed, in percent of its average price, after all fees.',
      least: '0.01',
      most: '1000',
      places: 4,
    }).default('1'),
    takeProfitOf: choice(
      'Take profit counts',
      'Whether the profit is a percentage of the whole position, or of the base order alone.',
      ['total', 'base'],
    ).default('total'),
    takeProfitSteps: list({
      title: 'Take profit steps',
      about: 'Up to four targets in place of the one, "percent:share", percent rising; the shares of the position make 100.',
      item: z.strictObject({ percent: plainDecimal('percent'), share: plainDecimal('share') }),
      most: 4,
      read: pairOf('percent', 'share'),
      between: /[,;\n]/,
    }).default([]),
    trailingPercent: percent(
      'Trailing',
      'From the last target on the best price is followed and the deal closed this far behind it; 0 closes at the target.',
      '0',
      '50',
    ).default('0'),
    profitIn: choice(
      'Profit in',
      'What the profit is kept as: "given" is what deals give, quote of long and base of short ones. In the other asset only what brings back the cost is given back, and the rest kept.',
      ['given', 'quote', 'base'],
    ).default('given'),
    closeConditions: conditions(
      'Close conditions',
      'The deal is closed at the market when all of these hold, and not at a percentage.',
    ).default([]),
    minProfitOf: choice(
      'Least profit counts',
      'Whether close conditions wait for a least profit, of the whole position or of the base order.',
      ['none', 'total', 'base'],
    ).default('none'),
    minProfitPercent: percent('Least profit', 'Close conditions close at this profit or more only.', '0', '1000').default('0'),
    stopLossPercent: percent(
      'Stop loss',
      'How far below the average price of the base order the position is cut, in short deals above; 0 for none.',
      '0',
      '99',
    ).default('0'),
    stopTimeoutSeconds: whole(
      'Stop timeout',
      's',
      'How long the price must stay at the stop before it cuts; such a stop cannot rest at the exchange.',
      0,
      86_400,
    ).default(0),
    stopTrailing: flag(
      'Trailing stop',
      'Whether the stop follows the price to the side of profit, at the same distance.',
    ).default(false),
    breakevenSteps: whole(
      'Secure after',
      'steps',
      'After the first take profit step the stop moves to the cost, after the second to the first target, after the third to the second: up to so many steps.',
      0,
      3,
    ).default(0),
    restsFirst: choice(
      'Rests at the exchange',
      'Where targets and stop cannot rest together: which of them rests; the engine watches the other.',
      ['stop-loss', 'take-profit'],
    ).default('stop-loss'),
    stopGapPercent: percent(
      'Stop gap',
      'How far beyond its trigger a stop that rests may trade; past that the engine closes at the market.',
      '0',
      '10',
    ).default('0.5'),
    stopAction: choice('After a stop', 'Whether the bot goes on after a stop loss, or stops.', [
      'close',
      'close-and-stop',
    ]).default('close'),
    dealTimeoutSeconds: whole(
      'Deal timeout',
      's',
      'A deal is closed at the market after so long; 0 for never.',
      0,
      31_536_000,
    ).default(0),
    dealsAtOnce: whole(
      'Deals at once',
      'deals',
      'How many deals a bot with several pairs, or with several deals per pair, may have open at once.',
      1,
      199,
    ).default(1),
    dealsPerPair: whole(
      'Deals per pair',
      'deals',
      'How many of the deals at once may be open on one pair, each with orders and coins of its own.',
      1,
      199,
    ).default(1),
    dealStepPercent: percent(
      'Step between deals',
      'With several deals per pair: how far the price must be below the lowest entry of the open ones, in short deals above the highest, for the next; 0: the start conditions must cease and hold anew.',
      '0',
      '50',
    ).default('0'),
    dealsAtMost: whole('Deals at most', 'deals', 'The bot stops after so many deals in a row; 0 for no end.', 0, 100_000).default(
      0,
    ),
    lossesAtMost: whole(
      'Losses in a row',
      'deals',
      'The bot stops after so many deals in a row that lost; 0 for no end.',
      0,
      1000,
    ).default(0),
    minPrice: quotePrice(
      'Lowest price',
      'No deal opens while the price is below: the ask, of short deals the bid; 0 for none.',
    ).default('0'),
    maxPrice: quotePrice(
      'Highest price',
      'No deal opens while the price is above: the ask, of short deals the bid; 0 for none.',
    ).default('0'),
    minPricePercent: percent(
      'Lowest price, of the start',
      'The same as a percentage of the price when the bot was started or resumed; 0 for none.',
      '0',
      '1100',
    ).default('0'),
    maxPricePercent: percent(
      'Highest price, of the start',
      'The same as a percentage of the price when the bot was started or resumed; 0 for none.',
      '0',
      '1100',
    ).default('0'),
    minDayVolume: quotePrice(
      'Least volume',
      'No deal opens by itself while the last whole day (UTC) traded less, in quote; 0 for none.',
    ).default('0'),
    reinvestPercent: percent(
      'Reinvest',
      'Share of what the bot has earned that makes the orders of later deals larger, all by the same factor.',
      '0',
      '100',
    ).default('0'),
    riskReductionPercent: percent(
      'Risk reduction',
      'Share of what the bot has lost that makes the orders of later deals smaller, all by the same factor.',
      '0',
      '100',
    ).default('0'),
    cooldownSeconds: whole('Cooldown', 's', 'Wait after a deal before the next one opens by itself.', 0, 2_592_000).default(0),
    feeAsset,
    feePercent: decimal({
      title: 'Fee',
      unit: '%',
      about:
        'Fee of one order in percent of its value, as the prices of orders count it in; fills are booked with the fee they had.',
      least: '0',
      most: '5',
      places: 6,
    }).default('0.1'),
    slippagePercent: decimal({
      title: 'Slippage',
      unit: '%',
      about: 'How far beyond the best price of now an order at the market may trade.',
      least: '0',
      most: '10',
      places: 4,
    }).default('0.3'),
    entryAttempts: whole(
      'Base order attempts',
      'times',
      'How often the base order is tried for what is still missing before the deal goes on with what it got.',
      1,
      50,
    ).default(5),
    retrySeconds,
  }),
  dcaRules,
).meta({
  title: 'DCA',
  description:
    'Buys, buys more at lower prices, and sells the whole position at a profit over its average cost; or the same the other way round.',
});

export type DcaSettingsInput = z.input<typeof dcaSettings>;
export type DcaSettingsText = z.output<typeof dcaSettings>;
