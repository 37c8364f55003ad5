/** Settings of recurring buys. */
import { amount } from '@holdfast/domain';
import { z } from 'zod';
import { choice, decimal, feeAsset, list, retrySeconds, whole } from './fields.ts';
import { cronLine, timeZone } from './schedule.ts';

const part = z.strictObject({
  pair: z.string().regex(/^[A-Z0-9]{1,20}\/[A-Z0-9]{1,20}$/, 'pair must be BASE/QUOTE such as BTC/USDT'),
  percent: z.string().regex(/^\d{1,3}(\.\d{1,4})?$/, 'percent must be a plain decimal such as "12.5"'),
  maxPrice: z
    .string()
    .regex(/^\d{1,12}(\.\d{1,12})?$/, 'highest price must be a plain decimal such as "65000"')
    .default('0'),
});

function readPart(text: string) {
  const [pair, percent, maxPrice, ...rest] = text.split(':').map((each) => each.trim());
  if (percent === undefined || rest.length > 0)
    throw new Error(`"${text.slice(0, 60)}" is not pair:percent such as "BTC/USDT:60", nor pair:percent:highest price`);
  return { pair, percent, ...(maxPrice === undefined ? {} : { maxPrice }) };
}

const hundred = amount('100');
type Basket = readonly { readonly pair: string; readonly percent: string; readonly maxPrice: string }[];

/** A field that could not be read makes no second fault here: its own is named already. */
function isFault(basket: unknown, rule: (basket: Basket) => boolean): boolean {
  try {
    return Array.isArray(basket) && basket.length > 0 && rule(basket as Basket);
  } catch {
    return false;
  }
}

const hasCeiling = (it: { readonly maxPrice?: string; readonly basket?: Basket } | undefined): boolean =>
  it?.maxPrice === undefined || Number(it.maxPrice) !== 0 || (it.basket ?? []).some(({ maxPrice }) => Number(maxPrice) !== 0);

export const recurringSettings = z
  .strictObject({
    size: decimal({
      title: 'Size',
      unit: 'quote',
      about: 'What each purchase buys for, in quote; what does not make a lot or an order is carried to the next.',
      least: '0.00000001',
      most: '100000000',
      places: 8,
    }),
    basket: list({
      title: 'Basket',
      about:
        'Up to 20 pairs of one quote, each "pair:percent" or "pair:percent:highest price"; together exactly 100. Empty for one pair.',
      item: part,
      most: 20,
      read: readPart,
      between: /[,;\n]/,
    }).default([]),
    schedule: cronLine('When, as a cron line: minute, hour, day of month, month, day of week (0 or 7 is Sunday).').default(
      '0 9 * * 1',
    ),
    timeZone,
    maxPrice: decimal({
      title: 'Highest price',
      unit: 'quote',
      about: 'Nothing is bought above it; 0 for none.',
      least: '0',
      most: '999999999999',
      places: 12,
    }).default('0'),
    aboveMaxPrice: choice(
      'Above the highest price',
      'Whether the amount is given up, carried to the next time, or waits for the price.',
      ['skip', 'carry', 'wait'],
    ).default('skip'),
    missed: choice(
      'Missed times',
      'After the engine was down: give the missed times up, buy once for all of them, or buy for each.',
      ['skip', 'once', 'all'],
    ).default('once'),
    lateSeconds: whole('Late up to', 's', 'How late a time may be before it counts as missed.', 1, 86_400).default(300),
    purchases: whole('Purchases', 'purchases', 'How many are made in all; 0 without end.', 0, 100_000).default(0),
    fundedPurchases: whole('Funded purchases', 'purchases', 'For how many of them funds are asked for.', 1, 1000).default(12),
    feeAsset,
    feePercent: decimal({
      title: 'Fee',
      unit: '%',
      about: 'Fee of one order in percent of its value, for the funds asked for; fills are booked with the fee they had.',
      least: '0',
      most: '5',
      places: 6,
    }).default('0.1'),
    slippagePercent: decimal({
      title: 'Slippage',
      unit: '%',
      about: 'How far above the ask a purchase may buy.',
      least: '0',
      most: '10',
      places: 4,
    }).default('0.3'),
    attempts: whole('Attempts', 'times', 'How often a purchase is tried for what is still missing.', 1, 50).default(5),
    retrySeconds,
  })
  .refine((it) => it?.aboveMaxPrice === 'skip' || hasCeiling(it), {
    path: ['aboveMaxPrice'],
    message: 'needs maxPrice',
    when: () => true,
  })
  .refine(
    (it) =>
      !isFault(it?.basket, (parts) => parts.reduce((sum, { percent }) => sum + amount(percent), 0n) !== (hundred as bigint)),
    { path: ['basket'], message: 'percents must make exactly 100', when: () => true },
  )
  .refine((it) => !isFault(it?.basket, (parts) => new Set(parts.map(({ pair }) => pair)).size < parts.length), {
    path: ['basket'],
    message: 'names a pair twice',
    when: () => true,
  })
  .refine((it) => !isFault(it?.basket, (parts) => parts.some(({ percent }) => amount(percent) === 0n)), {
    path: ['basket'],
    message: 'has a part of 0 percent',
    when: () => true,
  })
  .refine((it) => !isFault(it?.basket, (parts) => new Set(parts.map(({ pair }) => pair.split('/')[1])).size > 1), {
    path: ['basket'],
    message: 'must have the same quote in all its pairs',
    when: () => true,
  })
  .refine((it) => !isFault(it?.basket, () => Number(it.maxPrice) > 0), {
    path: ['maxPrice'],
    message: 'is for one pair; name a highest price in the parts of the basket',
    when: () => true,
  })
  .meta({ title: 'Recurring buys', description: 'Buys for a fixed amount at the times of a schedule, and keeps the coins.' });

export type RecurringSettingsInput = z.input<typeof recurringSettings>;
export type RecurringSettingsText = z.output<typeof recurringSettings>;
