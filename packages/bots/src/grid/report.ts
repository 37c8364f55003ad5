/** What a grid bot says about itself to people. */
import {
  type Amount,
  type Asset,
  baseOf,
  type ClientOrderId,
  formatAmount,
  formatTicks,
  type PairReport,
  priceAmount,
  quoteOf,
  type Side,
  utcText,
  zero,
} from '@holdfast/domain';
import { held } from '../orders/sub-book.ts';
import { linePrice } from './lines.ts';
import { lineOf, wantedCells } from './plan.ts';
import type { GridSettings } from './settings.ts';
import type { Cell, GridState } from './state.ts';

/** One line as people look at it. Price in quote. */
export interface GridLine {
  /** 1 for the lowest line of the settings. */
  readonly line: number;
  readonly price: Amount;
  /** The order that rests there, or the leg that waits for its turn; null for the empty line. */
  readonly side: Side | null;
  readonly state: 'empty' | 'resting' | 'sent' | 'waiting' | 'refused';
  /** Base of the order, and of it what has traded. */
  readonly quantity: Amount;
  readonly filled: Amount;
  readonly clientOrderId: ClientOrderId | null;
  /** Why nothing rests there, when something should. */
  readonly trouble: string | null;
  /** Finished round trips that sold or bought back over this line as their lower one, and their profit in quote. */
  readonly trips: number;
  readonly profit: Amount;
}

export interface GridReport {
  readonly lines: readonly GridLine[];
  /** Round trips finished, and what they made: base and quote apart, and all of it counted in quote. */
  readonly trips: number;
  readonly gained: { readonly base: Amount; readonly quote: Amount };
  readonly realised: Amount;
}

export function gridReport(settings: GridSettings, state: GridState): GridReport {
  const { cells } = state;
  const first = cells[0]?.index ?? 0;
  const count = cells.length === 0 ? 0 : cells.length + 1;
  const lines = Array.from({ length: count }, (_, offset) => lineReport(settings, state, first + offset));
  const gained = { base: state.gained.base as Amount, quote: state.gained.quote as Amount };
  return { lines, trips: state.trips, gained, realised: state.realised };
}

function lineReport(settings: GridSettings, state: GridState, index: number): GridLine {
  const { cells, rules } = state;
  const order = state.orders.find((each) => lineOf(each) === index);
  const cell = cells.find((each) => lineOf({ cell: each.index, side: each.leg }) === index);
  const above = cells.find((each) => each.index === index);
  const price = cells.find((each) => each.index === index)?.lower ?? cells.find((each) => each.index + 1 === index)?.upper;
  return {
    line: index + 1,
    price: price === undefined ? zero : priceAmount(price, rules),
    side: order?.side ?? cell?.leg ?? null,
    state:
      order !== undefined
        ? orderState(order.status)
        : cell === undefined
          ? 'empty'
          : cell.refused === null
            ? 'waiting'
            : 'refused',
    quantity: order?.quantity ?? zero,
    filled: order?.filled ?? zero,
    clientOrderId: order?.id ?? null,
    trouble: order === undefined && cell !== undefined ? troubleOf(settings, state, cell) : null,
    trips: above?.trips ?? 0,
    profit: above?.profit ?? zero,
  };
}

const orderState = (status: string): GridLine['state'] => (status === 'sent' ? 'sent' : 'resting');

function troubleOf(settings: GridSettings, state: GridState, cell: Cell): string | null {
  if (cell.refused !== null) return `${cell.refused.reason} (${cell.refused.code})`;
  if (cell.holdup !== null) return `${time(cell.holdup.at)} to try again: ${cell.holdup.reason}`;
  if (state.pause !== null) return `${time(state.pause.at)} to try again: ${state.pause.reason}`;
  if (!wantedCells(settings, state).some(({ index }) => index === cell.index)) return 'enough lines rest nearer to the price';
  return 'the funds of the bot are in other lines, or too little is left for an order';
}

export function report(settings: GridSettings, state: GridState): PairReport {
  const holdings = [quoteOf(settings.pair), baseOf(settings.pair)].map((asset: Asset) => ({
    asset,
    amount: held(state.book, asset),
  }));
  return {
    state: state.phase === 'stopped' ? 'stopped' : state.phase === 'working' ? 'deal-open' : 'idle',
    waitingFor: waitingFor(settings, state),
    deal: null,
    dealsClosed: state.trips,
    realised: state.realised,
    holdings,
    dust: { quantity: zero, cost: zero },
    kept: { quantity: zero, cost: zero },
  };
}

function waitingFor(settings: GridSettings, state: GridState): string {
  const { phase, ending, pause, orders } = state;
  if (phase === 'stopped') return `stopped: ${ending?.reason ?? 'by command'}${code(ending?.code)}; resume lays the lines anew`;
  if (state.halted) return `${settings.pair} to trade again; the exchange has halted it`;
  const unknown = orders.find(({ status }) => status === 'unknown');
  if (unknown !== undefined) return `the vault to find out what became of order ${unknown.id}`;
  const late = orders.find(({ status }) => status === 'ended');
  if (late !== undefined) return `the last fill of order ${late.id}`;
  const stuck = orders.find(({ cancelAgainAt }) => cancelAgainAt !== null);
  if (phase === 'ending' && stuck !== undefined)
    return `${time(stuck.cancelAgainAt)} to ask again for order ${stuck.id} to be cancelled`;
  if (phase !== 'working' && orders.length > 0)
    return `${orders.length === 1 ? 'an order' : `${orders.length} orders`} to be answered, ${phaseWords(phase)}`;
  if (pause !== null) return `${time(pause.at)} to try again: ${pause.reason}`;
  if (phase !== 'working') return `a price of ${settings.pair}, ${phaseWords(phase)}`;
  return working(settings, state);
}

const code = (text: string | undefined): string =>
  text === undefined || text === 'command' || text === 'stop-price' ? '' : ` (${text})`;

const phaseWords = (phase: GridState['phase']): string =>
  phase === 'balancing' ? 'to balance coins and money before the lines are laid' : 'before the grid has ended';

function working(settings: GridSettings, state: GridState): string {
  const { cells, orders, rules } = state;
  const buy = cells.filter(({ leg }) => leg === 'buy').at(-1);
  const sell = cells.find(({ leg }) => leg === 'sell');
  const ways = [
    ...(buy === undefined ? [] : [`${formatTicks(buy.lower, rules)} to buy`]),
    ...(sell === undefined ? [] : [`${formatTicks(sell.upper, rules)} to sell`]),
  ];
  const refused = cells.filter((cell) => cell.refused !== null);
  const names = refused.map(({ lower }) => formatTicks(lower, rules)).join(', ');
  const left = refused.length === 0 ? '' : `; left out, because the vault refuses them: the lines above ${names}`;
  return `${settings.pair} at ${ways.join(', or at ')}; ${orders.length} of ${cells.length} lines rest${left}`;
}

const time = (at: number | null): string => (at === null ? 'now' : utcText(at));

/** Prices of all lines of the settings, lowest first, as people read them. */
export const linesText = (settings: GridSettings, rules: GridState['rules']): readonly string[] =>
  Array.from({ length: settings.lines }, (_, index) => {
    const price = linePrice(settings, rules, index);
    return price === null ? '' : formatAmount(priceAmount(price, rules));
  });
