/**
 * Limits over all bots of an account, as typed into a form, sent to the API and stored. Each field says its unit, its limits and in
 * one sentence what it does; the form, the options of `holdfast guards set` and docs/guards.md are made from this.
 */
import { z } from 'zod';
import { assetName, decimal as decimalText } from './api-values.ts';
import { choice, decimal, flag, list, whole } from './bot-settings/fields.ts';

const listed = z
  .string()
  .regex(/^[A-Z0-9]{1,20}(\/[A-Z0-9]{1,20})?$/, 'must be a coin such as "DOGE" or a pair such as "DOGE/USDT"');

export const guardSettings = z
  .strictObject({
    blackList: list({
      title: 'Black list',
      about: 'Coins and pairs that no bot buys or starts a deal on; what is open there ends as it would.',
      item: listed,
      most: 500,
      read: (text) => text.toUpperCase(),
      between: /[\s,]+/,
    }).default([]),
    maxExposurePerCoin: decimal({
      title: 'Most in one coin',
      unit: 'quote',
      about: 'What all bots together may hold of a coin and have on order, at the price of now; 0 for no cap.',
      least: '0',
      most: '999999999999',
      places: 8,
    }).default('0'),
    maxDeals: whole(
      'Deals at once',
      'deals',
      'How many deals of all bots may be open at once; 0 for no cap.',
      0,
      100_000,
    ).default(0),
    crashPercent: decimal({
      title: 'Crash: fall',
      unit: '%',
      about: 'A market that falls so far within the minutes below pauses the start of deals; 0 switches the breaker off.',
      least: '0',
      most: '99',
      places: 4,
    }).default('0'),
    crashMinutes: whole(
      'Crash: within',
      'min',
      'The fall is counted from the highest price of the minutes that closed within so long.',
      1,
      1440,
    ).default(10),
    crashPauseMinutes: whole('Crash: pause', 'min', 'How long no deal starts after a fall.', 1, 10_080).default(60),
    crashScope: choice('Crash: pauses', 'Whether the whole account pauses or the fallen pair alone.', [
      'account',
      'pair',
    ]).default('account'),
    crashCloses: flag('Crash: close deals', 'Whether what is open where starts pause is sold at once.').default(false),
    maxDailyLoss: decimal({
      title: 'Daily loss',
      unit: 'quote',
      about: 'When the deals that closed on a UTC day have lost so much in all, no deal starts until the next; 0 for no limit.',
      least: '0',
      most: '999999999999',
      places: 8,
    }).default('0'),
    dailyLossCloses: flag('Daily loss: close deals', 'Whether everything that is open is sold at once then.').default(false),
    haltCloses: flag(
      'Halt: close deals',
      'Whether what is open on a pair that the exchange halted is sold at once when it trades again; without, it goes on as it was.',
    ).default(false),
  })
  .meta({ title: 'Guards', description: 'Limits over all bots of the account, judged before an order reaches the vault.' });

export type GuardSettingsInput = z.input<typeof guardSettings>;
export type GuardSettingsOutput = z.output<typeof guardSettings>;

/** Changes of some fields; the others stay as they are. */
export const guardChanges = z.record(z.string().max(60), z.unknown());

const pause = z.strictObject({ pair: z.string(), from: decimalText, to: decimalText, since: z.number(), until: z.number() });

/** What the guards do, as the engine writes it down beside the settings; times in unix ms of the exchange. */
export const guardRecord = z.strictObject({
  settings: guardSettings,
  /** What the caps are counted in. */
  quote: assetName,
  pauses: z.array(pause).describe('No deal starts until their end'),
  day: z
    .strictObject({
      start: z.number().describe('Midnight UTC that it began at'),
      results: z.record(z.string(), decimalText).describe('Result of closed deals by the asset that they are counted in'),
      stopped: z.boolean().describe('Whether the daily loss stop holds'),
    })
    .describe('The newest UTC day on which a deal closed'),
});
export type GuardRecord = z.output<typeof guardRecord>;

export const guardsAnswer = guardRecord.extend({
  schema: z.record(z.string(), z.unknown()).describe('JSON Schema of the settings'),
  time: z.number().nullable().describe("The exchange's time, unix ms"),
});
export type GuardsAnswer = z.infer<typeof guardsAnswer>;
