import { z } from 'zod';
import { choice, decimal, isLess, whole } from './fields.ts';

const share = (title: string, about: string, most: string) => decimal({ title, unit: '%', about, least: '0', most, places: 4 });
const money = (title: string, about: string) =>
  decimal({ title, unit: 'quote', about, least: '0.00000001', most: '100000000', places: 8 });

/** Settings of the signal bot. */
export const signalSettings = z
  .strictObject({
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
    takeProfitTrailingPercent: share(
      'Trailing take profit',
      'Once the take profit is reached, sells when the price has come back so far from its best; 0 sells at once.',
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
    feeAsset: choice(
      'Fee of buys in',
      'The asset that the exchange takes the fee of a buy from: "base" on Binance, "third" where a coin such as BNB pays it.',
      ['base', 'quote', 'third'],
    ).default('base'),
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
    retrySeconds: whole(
      'Retry after',
      's',
      'Wait before an order that was not filled or not taken is tried again.',
      1,
      3600,
    ).default(3),
  })
  .refine((it) => !isLess(it.maxInvestmentQuote, it.maxEntryQuote), {
    path: ['maxEntryQuote'],
    message: 'is above the most invested; lower it or raise maxInvestmentQuote',
  })
  .refine((it) => it.sizeIn !== 'quote' || !isLess(it.maxEntryQuote, it.size), {
    path: ['size'],
    message: 'is above the largest entry; lower it or raise maxEntryQuote',
  })
  .refine((it) => it.sizeIn !== 'percent' || !isLess('100', it.size), {
    path: ['size'],
    message: 'must be at most 100 where sizeIn is percent',
  })
  .refine((it) => !it.stopLossTrailing || it.stopLossPercent !== '0', {
    path: ['stopLossTrailing'],
    message: 'needs stopLossPercent above 0',
  })
  .refine((it) => it.takeProfitTrailingPercent === '0' || it.takeProfitPercent !== '0', {
    path: ['takeProfitTrailingPercent'],
    message: 'needs takeProfitPercent above 0',
  })
  .meta({
    title: 'Signal',
    description: 'Does what messages from TradingView or other programs ask, inside its own pair, sizes and exits.',
  });

export type SignalSettingsInput = z.input<typeof signalSettings>;
