/** What a signal bot says about itself. */
import {
  type Amount,
  baseOf,
  divide,
  formatAmount,
  type OpenDeal,
  type PairReport,
  priceAmount,
  quantityAmount,
  quoteOf,
  unit,
  utcText,
} from '@holdfast/domain';
import { givenUpText } from '../orders/given-up.ts';
import { held } from '../orders/sub-book.ts';
import { stopLevel, stopRests, targetPrice } from './protect.ts';
import type { SignalSettings } from './settings.ts';
import { exitQuantity } from './sizes.ts';
import type { Position, SignalState } from './state.ts';

export function report(settings: SignalSettings, state: SignalState): PairReport {
  const { pair } = settings;
  const isOpen = state.position !== null || state.entry !== null || state.orders.length > 0;
  return {
    state: isOpen ? 'deal-open' : state.running ? 'idle' : 'stopped',
    waitingFor: waitingFor(settings, state),
    deal: state.position === null ? null : openDeal(settings, state, state.position),
    dealsClosed: state.dealsClosed,
    realised: state.realised,
    holdings: [quoteOf(pair), baseOf(pair)].map((asset) => ({ asset, amount: held(state.book, asset) })),
    dust: state.dust,
    kept: state.kept,
  };
}

function openDeal(settings: SignalSettings, state: SignalState, position: Position): OpenDeal {
  const { quantity, cost } = position.held;
  const next = position.targets.findIndex(({ over }) => !over);
  const target = position.targets[next];
  const price = target === undefined ? null : targetPrice(state, position, target);
  const resting = state.orders.find(({ role, step }) => role === 'take-profit' && step === next);
  return {
    number: position.number,
    pair: settings.pair,
    openedAt: position.openedAt,
    phase: state.exit !== null ? 'closing' : state.entry !== null ? 'entering' : 'holding',
    held: quantity,
    cost,
    averagePrice: quantity === 0n ? null : (divide(cost * unit, quantity, 'up') as Amount),
    realised: (position.proceeds - position.cost) as Amount,
    takeProfit:
      price === null
        ? null
        : {
            price: priceAmount(price, state.rules),
            quantity: resting?.quantity ?? quantityAmount(exitQuantity(settings, state, position, null), state.rules),
            clientOrderId: resting?.id ?? null,
          },
    ladder: [],
  };
}

function waitingFor(settings: SignalSettings, state: SignalState): string {
  const { pair } = settings;
  const { position, exit, entry, orders, stoppedBecause: stopped } = state;
  if (state.halted) return `trading of ${pair} to go on; the exchange has halted it`;
  const unknown = orders.find(({ status }) => status === 'unknown');
  if (unknown !== undefined) return `the vault to find out what became of order ${unknown.id}`;
  if (exit !== null)
    return exit.at === null || orders.length > 0
      ? 'the position to be closed'
      : `${utcText(exit.at)} to close again: ${exit.reason}`;
  if (entry !== null) {
    if (entry.limit !== null && orders.some(({ role }) => role === 'entry'))
      return `${pair} at ${formatAmount(priceAmount(entry.limit, state.rules))} to enter ${entry.direction}`;
    return entry.at === null || orders.length > 0
      ? `the entry ${entry.direction} to be filled`
      : `${utcText(entry.at)} to enter again: ${entry.reason}`;
  }
  if (position !== null) return holding(state, position);
  const last = stopped === null ? '' : `; the last entry was refused: ${stopped.reason} (${stopped.code})`;
  return state.running ? `a signal for ${pair}${last}` : 'stopped; resume it to take signals again';
}

/** Which way out rests at the exchange, and which is watched. */
function holding(state: SignalState, position: Position): string {
  const say = (price: Parameters<typeof priceAmount>[0]): string => formatAmount(priceAmount(price, state.rules));
  const target = position.targets.find(({ over }) => !over);
  const gain = target === undefined ? null : targetPrice(state, position, target);
  const loss = stopLevel(state, position);
  const parts = [`a signal to end the ${position.direction}`];
  const rests = (role: string): string =>
    state.orders.some((order) => order.role === role) ? 'resting' : 'not resting, watched';
  if (gain !== null) parts.push(`the take profit at ${say(gain)} (${rests('take-profit')})`);
  if (loss !== null)
    parts.push(
      `the stop at ${say(loss)} (${rests('stop')}${stopRests(position) ? '' : `: ${position.stopCannotRest}${givenUpText(position.stopGivenUp)}`})`,
    );
  return parts.join(', or ');
}
