/** What a DCA bot says about itself. */
import {
  type Amount,
  type BotReport,
  baseOf,
  divide,
  formatAmount,
  type LadderLevel,
  type OpenDeal,
  priceAmount,
  quantityAmount,
  quoteOf,
  unit,
} from '@holdfast/domain';
import { takeProfitOf } from './plan.ts';
import type { DcaSettings } from './settings.ts';
import type { DcaState, Deal } from './state.ts';

export function report(settings: DcaSettings, state: DcaState): BotReport {
  const { pair } = settings;
  return {
    state: state.deal !== null ? 'deal-open' : state.running ? 'idle' : 'stopped',
    waitingFor: waitingFor(settings, state),
    deal: state.deal === null ? null : openDeal(settings, state, state.deal),
    dealsClosed: state.dealsClosed,
    realised: state.realised,
    holdings: [
      { asset: quoteOf(pair), amount: state.quote },
      { asset: baseOf(pair), amount: state.base },
    ],
    dust: state.dust,
    kept: state.kept,
  };
}

function openDeal(settings: DcaSettings, state: DcaState, deal: Deal): OpenDeal {
  const exit = state.orders.find(({ role }) => role === 'take-profit');
  const planned = takeProfitOf(state, deal);
  return {
    number: deal.number,
    pair: settings.pair,
    openedAt: deal.openedAt,
    phase: deal.phase,
    held: deal.held.quantity,
    cost: deal.held.cost,
    averagePrice: deal.held.quantity === 0n ? null : (divide(deal.held.cost * unit, deal.held.quantity, 'up') as Amount),
    realised: (deal.proceeds - deal.soldCost) as Amount,
    takeProfit:
      exit !== undefined
        ? { price: exit.limit, quantity: (exit.quantity - exit.filled) as Amount, clientOrderId: exit.id }
        : planned === null
          ? null
          : {
              price: priceAmount(planned.price, state.rules),
              quantity: quantityAmount(planned.quantity, state.rules),
              clientOrderId: null,
            },
    ladder: ladderLevels(state, deal),
  };
}

function ladderLevels(state: DcaState, deal: Deal): readonly LadderLevel[] {
  return deal.ladder.map((level, i) => {
    const order = state.orders.find(({ role, level: index }) => role === 'averaging' && index === i + 1);
    const quantity = quantityAmount(level.quantity, state.rules);
    const done = level.filled >= quantity ? 'filled' : level.refused ? 'refused' : 'waiting';
    return {
      index: i + 1,
      price: priceAmount(level.price, state.rules),
      quantity,
      filled: level.filled,
      state: order === undefined ? done : 'resting',
      clientOrderId: order?.id ?? null,
    };
  });
}

function waitingFor(settings: DcaSettings, state: DcaState): string {
  const { pair } = settings;
  const stopped = state.stoppedBecause;
  if (state.deal === null) {
    if (!state.running && stopped !== null)
      return `stopped: ${stopped.reason}${/^E_/.test(stopped.code) ? ` (${stopped.code})` : ''}; resume it when that is changed`;
    if (!state.running) return 'stopped; resume it to open deals again';
    if (state.halted) return `trading of ${pair} to go on; the exchange has halted it`;
    if (state.dealAsked) return `a price of ${pair} to open a deal`;
    if (settings.start === 'command') return 'the command "start deal"';
    return state.restUntil === null ? `a price of ${pair} to open a deal` : `the pause until ${time(state.restUntil)} to end`;
  }
  if (state.halted) return `trading of ${pair} to go on; the exchange has halted it`;
  const unknown = state.orders.find(({ status }) => status === 'unknown');
  if (unknown !== undefined) return `the vault to find out what became of order ${unknown.id}`;
  const ended = state.orders.find(({ status }) => status === 'ended');
  if (ended !== undefined)
    return `the last fill of order ${ended.id}: ${formatAmount(ended.filled)} of ${formatAmount(ended.filledMustBe ?? ended.filled)} are known`;
  return inDeal(settings, state, state.deal);
}

function inDeal(settings: DcaSettings, state: DcaState, deal: Deal): string {
  const { entry, averaging, exit } = deal.holdups;
  if (deal.phase === 'entering') {
    if (state.orders.length > 0) return 'the base order to be answered';
    return entry === null
      ? `a price of ${settings.pair} for the base order`
      : `${time(entry.at)} to try the base order again: ${entry.reason}`;
  }
  if (deal.phase === 'closing') {
    const stuck = state.orders.find(({ cancelAgainAt }) => cancelAgainAt !== null);
    if (stuck !== undefined) return `${time(stuck.cancelAgainAt)} to ask again for order ${stuck.id} to be cancelled`;
    if (state.orders.length > 0) return `${state.orders.length} orders to be answered before deal ${deal.number} ends`;
    return exit === null ? `a price of ${settings.pair} to sell at` : `${time(exit.at)} to try the sale again: ${exit.reason}`;
  }
  return holding(settings, state, deal, averaging, exit);
}

function holding(
  settings: DcaSettings,
  state: DcaState,
  deal: Deal,
  averaging: Deal['holdups']['averaging'],
  exit: Deal['holdups']['exit'],
): string {
  const resting = state.orders.find(({ role }) => role === 'take-profit');
  if (resting === undefined && exit !== null) return `${time(exit.at)} to place the take profit again: ${exit.reason}`;
  const next = ladderLevels(state, deal).find((level) => level.state === 'resting');
  const below =
    next === undefined
      ? ''
      : `${settings.pair} at ${formatAmount(next.price)} to buy averaging order ${next.index} of ${deal.ladder.length}`;
  const price = resting === undefined ? null : formatAmount(resting.limit);
  const above = price === null ? '' : `${settings.pair} at ${price} to take profit`;
  if (above === '' && below === '') return `deal ${deal.number} to place its orders`;
  const held =
    averaging === null || next !== undefined ? '' : `; averaging orders wait until ${time(averaging.at)}: ${averaging.reason}`;
  return [above, below].filter((text) => text !== '').join(', or ') + held;
}

/** Unix ms as `2026-11-21 06:30:00 UTC`. */
function time(at: number | null): string {
  return at === null ? 'now' : `${new Date(at).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}
