/** What crosses the API about making, checking, moving and judging bots, as schemas. Conventions: api.ts. */
import { z } from 'zod';
import { createBot, deal, ofPair } from './api.ts';
import { assetName, botId, decimal, pairName, positiveDecimal, side, time, typedFunds, typedPair } from './api-values.ts';
import { dealAct } from './engine-socket.ts';

// Acts on an open deal: `POST /api/bots/:id/NAME`

type Act = (typeof dealAct)['options'][number];
/** What the act asks for, and of which pair or deal. */
type ActBody = z.ZodType<z.infer<typeof ofPair> & Readonly<Record<string, unknown>>>;

function bodyOf(act: Act): ActBody {
  const { name: _, ...fields } = act.shape;
  return z.strictObject({ ...fields, ...ofPair.shape }) as unknown as ActBody;
}

/** Body of each act by its name. */
export const actBodies = Object.fromEntries(dealAct.options.map((act) => [act.shape.name.value, bodyOf(act)])) as Readonly<
  Record<DealActName, ActBody>
>;
export type DealActName = z.infer<typeof dealAct>['name'];

/** More funds for a bot: `POST /api/bots/:id/fund`. */
export const fundBot = z.strictObject({ funds: typedFunds });

// Check before start: `POST /api/bots/check`

export const checkBot = createBot.omit({ name: true, start: true });

/** A field of the mandate that is too small for the bot. */
export const shortfall = z.object({
  field: z.string(),
  pair: pairName.nullable(),
  needed: z.string(),
  /** Null where the mandate in force has no such pair, or there is none. */
  inForce: z.string().nullable(),
  /** Whether the bot cannot be made; otherwise orders beyond the limit are refused, or wait for a new day. */
  blocks: z.boolean(),
});
export type Shortfall = z.infer<typeof shortfall>;

const loss = z.object({
  theft24h: decimal,
  forged24h: decimal,
  market24h: decimal,
  /** How `theft24h` comes about, in numbers. */
  formula: z.string(),
});

export const mandateCheck = z.object({
  quote: assetName,
  /** The smallest mandate under which the bot alone works. */
  needed: z.record(z.string(), z.unknown()),
  /** Most that can be lost in 24 h under the needed one, and under the one in force; null without one. */
  worstLoss: loss,
  worstLossInForce: loss.nullable(),
  /** What the mandate in force lacks; empty when it is enough. */
  missing: z.array(shortfall),
  /** The smallest widening that holds both, for the owner to sign; null when nothing is missing. */
  proposal: z.record(z.string(), z.unknown()).nullable(),
  worstLossProposed: loss.nullable(),
  /** Where the owner reads and signs it; null while the vault was never reached. */
  signAt: z.string().nullable(),
});
export type MandateCheck = z.infer<typeof mandateCheck>;

/** All but pair and reason are null where nothing would be ordered. `value` in quote. */
export const firstOrder = z.object({
  pair: pairName,
  side: side.nullable(),
  quantity: decimal.nullable(),
  limit: decimal.nullable(),
  value: decimal.nullable(),
  reason: z.string().nullable(),
});

export const checkAnswer = z.object({
  /** Whether the bot can be made and started as it is. */
  ok: z.boolean(),
  /** Completed with their defaults; null while one of them is at fault. */
  settings: z.record(z.string(), z.unknown()).nullable(),
  /** Everything that would be refused. `field` is a path in the settings, `funds.ASSET`, or null where it is of no one field. */
  faults: z.array(z.object({ field: z.string().nullable(), reason: z.string() })),
  /** Null while the settings cannot be read. */
  funds: z.array(z.object({ asset: assetName, needed: decimal, allotted: decimal, free: decimal })).nullable(),
  /** The dry run: what it would order at once, or why nothing, by pair; null for kinds that cannot say so before they start. */
  orders: z.array(firstOrder).nullable(),
  /** Null while the settings cannot be read or the vault does not answer. */
  mandate: mandateCheck.nullable(),
});
export type CheckAnswer = z.infer<typeof checkAnswer>;

// Suggestion: `POST /api/bots/suggest-grid`

export const suggestGrid = z.strictObject({
  pair: pairName,
  /** In the pair's quote; what is free of other bots when left out. */
  funds: positiveDecimal.optional(),
  days: z.int().min(1).max(40).optional(),
  feePercent: positiveDecimal.optional(),
});

export const suggestionAnswer = z.object({
  settings: z.record(z.string(), z.unknown()),
  meanMovePercent: decimal,
  stepPercent: decimal,
  feePercent: decimal,
  funds: decimal,
  candles: z.object({ interval: z.string(), count: z.int(), from: time }),
  /** What this grid would have made over finer candles of the same days, in quote; null where it cannot be played, with the reason. */
  backtest: z
    .object({
      intervalMs: z.int(),
      candles: z.int(),
      from: time,
      to: time,
      roundTrips: z.int(),
      /** Of the round trips. */
      realised: decimal,
      /** All that it had at the end, coins at the bid, less what it began with; fees are taken off. */
      profit: decimal,
      fees: decimal,
      /** Of the funds. */
      profitPercent: z.number(),
      drawdownPercent: z.number(),
      /** Of the price in the same time. */
      pricePercent: z.number(),
      warnings: z.array(z.string()),
    })
    .nullable(),
  backtestMissing: z.string().nullable(),
});
export type SuggestionAnswer = z.infer<typeof suggestionAnswer>;

// Copy, export, import

/** A bot as a file: what it is, nothing of what it did, and no secret. */
export const exportedBot = z.strictObject({
  /** Version of this form. */
  holdfastBot: z.literal(1),
  kind: z.string().min(1).max(40),
  name: z.string().min(1).max(200),
  pairs: z.array(pairName).max(200),
  settings: z.record(z.string(), z.unknown()),
  /** Asset to amount that was set aside for it. */
  funds: z.record(assetName, decimal),
});
export type ExportedBot = z.infer<typeof exportedBot>;

export const importBot = z.strictObject({
  bot: exportedBot.extend({ pairs: z.array(typedPair).max(200), funds: typedFunds }),
  name: z.string().trim().min(1).max(80).optional(),
  /** In place of the pairs of the file. */
  pairs: z.array(typedPair).min(1).max(200).optional(),
  /** Settings in place of those of the file, by field. */
  set: z.record(z.string(), z.unknown()).optional(),
  /** Yes to set aside what the file says; no, and when left out: what the settings need. */
  withFunds: z.boolean().optional(),
  /** Not when left out: what is brought in should be looked at first. */
  start: z.boolean().optional(),
});
export const copyBot = importBot.omit({ bot: true });

// Statistics

const sums = { deals: z.int(), won: z.int(), lost: z.int(), profit: decimal, fees: decimal };

export const statistics = z.object({
  quote: assetName,
  ...sums,
  best: decimal.nullable(),
  worst: decimal.nullable(),
  meanDurationMs: z.int().nullable(),
  /** Days of UTC, oldest first. */
  byDay: z.array(z.object({ day: z.string(), ...sums })),
  byPair: z.array(z.object({ pair: pairName, ...sums })),
  /** Deals newest first, at most 200; the others are in `GET /api/deals`. */
  byDeal: z.array(deal.pick({ id: true, bot: true, number: true, pair: true, closedAt: true, profit: true, fees: true })),
  /**
   * Share of the time since it was made in which something was at stake, in percent: a deal from its first fill until it closed, or coins
   * of a grid, of recurring buys or of rebalancing; null of no time.
   */
  timeInMarketPercent: decimal.nullable(),
  /** What is set aside, free and in orders. */
  funds: z.array(z.object({ asset: assetName, available: decimal, reserved: decimal })),
  /** Value of the funds in `quote`, oldest first, thinned; empty where a price is missing. */
  curve: z.array(z.object({ at: time, value: decimal })),
  /** Largest fall of that value from a peak, as a fraction of the peak. */
  drawdown: z.object({ fraction: decimal, fall: decimal, peakAt: time.nullable(), troughAt: time.nullable() }),
});
export type Statistics = z.infer<typeof statistics>;

/** Deals whose pair is priced in another asset are counted in a part of their own. */
export const statisticsAnswer = z.object({ statistics: z.array(statistics) });
export type StatisticsAnswer = z.infer<typeof statisticsAnswer>;

// Report: what the bot says of itself beyond its deal

const exit = z.object({ price: decimal, quantity: decimal, resting: z.boolean() });

export const botReport = z.object({
  deals: z.array(
    z.object({
      number: z.int(),
      pair: pairName,
      phase: z.enum(['entering', 'holding', 'closing']),
      held: decimal,
      averagePrice: decimal.nullable(),
      realised: decimal,
      /** Nearest first. */
      targets: z.array(exit),
      /** `notResting`: why no order for it rests at the exchange, so that the engine watches the price. */
      stopLoss: z.object({ price: decimal, resting: z.boolean(), notResting: z.string().nullable() }).nullable(),
      /** Best price since the last target was reached, while it is trailed. */
      trailedFrom: decimal.nullable(),
      /** What the owner has noted of it; it is written into the journal too. */
      note: z.string().nullable(),
    }),
  ),
  /** What cancelled deals left, or profit kept in the other asset: base, and the quote that it cost or brought; by pair. */
  kept: z.array(z.object({ pair: pairName, quantity: decimal, cost: decimal })),
  /** Of a grid; lines lowest first. */
  grid: z
    .object({
      trips: z.int(),
      gained: z.object({ base: decimal, quote: decimal }),
      realised: decimal,
      lines: z.array(
        z.object({
          line: z.int(),
          price: decimal,
          side: z.enum(['buy', 'sell']).nullable(),
          state: z.enum(['empty', 'resting', 'sent', 'waiting', 'refused']),
          quantity: decimal,
          filled: decimal,
          /** Why nothing rests there when something should. */
          trouble: z.string().nullable(),
          trips: z.int(),
          profit: decimal,
        }),
      ),
    })
    .nullable(),
});
export type BotReportView = z.infer<typeof botReport>;

// Signals

export const signalEntry = z.object({
  seq: z.int(),
  receivedAt: time,
  /** Name of the token that it came with. */
  token: z.string(),
  address: z.string(),
  bot: botId.nullable(),
  instrument: z.string().nullable(),
  price: decimal.nullable(),
  /** `waiting` for its time, `taken` by the bot, `refused`. */
  outcome: z.enum(['waiting', 'taken', 'refused']),
  code: z.string().nullable(),
  /** What the bot does with it, or why nothing. */
  reason: z.string().nullable(),
  /** How often the same came again. */
  repeats: z.int(),
});
export type SignalEntry = z.infer<typeof signalEntry>;

/** Newest first. `turnedAway`: messages that were no signal of anybody, counted by day, reason and address. */
export const signalsAnswer = z.object({
  signals: z.array(signalEntry),
  turnedAway: z.array(z.object({ day: z.string(), code: z.string(), address: z.string(), count: z.int() })),
});
export type SignalsAnswer = z.infer<typeof signalsAnswer>;
