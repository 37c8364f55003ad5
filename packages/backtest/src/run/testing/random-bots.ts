/** Random settings of every kind of bot, and random assumptions, around one price. Tests only. */
import { amount } from '@holdfast/domain';
import { usualAssumptions } from '../assumptions.ts';
import type { Assumptions } from '../result.ts';

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
  profitIn: pick(next, ['given', 'given', 'received']),
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

const targets = ['', '0.5%:50, 1%:50', '0.3%:100:limit:0.1', '1%:40:market, 1.5%:60', '2%:100'];

const trade = (next: Chance): object => {
  const entry = pick(next, ['market', 'limit', 'conditional', 'trailing']);
  return {
    entry,
    size: '500',
    ...(entry === 'limit' || entry === 'conditional' ? { entryPrice: between(next, 980, 1010) } : {}),
    ...(entry === 'trailing' ? { entryTrailingPercent: between(next, 0.05, 0.5) } : {}),
    entryWhen: pick(next, ['at-or-below', 'at-or-above']),
    takeProfits: pick(next, targets),
    stopLossPercent: between(next, 0.3, 2),
    stopLossTrailing: next() < 0.5,
    stopLossOrder: pick(next, ['market', 'limit']),
    rests: pick(next, ['stop-loss', 'take-profit']),
  };
};

const makers: Readonly<Record<string, (next: Chance) => object>> = { dca, grid, recurring, trade };
export const randomKinds = Object.keys(makers);

/** Schemas of settings by kind (contracts/bot-settings). */
export type Schemas = Readonly<Record<string, { safeParse(value: unknown): { success: boolean; data?: unknown } }>>;

/** Settings that the schema takes; what it refuses is drawn again. */
export function randomSettings(kind: string, next: Chance, schemas: Schemas): unknown {
  for (let tries = 0; tries < 200; tries++) {
    const parsed = schemas[kind]!.safeParse(makers[kind]!(next));
    if (parsed.success) return parsed.data;
  }
  throw new Error(`no settings of ${kind} are taken`);
}

export const randomAssumptions = (next: Chance): Assumptions => ({
  ...usualAssumptions,
  path: next() < 0.25 ? 'adverse' : 'published',
  fill: next() < 0.3 ? 'through' : 'touch',
  spreadTicks: pick(next, [1, 1, 3, 20]),
  makerFee: amount(pick(next, ['0.001', '0', '0.00075'])),
  feeIn: next() < 0.2 ? 'quote' : 'received',
  slippageTicks: pick(next, [0, 0, 2]),
  volumeShare: pick(next, [1, 0.05, null]),
  latencyMs: pick(next, [0, 0, 250, 20_000, 75_000]),
  depth: next() < 0.3 ? 'best' : 'house',
  seed: Math.floor(next() * 1000),
});
