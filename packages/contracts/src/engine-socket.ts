/**
 * The engine's command socket: newline-separated JSON on a Unix socket, requests in, answers out.
 *   E1  The answer to a command leaves after the commit of its effects.
 *   E2  A repeated id gets the answer of the first time; the same id with another command is refused (`command-id-reused`).
 *   E3  Unknown commands and unknown keys are refused (`command-malformed`).
 * A connection that sends `{subscribe:true}` also receives `EngineNotice` lines until it closes.
 */
import { z } from 'zod';
import { typedFunds, typedPair } from './api-values.ts';
import { guardChanges } from './guard-settings.ts';
import { signalAsk } from './webhook-ask.ts';

const decimal = z.string().regex(/^\d{1,30}(\.\d{1,18})?$/, 'a plain decimal such as "250" or "0.5"');
const pairText = z.string().regex(/^[A-Z0-9]{1,20}\/[A-Z0-9]{1,20}$/, 'a pair such as "BTC/USDT"');
const botId = z.string().regex(/^[a-z0-9]{1,12}$/, 'a bot id as `holdfast bot list` shows it');
const commandId = z.string().regex(/^[A-Za-z0-9._:-]{1,80}$/, 'an id of 1 to 80 letters, digits, ".", "_", ":" or "-"');

/** What is asked of a bot by name. `start` and `resume` let it open deals again; `stop` lets the open deal end first. */
export const botActions = [
  'start',
  'stop',
  'resume',
  'start-deal',
  'close-now',
  'cancel-deal',
  'release-kept',
  'delete',
] as const;
export type BotAction = (typeof botActions)[number];

const botCreate = z.strictObject({
  id: commandId,
  command: z.literal('bot-create'),
  name: z.string().min(1).max(200),
  /** Which strategy, such as "dca". */
  kind: z.string().min(1).max(40),
  /** What it trades: one pair, or several; both are left out where the settings name the pairs. */
  pair: typedPair.optional(),
  pairs: z.array(typedPair).min(1).max(200).optional(),
  /** As the strategy's own schema says; checked there. Amounts are decimal strings. */
  settings: z.record(z.string(), z.unknown()),
  /** Asset to amount set aside for this bot. Left out: what the settings need at most. */
  funds: typedFunds.optional(),
  start: z.boolean().default(true),
});
const dealNumber = z.int().min(1);
const botAction = z.strictObject({
  id: commandId,
  command: z.literal('bot-action'),
  bot: botId,
  action: z.enum(botActions),
  /** For one of several pairs, or for one open deal by its number; for all when left out. */
  pair: pairText.optional(),
  deal: dealNumber.optional(),
});
const percent = z.string().regex(/^\d{1,4}(\.\d{1,4})?$/, 'a percentage such as "1.5"');
/** What a person does to the open deal of a bot; the bot says what it refuses. */
export const dealAct = z.discriminatedUnion('name', [
  /** For so much quote; resting at `price`, at the market without. */
  z.strictObject({ name: z.literal('add-funds'), quote: decimal, price: decimal.optional() }),
  z.strictObject({ name: z.literal('cancel-added') }),
  z.strictObject({
    name: z.literal('edit-deal'),
    changes: z.strictObject({
      takeProfitPercent: percent.optional(),
      trailingPercent: percent.optional(),
      stopLossPercent: percent.optional(),
      averagingOrders: z.int().min(0).max(200).optional(),
      note: z.string().trim().max(500).optional(),
    }),
  }),
  // The rest is of a trade. Steps of its take profit count from 1.
  /** Sells so much base; resting at `price`, at the market without. */
  z.strictObject({ name: z.literal('reduce-funds'), quantity: decimal, price: decimal.optional() }),
  /** Sells a step at once. */
  z.strictObject({ name: z.literal('close-step'), step: z.int().min(1).max(100) }),
  /** Gives a step up; the others share what it would have sold. */
  z.strictObject({ name: z.literal('cancel-step'), step: z.int().min(1).max(100) }),
  /** Buys nothing more of the entry. */
  z.strictObject({ name: z.literal('cancel-entry') }),
  /** All settings anew, checked as at the start. */
  z.strictObject({ name: z.literal('edit'), settings: z.record(z.string(), z.unknown()) }),
]);
export type DealAct = z.infer<typeof dealAct>;

/** What a bot would need with these settings, and what would be refused; makes nothing. Answer: `EngineCheck`. */
const botCheck = botCreate.omit({ name: true, start: true }).extend({ command: z.literal('bot-check') });
/** A grid made from recent candles. Answer: `EngineGridSuggestion`. */
const gridSuggest = z.strictObject({
  id: commandId,
  command: z.literal('grid-suggest'),
  pair: pairText,
  /** In the pair's quote; what is free when left out. */
  funds: decimal.optional(),
  /** How far the candles go back. */
  days: z.int().min(1).max(40).default(7),
  feePercent: decimal.default('0.1'),
});

const dealActs = z.strictObject({
  id: commandId,
  command: z.literal('deal-act'),
  bot: botId,
  act: dealAct,
  pair: pairText.optional(),
  deal: dealNumber.optional(),
});
/** Gives a bot more of its owner's free funds, while it goes on or not. */
const botFund = z.strictObject({ id: commandId, command: z.literal('bot-fund'), bot: botId, funds: typedFunds });
const botList = z.strictObject({ id: commandId, command: z.literal('bot-list') });
const status = z.strictObject({ id: commandId, command: z.literal('status') });
/** Loads the text of a strategy's file and keeps it as a kind of bot; the answer names the kind. */
const strategyAdd = z.strictObject({ id: commandId, command: z.literal('strategy-add'), source: z.string().min(1).max(40_000) });
/** Changes the limits over all bots that are named; the others stay. */
const guardsSet = z.strictObject({ id: commandId, command: z.literal('guards-set'), changes: guardChanges });
/** Ends pauses and the day's stop. */
const guardsResume = z.strictObject({ id: commandId, command: z.literal('guards-resume') });
/** Compares the ledger with the exchange now. */
const reconcile = z.strictObject({ id: commandId, command: z.literal('reconcile') });
/** Copies the database, complete and consistent, to a new file. */
const backup = z.strictObject({ id: commandId, command: z.literal('backup'), file: z.string().min(1) });

/** A signal that the listener has let in; its outcome is a `SignalOutcome`, also when it is refused, and is kept with the id. */
const signal = z.strictObject({
  id: commandId,
  command: z.literal('signal'),
  /** Bots that the token is registered for; the pair of the message says which of them it is. */
  bots: z.array(botId).min(1).max(200),
  /** Name of the token, for the log. */
  source: z.string().min(1).max(60),
  /** `BTC/USDT` or an exchange's own spelling such as `BTCUSDT`; null where the message names none. */
  instrument: z.string().min(1).max(60).nullable(),
  price: decimal.nullable(),
  ask: signalAsk,
});

export const engineCommand = z.discriminatedUnion('command', [
  signal,
  botCreate,
  botCheck,
  gridSuggest,
  botAction,
  botFund,
  dealActs,
  botList,
  status,
  strategyAdd,
  guardsSet,
  guardsResume,
  reconcile,
  backup,
]);
export type EngineCommand = z.infer<typeof engineCommand>;
/** All that the door of the listener takes. */
export const engineSignal = signal;

/** What became of a signal: `code` null when it was taken, else why it was refused. */
export interface SignalOutcome {
  readonly bot: string | null;
  readonly code: string | null;
  /** One sentence: what the bot does, or why it does nothing. */
  readonly reason: string;
}

export const engineSubscribe = z.strictObject({ subscribe: z.literal(true) });

export const engineAnswer = z.discriminatedUnion('ok', [
  z.strictObject({ id: z.string(), ok: z.literal(true), result: z.unknown() }),
  z.strictObject({
    id: z.string(),
    ok: z.literal(false),
    error: z.strictObject({ code: z.string(), reason: z.string() }),
  }),
]);
export type EngineAnswer = z.infer<typeof engineAnswer>;

/** What has changed in the database since the notice before; readers then read it again. */
export const engineTopics = ['bots', 'deals', 'orders', 'fills', 'equity', 'events', 'candles', 'status'] as const;
export type EngineTopic = (typeof engineTopics)[number];

export const engineNotice = z.strictObject({
  changed: z.array(z.enum(engineTopics)),
  /** The newest prices of one pair, in quote; at most about ten a second per pair. `at` is unix ms of the exchange. */
  tick: z.strictObject({ pair: pairText, last: z.string(), bid: z.string(), ask: z.string(), at: z.number() }).optional(),
  /** The one-minute candle being formed; on each change, with the tick. */
  candle: z
    .strictObject({
      pair: pairText,
      openTime: z.number(),
      open: z.string(),
      high: z.string(),
      low: z.string(),
      close: z.string(),
      volume: z.string(),
      closed: z.boolean(),
    })
    .optional(),
});
export type EngineNotice = z.infer<typeof engineNotice>;

/** Answer to `status`. */
export interface EngineStatus {
  readonly pid: number;
  readonly rssBytes: number;
  readonly account: string;
  /** Time of the exchange, unix ms; null before the first word from it. */
  readonly time: number | null;
  readonly vault: { readonly connected: boolean; readonly reason: string | null };
  readonly exchange: { readonly connected: boolean; readonly reason: string | null };
  readonly bots: { readonly total: number; readonly running: number; readonly waiting: number };
  readonly deals: { readonly open: number; readonly closed: number };
  /** Intents planned that have no verdict yet. */
  readonly outbox: number;
  readonly ledgerMatchesExchange: LedgerMatch;
}

/** Whether ledger and exchange hold the same of each asset, to the last digit. `matches` null: not compared yet. */
export interface LedgerMatch {
  readonly matches: boolean | null;
  /** Exchange time at which it was compared. */
  readonly at: number | null;
  readonly differences: readonly { readonly asset: string; readonly ledger: string; readonly exchange: string }[];
}

/** One bot as `bot-list`, `bot-create` and `bot-action` answer it. */
export interface EngineBot {
  readonly id: string;
  readonly name: string;
  readonly kind: string;
  readonly pairs: readonly string[];
  readonly status: 'running' | 'stopping' | 'stopped';
  /** Why it does nothing at the moment, in one sentence; null when it runs as it should. */
  readonly waitingFor: string | null;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly funds: Readonly<Record<string, string>>;
  readonly createdAt: number;
  readonly deals: { readonly open: number; readonly closed: number };
}

/** Answer to `bot-check`. Amounts are decimal strings. What could not be said because of a fault is null. */
export interface EngineCheck {
  /** Settings completed with their defaults. */
  readonly settings: Readonly<Record<string, unknown>> | null;
  /** Everything that would be refused; `field` is a path in the settings, or `funds`, null where it is of no one field. */
  readonly faults: readonly { readonly field: string | null; readonly reason: string }[];
  /** Per asset that it takes: needed at least, what it would get, and what is free of other bots. */
  readonly funds:
    | readonly { readonly asset: string; readonly needed: string; readonly allotted: string; readonly free: string }[]
    | null;
  readonly needs: EngineMandateNeeds | null;
  /** The dry run: what it would order at once, or why nothing, by pair; null for kinds that cannot say so before they start. */
  readonly orders: readonly EngineFirstOrder[] | null;
}

/** An order that a bot would place first; all but pair and reason are null where it would place none. `value` in quote. */
export interface EngineFirstOrder {
  readonly pair: string;
  readonly side: 'buy' | 'sell' | null;
  readonly quantity: string | null;
  readonly limit: string | null;
  readonly value: string | null;
  readonly reason: string | null;
}

/** The smallest mandate that a bot works under, in the mandate's words; money in quote. */
export interface EngineMandateNeeds {
  readonly pairs: readonly {
    readonly pair: string;
    readonly sides: readonly string[];
    readonly orders: readonly string[];
    readonly maxOrderQuote: string;
    readonly maxOrderBase: string;
    readonly maxPositionQuote: string;
    readonly floor: string;
    readonly ceiling: string;
    readonly maxSellHeldBase24h: string;
  }[];
  readonly turnover24h: string;
  readonly openOrders: number;
  readonly maxOpenQuote: string;
}

/** Answer to `grid-suggest`. */
export interface EngineGridSuggestion {
  readonly settings: Readonly<Record<string, unknown>>;
  /** What an hour moves on average, (high - low) / close, and the step between two lines, in percent. */
  readonly meanMovePercent: string;
  readonly stepPercent: string;
  readonly feePercent: string;
  /** In quote. */
  readonly funds: string;
  /** The candles it was made from: `interval`, how many, and when the first opened. */
  readonly candles: { readonly interval: string; readonly count: number; readonly from: number };
  /** Finer candles of the same days, oldest first, and the exchange's rules: what the grid would have made can be played on them. */
  readonly tape: {
    readonly intervalMs: number;
    /** Open time, then open, high, low, close and volume as decimals. */
    readonly rows: readonly (readonly [number, string, string, string, string, string])[];
    /** As the engine stores them. */
    readonly rules: Readonly<Record<string, unknown>>;
  };
}
