/** Settings of a rebalancing bot. It trades several pairs of one quote. */
import { amount } from '@holdfast/domain';
import { z } from 'zod';
import { choice, decimal, flag, list, type Rule, retrySeconds, ruled, whole } from './fields.ts';
import { cronLine, timeZone } from './schedule.ts';

const percent = (title: string, about: string, least: string, most: string) =>
  decimal({ title, unit: '%', about, least, most, places: 4 });

const target = z.strictObject({
  pair: z.string().regex(/^[A-Z0-9]{1,20}\/[A-Z0-9]{1,20}$/, 'pair must be BASE/QUOTE such as BTC/USDT'),
  percent: z.string().regex(/^\d{1,3}(\.\d{1,4})?$/, 'percent must be a plain decimal such as "12.5"'),
});

function readTarget(part: string) {
  const [pair, share, ...rest] = part.split(':').map((each) => each.trim());
  if (share === undefined || rest.length > 0) throw new Error(`"${part.slice(0, 60)}" is not pair:percent such as "BTC/USDT:50"`);
  return { pair, percent: share };
}

const fields = z.strictObject({
  targets: list({
    title: 'Targets',
    about: 'Up to 30 pairs of one quote, each "pair:percent"; 0 sells a coin. With the cash they make exactly 100.',
    item: target,
    most: 30,
    read: readTarget,
    between: /[,;\n]/,
  }),
  cashPercent: percent('Cash', 'What stays in quote, in percent of all.', '0', '99').default('0'),
  schedule: cronLine('When it runs, as a cron line of five fields; empty for never by time.', true).default(''),
  timeZone,
  thresholdPercent: percent(
    'Threshold',
    'It runs when a share is so many points away from its target; 0 for never by threshold.',
    '0',
    '50',
  ).default('5'),
  checkInterval: choice('Looked at each', 'At the close of which candles the threshold is looked at.', [
    '1m',
    '5m',
    '15m',
    '1h',
    '4h',
    '1d',
  ]).default('5m'),
  minTrade: decimal({
    title: 'Smallest trade',
    unit: 'quote',
    about: 'A difference worth less than this is left alone.',
    least: '0',
    most: '100000000',
    places: 8,
  }).default('10'),
  feeOfBuysInQuote: flag('Fee of buys in quote', 'Whether the fee of a buy is taken from quote and has to be kept back.').default(
    false,
  ),
  feePercent: decimal({
    title: 'Fee',
    unit: '%',
    about: 'Fee of one order in percent of its value, as plans count it in; fills are booked with the fee they had.',
    least: '0',
    most: '5',
    places: 6,
  }).default('0.1'),
  slippagePercent: percent('Slippage', 'How far beyond the price of now an order may go.', '0', '10').default('0.3'),
  attempts: whole('Rounds', 'times', 'How often what is missing is sold, and then bought, in one run.', 1, 20).default(3),
  retrySeconds,
});

type Read = z.output<typeof fields>;
const rules: readonly Rule<Read>[] = [
  ['targets', 'must name at least one pair', ({ targets }) => targets.length === 0],
  [
    'targets',
    'percents must make exactly 100 together with cashPercent',
    ({ targets, cashPercent }) =>
      targets.reduce((sum, it) => sum + amount(it.percent), amount(cashPercent) as bigint) !== amount('100'),
  ],
  ['targets', 'name a pair twice', ({ targets }) => new Set(targets.map(({ pair }) => pair)).size < targets.length],
  ['targets', 'must all have the same quote', ({ targets }) => new Set(targets.map(({ pair }) => pair.split('/')[1])).size > 1],
  [
    'thresholdPercent',
    'or a schedule must be given',
    ({ thresholdPercent, schedule }) => amount(thresholdPercent) === 0n && schedule === '',
  ],
];

/** Settings of a rebalancing bot; all faults are named at once. */
export const rebalanceSettings = ruled(fields, rules).meta({
  title: 'Rebalancing',
  description: 'Keeps coins at fixed shares of a portfolio, by time or when one strays.',
});

export type RebalanceSettingsInput = z.input<typeof rebalanceSettings>;
export type RebalanceSettingsText = z.output<typeof rebalanceSettings>;
