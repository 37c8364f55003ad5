import { z } from 'zod';
import { choice, decimal, whole } from './fields.ts';

/** Settings of the DCA bot, long. */
export const dcaSettings = z
  .strictObject({
    start: choice('Start of deals', 'Whether a deal opens as soon as the bot is free, or only on the command "start deal".', [
      'at-once',
      'command',
    ]).default('at-once'),
    baseOrderSize: decimal({
      title: 'Base order',
      unit: 'quote',
      about: 'What the first order of a deal buys for, in quote; the quantity is rounded up to the lot.',
      least: '0.00000001',
      most: '100000000',
      places: 8,
    }),
    averagingOrderSize: decimal({
      title: 'First averaging order',
      unit: 'quote',
      about: 'What the first averaging order buys for, in quote; later ones are larger or smaller by the size multiplier.',
      least: '0.00000001',
      most: '100000000',
      places: 8,
    }),
    averagingOrders: whole('Averaging orders', 'orders', 'How many averaging orders a deal has at most.', 0, 100).default(5),
    averagingOrdersActive: whole(
      'Averaging orders at once',
      'orders',
      'How many averaging orders rest at the exchange at once; the next is placed when one is filled.',
      1,
      100,
    ).default(2),
    stepPercent: decimal({
      title: 'Step',
      unit: '%',
      about: 'How far the first averaging order lies below the base order, in percent of its average price with fees.',
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
      about: 'Each further averaging order buys for the size of the one before times this.',
      least: '0.1',
      most: '10',
      places: 4,
    }).default('1'),
    takeProfitPercent: decimal({
      title: 'Take profit',
      unit: '%',
      about: 'Profit at which the whole position is sold, in percent of its cost, after all fees.',
      least: '0.01',
      most: '1000',
      places: 4,
    }).default('1'),
    cooldownSeconds: whole('Cooldown', 's', 'Wait after a deal before the next one opens by itself.', 0, 2_592_000).default(0),
    feeAsset: choice(
      'Fee of buys in',
      'The asset that the exchange takes the fee of a buy from: "base" on Binance, "third" where a coin such as BNB pays it.',
      ['base', 'quote', 'third'],
    ).default('base'),
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
      about: 'How far above the ask the base order may buy, and below the bid "close now" may sell.',
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
    retrySeconds: whole(
      'Retry after',
      's',
      'Wait before an order that was not filled or not taken is tried again.',
      1,
      3600,
    ).default(3),
  })
  .refine((settings) => settings.averagingOrders === 0 || deepestDeviation(settings) < 100, {
    path: ['stepPercent'],
    message: 'the last averaging order would lie 100 % or more below the base order; use fewer orders or smaller steps',
  })
  .meta({
    title: 'DCA, long',
    description: 'Buys, buys more at lower prices, and sells the whole position at a profit over its average cost.',
  });

export type DcaSettingsInput = z.input<typeof dcaSettings>;
export type DcaSettingsText = z.output<typeof dcaSettings>;

interface Steps {
  readonly averagingOrders: number;
  readonly stepPercent: string;
  readonly stepMultiplier: string;
}

/** Deviation of the last averaging order in percent, near enough to refuse a ladder that reaches zero; the bot checks exactly. */
function deepestDeviation({ averagingOrders, stepPercent, stepMultiplier }: Steps): number {
  let [deviation, step] = [0, Number(stepPercent)];
  for (let n = 0; n < averagingOrders; n++) {
    deviation += step;
    step *= Number(stepMultiplier);
  }
  return deviation;
}
