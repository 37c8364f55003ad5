/** What a trade says about itself. */
import {
  type Amount,
  baseOf,
  divide,
  formatAmount,
  type LadderLevel,
  type OpenDeal,
  type PairReport,
  priceAmount,
  quoteOf,
  type Ticks,
  unit,
  zero,
} from '@holdfast/domain';
import { held } from '../orders/sub-book.ts';
import { stopPrice, targetPrice } from './arithmetic.ts';
import { termsOf } from './change.ts';
import { entryTrigger, isCovered, restingStop, turnDown } from './observe.ts';
import type { TradeSettings } from './settings.ts';
import type { TradeState } from './state.ts';
import { pairing, stopRests } from './wanted.ts';

const nothing = { quantity: zero, cost: zero };

export function report(first: TradeSettings, state: TradeState): PairReport {
  const settings = termsOf(first, state);
  const [base, quote] = [baseOf(settings.pair), quoteOf(settings.pair)];
  const isOver = state.closed !== null;
  const isKept = isOver && ['cancelled', 'bought'].includes(state.closed.ending);
  return {
    state: isOver ? 'stopped' : 'deal-open',
    waitingFor: waitingFor(settings, state),
    deal: isOver ? null : openDeal(settings, state),
    dealsClosed: isOver ? 1 : 0,
    realised: (state.proceeds - state.soldCost) as Amount,
    holdings: [
      { asset: quote, amount: held(state.book, quote) },
      { asset: base, amount: held(state.book, base) },
    ],
    dust: isOver && !isKept ? state.held : nothing,
    kept: isKept ? state.held : nothing,
  };
}

function openDeal(settings: TradeSettings, state: TradeState): OpenDeal {
  const ladder = state.steps.flatMap((_, index) => stepLevel(settings, state, index));
  const next = ladder.find((level) => level.state !== 'filled');
  return {
    number: 1,
    pair: settings.pair,
    openedAt: state.startedAt ?? (0 as NonNullable<TradeState['startedAt']>),
    phase: state.exit !== null ? 'closing' : state.held.quantity === 0n ? 'entering' : 'holding',
    held: state.held.quantity,
    cost: state.held.cost,
    averagePrice: state.held.quantity === 0n ? null : (divide(state.held.cost * unit, state.held.quantity, 'up') as Amount),
    realised: (state.proceeds - state.soldCost) as Amount,
    takeProfit:
      next === undefined
        ? null
        : { price: next.price, quantity: (next.quantity - next.filled) as Amount, clientOrderId: next.clientOrderId },
    targets: ladder
      .filter((level) => level.state === 'waiting' || level.state === 'resting')
      .map(({ price, quantity, filled, clientOrderId }) => ({ price, quantity: (quantity - filled) as Amount, clientOrderId })),
    stopLoss: stopOf(settings, state),
    ladder,
  };
}

function stopOf(settings: TradeSettings, state: TradeState): NonNullable<OpenDeal['stopLoss']> | null {
  const level = stopPrice(settings, state);
  if (level === null) return null;
  const resting = restingStop(state);
  return {
    price: priceAmount(level, state.rules),
    clientOrderId: resting?.id ?? null,
    notResting: resting === undefined ? stopHow(settings, state) : null,
  };
}

/** The steps out as levels, 1 the first take profit; `waiting` means watched, not resting. */
function stepLevel(settings: TradeSettings, state: TradeState, index: number): readonly LadderLevel[] {
  const step = state.steps[index] as TradeState['steps'][number];
  const price = targetPrice(step, state.basis, settings, state.rules);
  if (price === null) return [];
  const order = state.orders.find(({ role, step: of }) => role === 'take-profit' && of === index);
  return [
    {
      index: index + 1,
      price: priceAmount(price, state.rules),
      quantity: (step.sold + step.left) as Amount,
      filled: step.sold,
      state: order !== undefined ? 'resting' : step.over ? 'filled' : 'waiting',
      clientOrderId: order?.id ?? null,
    },
  ];
}

const endings = {
  'take-profit': 'it took its profit',
  'stop-loss': 'its stop loss sold it',
  closed: 'it was closed at the market',
  cancelled: 'it was cancelled and its coins are kept',
  'no-entry': 'nothing was bought',
  'too-small': "what it holds is below the exchange's smallest order",
  bought: 'it has bought what it was to buy',
  'timed-out': 'its time was over',
  condition: 'its conditions held',
} as const;

function waitingFor(settings: TradeSettings, state: TradeState): string {
  const { pair } = settings;
  if (state.closed !== null) {
    const because = state.stoppedBecause;
    return `nothing: ${endings[state.closed.ending as keyof typeof endings]}${because === null ? '' : `; ${because.reason} (${because.code})`}`;
  }
  if (state.halted) return `trading of ${pair} to go on; the exchange has halted it`;
  const unknown = state.orders.find(({ status }) => status === 'unknown');
  if (unknown !== undefined) return `the vault to find out what became of order ${unknown.id}`;
  const ended = state.orders.find(({ status }) => status === 'ended');
  if (ended !== undefined)
    return `the last fill of order ${ended.id}: ${formatAmount(ended.filled)} of ${formatAmount(ended.filledMustBe ?? ended.filled)} are known`;
  if (state.startedAt === null) return `a price of ${pair}`;
  const parts = [...entryWaits(settings, state), ...exitWaits(settings, state), ...holdupWaits(state)];
  return parts.length === 0 ? `${state.orders.length} orders to be answered` : parts.join('; ');
}

function entryWaits(settings: TradeSettings, state: TradeState): readonly string[] {
  const { pair } = settings;
  const parts: string[] = [];
  const trigger = entryTrigger(settings, state);
  const at = trigger === null ? '' : ` ${text(trigger, state)}`;
  if (state.exit === null && state.entry.phase === 'waiting') {
    if (settings.entry === 'conditional')
      parts.push(
        `the ${settings.entryOf} price of ${pair} ${settings.entryWhen === 'at-or-above' ? 'at or above' : 'at or below'}${at} to buy`,
      );
    else if (state.entry.low === null) parts.push(`${pair} at or below${at} to follow it down`);
    else parts.push(`${pair} to turn up from its lowest of ${text(state.entry.low, state)} to buy`);
  }
  for (const { side, limit, quantity, filled } of state.orders)
    if (side === 'buy') parts.push(`${pair} at ${formatAmount(limit)} to buy ${formatAmount(quantity - filled)} ${baseOf(pair)}`);
  return parts;
}

function exitWaits(settings: TradeSettings, state: TradeState): readonly string[] {
  if (state.held.quantity === 0n) return [];
  if (state.exit !== null)
    return state.orders.length === 0
      ? ['the sale to be tried again']
      : [`${state.orders.length} orders to be answered before all is sold`];
  const parts: string[] = [];
  for (const [index, step] of state.steps.entries()) {
    const price = targetPrice(step, state.basis, settings, state.rules);
    if (step.over || step.left === 0n || price === null) continue;
    const rests = state.orders.some(({ role, step: of }) => role === 'take-profit' && of === index);
    const how =
      step.peak !== null
        ? `trailing, sells at ${text(turnDown(step.peak, step.trailing), state)}`
        : rests
          ? 'rests'
          : 'not resting';
    parts.push(`${text(price, state)} for step ${index + 1} (${how})`);
  }
  const level = stopPrice(settings, state);
  if (level !== null) parts.push(`${text(level, state)} for the stop loss (${stopHow(settings, state)})`);
  return parts;
}

function stopHow(settings: TradeSettings, state: TradeState): string {
  const level = stopPrice(settings, state);
  if (restingStop(state) !== undefined)
    return level === null || isCovered(state, level) ? 'rests' : 'rests for a part; the engine watches the rest';
  if (state.stop.cannotRest !== null) return `not resting: ${state.stop.cannotRest}`;
  if (state.stop.since !== null)
    return `not resting; sells ${time(state.stop.since + (settings.stopLoss?.timeoutMs ?? 0))} unless the price comes back`;
  if (stopRests(settings, state) || pairing(settings, state, undefined) !== null) return 'not resting yet';
  const { cannotPair } = state.stop;
  return `not resting: the engine watches it${cannotPair === undefined ? '' : `; with the take profits: ${cannotPair}`}`;
}

const holdupWaits = (state: TradeState): readonly string[] =>
  (Object.entries(state.holdups) as [string, TradeState['holdups']['exit']][]).flatMap(([part, holdup]) =>
    holdup === null || (part === 'entry' && state.entry.phase === 'over')
      ? []
      : [`the ${part} is tried again from ${time(holdup.at)}: ${holdup.reason}`],
  );

const text = (price: Ticks, state: TradeState): string => formatAmount(priceAmount(price, state.rules));

/** Unix ms as `2026-11-21 06:30:00 UTC`. */
const time = (at: number): string => `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
