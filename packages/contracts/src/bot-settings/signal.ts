import { amount } from '@holdfast/domain';
import { z } from 'zod';
import { choice, decimal, feeAsset, list, type Rule, retrySeconds, ruled, whole } from './fields.ts';

const share = (title: string, about: string, most: string) => decimal({ title, unit: '%', about, least: '0', most, places: 4 });
const money = (title: string, about: string) =>
  decimal({ title, unit: 'quote', about, least: '0.00000001', most: '100000000', places: 8 });

const plain = (what: string) => z.string().regex(/^\d{1,12}(\.\d{1,8})?$/, `${what} must be a plain decimal such as "1.5"`);

/** `1:50` or `4:50:market`, as a form gives it. */
function readStep(text: string) {
  const [percent, share, order, ...rest] = text.split(':').map((part) => part.trim());
  if (share === undefined || rest.length > 0)
    throw new Error(`"${text.slice(0, 60)}" is not percent:share:order such as "1:50" or "4:50:market"`);
  return { percent, share, ...(order ? { order } : {}) };
}

const fields = z.strictObject({
  direction: choice(
    'Direction',
    'Long buys and sells; short sells coins that the bot was given and buys them back; with both, the opposite entry closes first.',
    ['long', 'short', 'both'],
  ).default('long'),
  size: decimal({
    title: 'Size of an entry',
    unit: '',
    about: 'What one entry is worth where the message says no size; rounded down to the lot.',
    least: '0.00000001',
    most: '100000000',
    places: 8,
  }),
  sizeIn: choice('Size in', 'Whether the size is in quote, in base, or in percent of the most invested.', [
    'quote',
    'base',
    'percent',
  ]).default('quote'),
  sizeFrom: choice(
    'Sizes of messages',
    'Whether the size of a message counts, inside the caps below, or the bot always takes its own and leaves exits whole.',
    ['message', 'bot'],
  ).default('message'),
  maxEntryQuote: money('Largest entry', 'An entry worth more than this is refused, whoever asks.'),
  maxInvestmentQuote: money('Most invested', 'What all entries of a position may cost together; the bot is given as much.'),
  maxEntries: whole('Entries', 'entries', 'How many entries a position may have.', 1, 100).default(1),
  positionsAtOnce: whole(
    'Positions at once',
    'positions',
    'How many positions a bot of several pairs may have open at once, one on a pair; each may cost the most invested.',
    1,
    200,
  ).default(1),
  addStepPercent: share(
    'Step between entries',
    'A further entry is refused while the price is nearer than this to the last one; 0 takes any.',
    '100',
  ).default('0'),
  cooldownSeconds: whole('Cooldown', 's', 'Entries are refused for so long after the last one.', 0, 2_592_000).default(0),
  takeProfitPercent: share(
    'Take profit',
    'Sells all at this distance from the average entry price, without fees; 0 for none.',
    '1000',
  ).default('0'),
  takeProfitSteps: list({
    title: 'Take profit steps',
    about:
      'Up to eight targets in place of the one, "percent:share" or "percent:share:market", percent rising; the shares of the position make 100.',
    item: z.strictObject({
      percent: plain('percent'),
      share: plain('share'),
      order: z.enum(['limit', 'market']).default('limit'),
    }),
    most: 8,
    read: readStep,
    between: /[,;\n]/,
  }).default([]),
  takeProfitTrailingPercent: share(
    'Trailing take profit',
    'Once the take profit, of several steps the last, is reached, sells when the price has come back so far from its best; 0 sells at once.',
    '50',
  ).default('0'),
  stopLossPercent: share(
    'Stop loss',
    'Ends the position at this distance from the average entry price; it rests at the exchange. 0 for none.',
    '99',
  ).default('0'),
  stopLossTrailing: z
    .boolean('must be true or false')
    .meta({
      title: 'Trailing stop',
      description: 'Whether the stop also follows the best price at its distance; that part is watched, not resting.',
      unit: '',
    })
    .default(false),
  exitsFrom: choice('Exits of messages', 'Whether take profit and stop of a message replace the ones above for its position.', [
    'message',
    'bot',
  ]).default('message'),
  minProfitPercent: share(
    'Least profit of an exit',
    'Exits by signal are refused while the profit after fees is below this; 0 takes any. The stop is not held back.',
    '1000',
  ).default('0'),
  limitSeconds: whole(
    'Life of a limit entry',
    's',
    'A limit entry that is not filled by then is taken off.',
    5,
    2_592_000,
  ).default(3600),
  feeAsset,
  feePercent: decimal({
    title: 'Fee',
    unit: '%',
    about: 'Fee of one order in percent of its value; fills are booked with the fee they had.',
    least: '0',
    most: '5',
    places: 6,
  }).default('0.1'),
  slippagePercent: share('Slippage', 'How far beyond the best price an entry or exit at the market may trade.', '10').default(
    '0.3',
  ),
  entryAttempts: whole('Entry attempts', 'times', 'How often an entry is tried for what is still missing.', 1, 50).default(3),
  retrySeconds,
});

type Read = z.output<typeof fields>;

const isAbove = (text: string, other: string): boolean => amount(text) > amount(other);

/** Whether buying and selling so far apart brings nothing after two fees; near enough to refuse by. */
function isEaten(percent: string, { direction, feePercent }: Read): boolean {
  const [gain, kept] = [Number(percent) / 100, (1 - Number(feePercent) / 100) ** 2];
  return direction === 'short' ? 1 - gain >= kept : (1 + gain) * kept <= 1;
}
const percentsOf = ({ takeProfitSteps }: Read): readonly string[] => takeProfitSteps.map(({ percent }) => percent);

const rules: readonly Rule<Read>[] = [
  [
    'maxEntryQuote',
    'is above the most invested; lower it or raise maxInvestmentQuote',
    (it) => isAbove(it.maxEntryQuote, it.maxInvestmentQuote),
  ],
  [
    'size',
    'is above the largest entry; lower it or raise maxEntryQuote',
    (it) => it.sizeIn === 'quote' && isAbove(it.size, it.maxEntryQuote),
  ],
  ['size', 'must be at most 100 where sizeIn is percent', (it) => it.sizeIn === 'percent' && isAbove(it.size, '100')],
  ['stopLossTrailing', 'needs stopLossPercent above 0', (it) => it.stopLossTrailing && !isAbove(it.stopLossPercent, '0')],
  [
    'takeProfitTrailingPercent',
    'needs takeProfitPercent above 0, or takeProfitSteps',
    (it) => isAbove(it.takeProfitTrailingPercent, '0') && !isAbove(it.takeProfitPercent, '0') && it.takeProfitSteps.length === 0,
  ],
  [
    'takeProfitPercent',
    'must be 0 where takeProfitSteps are given',
    (it) => it.takeProfitSteps.length > 0 && isAbove(it.takeProfitPercent, '0'),
  ],
  [
    'takeProfitPercent',
    'is eaten by the fees of both orders; make it higher, or set the right fee',
    (it) => isAbove(it.takeProfitPercent, '0') && isEaten(it.takeProfitPercent, it),
  ],
  [
    'takeProfitPercent',
    'must be below 100 in short positions: no price is so low',
    (it) => it.direction === 'short' && !isAbove('100', it.takeProfitPercent),
  ],
  [
    'takeProfitSteps',
    'shares must be above 0 and make exactly 100 percent together',
    (it) =>
      it.takeProfitSteps.length > 0 &&
      (it.takeProfitSteps.some((step) => !isAbove(step.share, '0')) ||
        it.takeProfitSteps.reduce((sum, step) => sum + amount(step.share), 0n) !== amount('100')),
  ],
  [
    'takeProfitSteps',
    'percents must rise from step to step and be at most 1000, in short positions below 100',
    (it) =>
      percentsOf(it).some(
        (percent, at, all) =>
          (at > 0 && !isAbove(percent, all[at - 1] as string)) ||
          !isAbove(it.direction === 'short' ? '100' : '1000.0001', percent),
      ),
  ],
  [
    'takeProfitSteps',
    'a step is eaten by the fees of both orders; make it higher, or set the right fee',
    (it) => percentsOf(it).some((percent) => isEaten(percent, it)),
  ],
];

/** Settings of the signal bot; all faults are named at once. */
export const signalSettings = ruled(fields, rules).meta({
  title: 'Signal',
  description: 'Does what messages from TradingView or other programs ask, inside its own pair, sizes and exits.',
});

export type SignalSettingsInput = z.input<typeof signalSettings>;
