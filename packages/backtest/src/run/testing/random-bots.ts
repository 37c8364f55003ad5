/** Random settings of every kind of bot, and random assumptions, around one price. Tests only. */
import { type Amount, amount, type BotCommand, type EpochMs, type Pair, type SignalAsk } from '@holdfast/domain';
import { usualAssumptions } from '../assumptions.ts';
import type { Assumptions, Outside } from '../result.ts';
import { ownSettings } from './own-bot.ts';

const minuteMs = 60_000;

export type Chance = () => number;

const pick = <Value>(next: Chance, values: readonly Value[]): Value => values[Math.floor(next() * values.length)]!;
const between = (next: Chance, least: number, most: number, places = 2): string =>
  (least + next() * (most - least)).toFixed(places);

const conditions = ['rsi(7) 1m < 45', 'rsi(14) 5m < 40', 'price 1m > 1000', 'rsi(7) 3m > 55'];

const dca = (next: Chance): object => ({
  baseOrderSize: '100',
  baseOrderType: pick(next, ['market', 'limit']),
  repriceSeconds: pick(next, [5, 15, 60]),
  averagingOrderSize: between(next, 20, 150),
  averagingOrders: Math.floor(next() * 6),
  averagingOrdersActive: 1 + Math.floor(next() * 5),
  stepPercent: between(next, 0.1, 1),
  stepMultiplier: pick(next, ['1', '1.3', '0.9']),
  sizeMultiplier: pick(next, ['1', '1.4']),
  takeProfitPercent: between(next, 0.1, 1),
  trailingPercent: pick(next, ['0', '0', '0.1', '0.3']),
  stopLossPercent: pick(next, ['0', '0', '1', '2.5']),
  stopTrailing: false,
  stopTimeoutSeconds: pick(next, [0, 0, 0, 45, 300]),
  restsFirst: pick(next, ['stop-loss', 'take-profit']),
  dealTimeoutSeconds: pick(next, [0, 0, 3600, 20_000]),
  cooldownSeconds: pick(next, [0, 7, 60, 615]),
  start: pick(next, ['at-once', 'conditions']),
  startConditions: pick(next, conditions),
  averagingConditions: pick(next, ['', '', pick(next, conditions)]),
  closeConditions: pick(next, ['', '', '', 'rsi(14) 5m > 60']),
  profitIn: pick(next, ['given', 'given', 'base']),
  slippagePercent: pick(next, ['0', '0.05', '0.3']),
  reinvestPercent: pick(next, ['0', '100']),
});

const grid = (next: Chance): object => ({
  lowerPrice: between(next, 950, 990),
  upperPrice: between(next, 1010, 1060),
  lines: 4 + Math.floor(next() * 60),
  amountPerLine: between(next, 20, 200),
  spacing: pick(next, ['arithmetic', 'geometric']),
  profitIn: pick(next, ['quote', 'base']),
  activeBuyLines: 1 + Math.floor(next() * 30),
  activeSellLines: 1 + Math.floor(next() * 30),
  trailingUp: next() < 0.3,
  trailingDown: next() < 0.3,
  ...(next() < 0.3 ? { stopLowerPrice: between(next, 920, 945) } : {}),
});

const recurring = (next: Chance): object => ({
  size: between(next, 10, 200),
  schedule: pick(next, ['*/7 * * * *', '3 * * * *', '30 9 * * *']),
  maxPrice: pick(next, ['0', '1000', '995']),
  aboveMaxPrice: 'skip',
  slippagePercent: pick(next, ['0', '0.3']),
});

const targets = [
  '',
  '0.5%:50, 1%:50',
  '0.3%:100:limit:0.1',
  '1%:40:market, 1.5%:60',
  '0.6%:100:market:0:last',
  '2%:100',
  '0.3%:100:limit:1.5 quote',
];

const trade = (next: Chance): object => {
  const entry = pick(next, ['market', 'limit', 'conditional', 'trailing']);
  return {
    entry,
    size: '500',
    ...(entry === 'limit' || entry === 'conditional' ? { entryPrice: between(next, 980, 1010) } : {}),
    ...(entry === 'trailing'
      ? { [pick(next, ['entryTrailingPercent', 'entryTrailingDistance'])]: between(next, 0.05, 0.5) }
      : {}),
    ...(entry === 'conditional' ? { entryHoldSeconds: pick(next, [0, 0, 90]) } : {}),
    ...(entry === 'limit' ? { entryTimeInForce: pick(next, ['gtc', 'gtc', 'post-only', 'ioc', 'fok']) } : {}),
    entryPriceOf: pick(next, ['last', 'last', 'bid', 'ask']),
    entryWhen: pick(next, ['at-or-below', 'at-or-above']),
    takeProfits: pick(next, targets),
    ...(next() < 0.7 ? { stopLossPercent: between(next, 0.3, 2) } : { stopLossDistance: between(next, 3, 20) }),
    stopLossTrailing: next() < 0.5,
    stopLossOrder: pick(next, ['market', 'limit']),
    rests: pick(next, ['stop-loss', 'take-profit']),
  };
};

/** A trade that sells coins and buys them back. */
const cover = (next: Chance): object => ({
  ...trade(next),
  direction: 'short',
  profitIn: pick(next, ['quote', 'base']),
  ...(next() < 0.5 ? { sizeIn: 'base', size: '0.5' } : {}),
  stopLossPriceOf: pick(next, ['last', 'last', 'ask']),
});

const signal = (next: Chance): object => ({
  direction: pick(next, ['long', 'long', 'short', 'both']),
  size: between(next, 20, 200),
  maxEntryQuote: '500',
  maxInvestmentQuote: pick(next, ['500', '1500']),
  maxEntries: pick(next, [1, 3]),
  addStepPercent: pick(next, ['0', '0.2']),
  cooldownSeconds: pick(next, [0, 90]),
  takeProfitPercent: pick(next, ['0', between(next, 0.2, 1)]),
  takeProfitSteps: pick(next, ['', '', '0.3:50, 0.7:50', '0.25:40:market, 0.5:30, 0.9:30']),
  takeProfitTrailingPercent: pick(next, ['0', '0.15']),
  stopLossPercent: between(next, 0.3, 2),
  stopLossTrailing: next() < 0.4,
  minProfitPercent: pick(next, ['0', '0', '0.1']),
  limitSeconds: pick(next, [30, 600]),
});

const severalSignals = (next: Chance): object => ({ ...signal(next), positionsAtOnce: pick(next, [1, 2, 3]) });

const shares = ['40', '35', '25', '0'];
const partsOf = (pairs: readonly string[], rest: string): string =>
  pairs.map((pair, at) => `${pair}:${at === 0 ? rest : shares[at]}`).join(', ');

const rebalance = (next: Chance, pairs: readonly string[]): object => ({
  // What the others and the cash leave is the first one's.
  targets: partsOf(pairs, String(100 - 20 - (pairs.length > 1 ? 35 : 0) - (pairs.length > 2 ? 25 : 0))),
  cashPercent: '20',
  schedule: pick(next, ['', '*/20 * * * *', '5 * * * *']),
  thresholdPercent: between(next, 0.2, 1.5),
  checkInterval: pick(next, ['1m', '5m', '15m']),
  minTrade: pick(next, ['1', '10']),
});

const basket = (next: Chance, pairs: readonly string[]): object => ({
  ...recurring(next),
  size: '100',
  maxPrice: '0',
  basket: partsOf(pairs, String(100 - (pairs.length > 1 ? 35 : 0) - (pairs.length > 2 ? 25 : 0))),
});

type Maker = (next: Chance, pairs: readonly string[]) => object;

/** A kind of bot under test: how many pairs it trades, and whether it is called from outside. */
export interface RandomKind {
  readonly kind: string;
  readonly make: Maker;
  readonly pairs: number;
  readonly outside: 'none' | 'commands' | 'signals';
}

const severalDca: Maker = (next) => ({ ...dca(next), dealsAtOnce: 1 + Math.floor(next() * 3) });
const severalDeals: Maker = (next) => {
  const dealsPerPair = 2 + Math.floor(next() * 2);
  return {
    ...dca(next),
    dealsPerPair,
    dealsAtOnce: dealsPerPair + Math.floor(next() * 3),
    dealStepPercent: pick(next, ['0', between(next, 0.1, 1)]),
  };
};
const alone = { pairs: 1, outside: 'none' } as const;

export const randomKinds: Readonly<Record<string, RandomKind>> = {
  dca: { kind: 'dca', make: dca, ...alone },
  'dca under command': { kind: 'dca', make: dca, pairs: 1, outside: 'commands' },
  'dca of several pairs': { kind: 'dca', make: severalDca, pairs: 3, outside: 'none' },
  'dca of several deals on a pair': { kind: 'dca', make: severalDeals, pairs: 1, outside: 'commands' },
  'dca of several deals on several pairs': { kind: 'dca', make: severalDeals, pairs: 2, outside: 'none' },
  grid: { kind: 'grid', make: grid, ...alone },
  'grid under command': { kind: 'grid', make: grid, pairs: 1, outside: 'commands' },
  recurring: { kind: 'recurring', make: recurring, ...alone },
  'recurring of a basket': { kind: 'recurring', make: basket, pairs: 3, outside: 'none' },
  rebalance: { kind: 'rebalance', make: rebalance, pairs: 3, outside: 'none' },
  'rebalance of one pair': { kind: 'rebalance', make: rebalance, ...alone },
  signal: { kind: 'signal', make: signal, pairs: 1, outside: 'signals' },
  'signal of several pairs': { kind: 'signal', make: severalSignals, pairs: 3, outside: 'signals' },
  trade: { kind: 'trade', make: trade, ...alone },
  'trade under command': { kind: 'trade', make: trade, pairs: 1, outside: 'commands' },
  'trade that is short': { kind: 'trade', make: cover, ...alone },
  'trade that is short under command': { kind: 'trade', make: cover, pairs: 1, outside: 'commands' },
  own: { kind: 'own', make: ownSettings, ...alone },
};

const none = { targets: null, stop: null };
const side = (next: Chance): 'long' | 'short' => pick(next, ['long', 'long', 'short']);
const asks: readonly ((next: Chance) => SignalAsk)[] = [
  (next) => ({ kind: 'enter', direction: side(next), size: null, limit: null, exits: none }),
  (next) => ({
    kind: 'enter',
    direction: side(next),
    size: { amount: amount(between(next, 20, 300)), of: 'quote' },
    limit: { kind: 'percent', percent: amount(pick(next, ['-0.1', '0.1'])), from: 'current' },
    exits: { targets: null, stop: { order: 'market', percent: amount('0.8'), trailing: 0n as Amount } },
  }),
  (next) => ({ kind: 'exit', direction: side(next), size: null }),
  (next) => ({ kind: 'exit', direction: side(next), size: { amount: amount('50'), of: 'position' } }),
  (next) => ({ kind: 'disable', open: pick(next, ['close', 'cancel', 'leave']) }),
  () => ({ kind: 'enable' }),
];

const commands: readonly ((next: Chance) => BotCommand)[] = [
  () => ({ name: 'start-deal' }),
  () => ({ name: 'stop' }),
  () => ({ name: 'resume' }),
  () => ({ name: 'resume' }),
  () => ({ name: 'close-now' }),
  () => ({ name: 'cancel-deal' }),
  (next) => ({ name: 'add-funds', amount: amount('50'), limit: pick(next, [null, amount('990')]) }),
  () => ({ name: 'cancel-added' }),
];

const tradeCommands: readonly ((next: Chance) => BotCommand)[] = [
  (next) => ({ name: 'reduce-funds', quantity: amount('0.05'), limit: pick(next, [null, amount('1010')]) }),
  (next) => ({ name: 'add-funds', amount: amount('50'), limit: pick(next, [null, amount('990')]) }),
  () => ({ name: 'close-step', step: 1 }),
  () => ({ name: 'cancel-step', step: 1 }),
  () => ({ name: 'cancel-entry' }),
  () => ({ name: 'close-now' }),
];

/** Words from outside, some of them at the time of a tick. A signal to a bot of several of `traded` names one of them, as a rule. */
export function randomOutside(
  next: Chance,
  { kind, outside, pairs }: RandomKind,
  from: number,
  to: number,
  traded: readonly string[],
): readonly Outside[] {
  if (outside === 'none') return [];
  const count = Math.max(4, Math.floor((to - from) / minuteMs / 25));
  const times = Array.from(
    { length: count },
    () => from + Math.floor((next() * (to - from)) / 15_000) * 15_000 + pick(next, [0, 777]),
  );
  return times
    .sort((a, b) => a - b)
    .map((at, n): Outside => {
      const when = { at: at as EpochMs };
      if (outside === 'commands')
        return { ...when, kind: 'command', command: pick(next, kind === 'trade' ? tradeCommands : commands)(next) };
      const of = pairs > 1 && next() < 0.95 ? { pair: pick(next, traded.slice(0, pairs)) as Pair } : {};
      return { ...when, ...of, kind: 'signal', signal: { id: `signal-${n}`, price: null, ask: pick(next, asks)(next) } };
    });
}

/** Schemas of settings by kind (contracts/bot-settings). */
export type Schemas = Readonly<Record<string, { safeParse(value: unknown): { success: boolean; data?: unknown } }>>;

/** Settings that the schema takes; what it refuses is drawn again. */
export function randomSettings({ kind, make }: RandomKind, next: Chance, pairs: readonly string[], schemas: Schemas): unknown {
  const schema = schemas[kind];
  if (schema === undefined) return make(next, pairs);
  for (let tries = 0; tries < 200; tries++) {
    const parsed = schema.safeParse(make(next, pairs));
    if (parsed.success) return parsed.data;
  }
  throw new Error(`no settings of ${kind} are taken`);
}

export const randomAssumptions = (next: Chance): Assumptions => ({
  ...usualAssumptions,
  path: next() < 0.25 ? 'adverse' : 'published',
  fill: pick(next, ['through', 'touch', 'touch', 'queue']),
  spreadTicks: pick(next, [1, 1, 3, 20]),
  makerFee: amount(pick(next, ['0.001', '0', '0.00075'])),
  feeIn: next() < 0.2 ? 'quote' : 'received',
  slippageTicks: pick(next, [0, 0, 2]),
  volumeShare: pick(next, [1, 0.05, null]),
  latencyMs: pick(next, [0, 0, 250, 20_000, 75_000]),
  depth: next() < 0.3 ? 'best' : 'house',
  seed: Math.floor(next() * 1000),
  gaps: next() < 0.3 ? 'open' : 'own',
  stops: next() < 0.3 ? 'trigger' : 'path',
});
