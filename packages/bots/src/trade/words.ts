/** What a trade says it waits for. */
import { baseOf, formatAmount, priceAmount, type Ticks, utcText } from '@holdfast/domain';
import { wayOf } from '../orders/direction.ts';
import { givenUpText } from '../orders/given-up.ts';
import { tooFarText } from '../orders/too-far.ts';
import { stopPrice, targetPrice } from './arithmetic.ts';
import { entryTrigger, exitTurn, isCovered, restingStop } from './observe.ts';
import type { TradeSettings } from './settings.ts';
import type { TradeState } from './state.ts';
import { pairing, stopRests } from './wanted.ts';

const endings: Readonly<Record<string, string>> = {
  'take-profit': 'it took its profit',
  'stop-loss': 'its stop loss sold it',
  closed: 'it was closed at the market',
  cancelled: 'it was cancelled and its coins are kept',
  'no-entry': 'nothing was bought',
  'too-small': "what it holds is below the exchange's smallest order",
  bought: 'it has bought what it was to buy',
  'timed-out': 'its time was over',
  condition: 'its conditions held',
};

const endingsOfShort: Readonly<Record<string, string>> = {
  'stop-loss': 'its stop loss bought back',
  cancelled: 'it was cancelled and what its coins brought is kept',
  'no-entry': 'nothing was sold',
  'too-small': "what it would buy back is below the exchange's smallest order",
  bought: 'it has sold what it was to sell',
};

export function waitingFor(settings: TradeSettings, state: TradeState): string {
  const { pair } = settings;
  if (state.closed !== null) {
    const because = state.stoppedBecause;
    const words = { ...endings, ...(settings.direction === 'short' ? endingsOfShort : {}) };
    return `nothing: ${words[state.closed.ending]}${because === null ? '' : `; ${because.reason} (${because.code})`}`;
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
  const { entry, sign } = wayOf(settings);
  const [toward, turn, extreme, follow] = sign === 1 ? ['below', 'up', 'lowest', 'down'] : ['above', 'down', 'highest', 'up'];
  const parts: string[] = [];
  const trigger = entryTrigger(settings, state);
  const at = trigger === null ? '' : ` ${text(trigger, state)}`;
  if (state.exit === null && state.entry.phase === 'waiting') {
    if (settings.entry === 'conditional')
      parts.push(
        `the ${settings.entryOf} price of ${pair} ${settings.entryWhen === 'at-or-above' ? 'at or above' : 'at or below'}${at} to ${entry}`,
      );
    else if (state.entry.low === null) parts.push(`${pair} at or ${toward}${at} to follow it ${follow}`);
    else parts.push(`${pair} to turn ${turn} from its ${extreme} of ${text(state.entry.low, state)} to ${entry}`);
  }
  const hasOrder = state.orders.some(({ role }) => role === 'entry');
  if (state.entry.phase === 'working' && settings.entryTimeInForce === 'post-only' && !hasOrder)
    parts.push(`${pair} to leave the limit of the entry, which is not to take`);
  for (const { side, limit, quantity, filled } of state.orders)
    if (side === entry)
      parts.push(`${pair} at ${formatAmount(limit)} to ${entry} ${formatAmount(quantity - filled)} ${baseOf(pair)}`);
  return parts;
}

function exitWaits(settings: TradeSettings, state: TradeState): readonly string[] {
  if (state.held.quantity === 0n) return [];
  const way = wayOf(settings);
  if (state.exit !== null)
    return state.orders.length === 0
      ? [`the ${way.exit === 'sell' ? 'sale' : 'purchase'} to be tried again`]
      : [`${state.orders.length} orders to be answered before all is ${way.exit === 'sell' ? 'sold' : 'bought back'}`];
  const parts: string[] = [];
  for (const [index, step] of state.steps.entries()) {
    const price = targetPrice(step, state.basis, settings, state.rules);
    if (step.over || step.left === 0n || price === null) continue;
    const rests = state.orders.some(({ role, step: of }) => role === 'take-profit' && of === index);
    const how =
      step.peak !== null
        ? `trailing, ${way.exit}s at ${text(exitTurn(way, step.peak, step, state), state)}`
        : rests
          ? 'rests'
          : 'not resting';
    parts.push(`${text(price, state)} for step ${index + 1} (${how})`);
  }
  const level = stopPrice(settings, state);
  if (level !== null) parts.push(`${text(level, state)} for the stop loss (${stopHow(settings, state)})`);
  return parts;
}

/** Whether the stop rests, and if not why. */
export function stopHow(settings: TradeSettings, state: TradeState): string {
  const level = stopPrice(settings, state);
  if (restingStop(state) !== undefined)
    return level === null || isCovered(settings, state, level) ? 'rests' : 'rests for a part; the engine watches the rest';
  if (state.stop.cannotRest !== null) return `not resting: ${state.stop.cannotRest}${givenUpText(state.stop.givenUp)}`;
  if (state.stop.tooFar !== undefined) return `not resting: ${tooFarText(state.stop.tooFar)}`;
  if (state.stop.since !== null)
    return `not resting; ${wayOf(settings).exit}s ${utcText(state.stop.since + (settings.stopLoss?.timeoutMs ?? 0))} unless the price comes back`;
  if (stopRests(settings, state) || pairing(settings, state, undefined) !== null) return 'not resting yet';
  const { cannotPair } = state.stop;
  return `not resting: the engine watches it${cannotPair === undefined ? '' : `; with the take profits: ${cannotPair}`}`;
}

const holdupWaits = (state: TradeState): readonly string[] =>
  (Object.entries(state.holdups) as [string, TradeState['holdups']['exit']][]).flatMap(([part, holdup]) =>
    holdup === null || (part === 'entry' && state.entry.phase === 'over')
      ? []
      : [`the ${part} is tried again from ${utcText(holdup.at)}: ${holdup.reason}`],
  );

const text = (price: Ticks, state: TradeState): string => formatAmount(priceAmount(price, state.rules));

/** Unix ms as `2026-11-21 06:30:00 UTC`. */
