/** What a person may ask of a DCA bot, why it would do nothing, and what it changes in the state. */
import {
  type Amount,
  type BotCommand,
  type DealChanges,
  formatAmount,
  quoteOf,
  toTicks,
  unit,
  ValueError,
} from '@holdfast/domain';
import { deviation, ladder, lotsFor } from './arithmetic.ts';
import { nothingHeld, sellNow, termsOf, withDeal } from './change.ts';
import { givenAsset, roundingTo, wayOf } from './direction.ts';
import { freeFunds } from './orders.ts';
import { type DcaSettings, fraction } from './settings.ts';
import type { DcaState, Deal, DealEdits } from './state.ts';
import { exitSteps, isTradable } from './targets.ts';

/** Why a command would do nothing; null when it does something. */
export function refuses(settings: DcaSettings, state: DcaState, command: BotCommand): string | null {
  const { deal } = state;
  switch (command.name) {
    case 'start-deal':
      if (!state.running) return 'The bot is stopped; resume it first.';
      return deal === null ? null : `Deal ${deal.number} is open; a bot has one at a time.`;
    case 'stop':
      return state.running ? null : 'The bot is stopped already.';
    case 'resume':
      return state.running ? 'The bot is running already.' : null;
    case 'close-now':
    case 'cancel-deal':
      return deal === null ? 'No deal is open.' : null;
    case 'add-funds':
      return notHolding(deal) ?? addingFault(settings, state, deal as Deal, command);
    case 'cancel-added':
      if (deal === null) return 'No deal is open.';
      return state.orders.some(({ role }) => role === 'added') ? null : `Deal ${deal.number} has no added order that rests.`;
    case 'release-kept':
      return state.kept.quantity > 0n ? null : 'The bot keeps nothing for its owner.';
    case 'close-step':
      return notHolding(deal) ?? stepFault(deal as Deal, command.step);
    case 'edit-deal':
      return notHolding(deal) ?? editFault(settings, deal as Deal, command.changes);
    default:
      return `A DCA bot knows no command ${(command as { readonly name: string }).name}.`;
  }
}

function notHolding(deal: Deal | null): string | null {
  if (deal === null) return 'No deal is open.';
  return deal.phase === 'holding' ? null : `Deal ${deal.number} is ${deal.phase}; wait until it holds its coins.`;
}

function stepFault({ number, steps }: Deal, step: number): string | null {
  if (steps.length < 2) return `Deal ${number} has one target; close-now takes it at the market.`;
  const asked = steps[step - 1];
  if (asked === undefined) return `Deal ${number} has the steps 1 to ${steps.length}, not ${step}.`;
  return asked.hit ? `Step ${step} of deal ${number} is done.` : null;
}

/** As of the settings. */
const averagingOrdersMost = 200;

type AddFunds = Extract<BotCommand, { name: 'add-funds' }>;

function addingFault(settings: DcaSettings, state: DcaState, deal: Deal, { amount: wanted, limit }: AddFunds): string | null {
  if (deal.adding !== null) return `Deal ${deal.number} has not ordered the funds added before.`;
  const way = wayOf(settings);
  const text = `${formatAmount(wanted)} ${quoteOf(settings.pair)}`;
  const free = freeFunds(settings, state);
  if (wanted <= 0n) return `${text} cannot be added; name an amount above 0.`;
  if (way.gives === 'quote' ? wanted > free : free < state.rules.lot)
    return `The bot has ${formatAmount(free)} ${givenAsset(way, settings.pair)} free of its orders; ${text} are more. Give it more funds first.`;
  if (wanted < state.rules.minNotional)
    return `${text} are below the exchange's smallest order of ${formatAmount(state.rules.minNotional)}.`;
  if (limit === null) return null;
  if (limit < state.rules.tick)
    return `A price of ${formatAmount(limit)} is below the smallest of ${formatAmount(state.rules.tick)}.`;
  const at = toTicks(limit, state.rules, roundingTo(way, 'loss'));
  const isTaken = isTradable(state, lotsFor(wanted, at, state.rules), at);
  return isTaken ? null : `${text} at ${formatAmount(limit)} are below the exchange's smallest order.`;
}

function editFault(settings: DcaSettings, deal: Deal, changes: DealChanges): string | null {
  let edits: DealEdits;
  try {
    edits = editsOf(changes);
  } catch (error) {
    if (error instanceof ValueError) return `The change cannot be read: ${error.message}`;
    throw error;
  }
  const faults: string[] = [];
  if (Object.keys(edits).length === 0) faults.push('Name at least one change.');
  const terms = termsOf(settings, { edits: { ...deal.edits, ...edits } });
  const { takeProfit, averagingOrders } = edits;
  if (takeProfit !== undefined && settings.takeProfits.length > 1)
    faults.push('takeProfitPercent: the deal takes its profit in steps, which cannot be changed while it runs.');
  if (takeProfit !== undefined && takeProfit <= 0n) faults.push('takeProfitPercent: it must be above 0.');
  if (terms.trailing > 0n && terms.trailing >= (terms.takeProfits.at(-1)?.profit ?? 0n))
    faults.push('trailingPercent: it must be smaller than the take profit.');
  if (terms.trailing > 0n && (settings.closeCondition !== null || settings.profitIn === wayOf(settings).takes))
    faults.push(
      `trailingPercent: the deal closes by conditions or keeps its profit in ${settings.profitIn}; nothing can be trailed.`,
    );
  if (averagingOrders !== undefined) {
    const most = settings.ladder.length > 0 ? settings.ladder.length : averagingOrdersMost;
    if (!(Number.isInteger(averagingOrders) && averagingOrders >= 0 && averagingOrders <= most))
      faults.push(`averagingOrders: it must be a whole number from 0 to ${most}.`);
    else if (averagingOrders < startedLevels(deal))
      faults.push(`averagingOrders: ${startedLevels(deal)} have begun to fill; it cannot be fewer.`);
  }
  if (takeProfit !== undefined && takeProfit >= unit && terms.direction === 'short')
    faults.push('takeProfitPercent: it must be below 100 in a short deal.');
  const deepest = deviation(terms, terms.averagingOrders);
  if (terms.stopLoss >= unit) faults.push('stopLossPercent: it must be below 100.');
  else if (terms.stopLoss > 0n && terms.stopLoss * deepest.denominator <= deepest.numerator * unit)
    faults.push(
      `stopLossPercent: the stop would lie ${terms.direction === 'short' ? 'below' : 'above'} the last averaging order.`,
    );
  return faults.length === 0 ? null : faults.join(' ');
}

const startedLevels = (deal: Deal): number => deal.ladder.reduce((most, level, i) => (level.filled > 0n ? i + 1 : most), 0);

/** @throws ValueError */
function editsOf({ takeProfitPercent, trailingPercent, stopLossPercent, averagingOrders, note }: DealChanges): DealEdits {
  return {
    ...(takeProfitPercent === undefined ? {} : { takeProfit: fraction(takeProfitPercent) }),
    ...(trailingPercent === undefined ? {} : { trailing: fraction(trailingPercent) }),
    ...(stopLossPercent === undefined ? {} : { stopLoss: fraction(stopLossPercent) }),
    ...(averagingOrders === undefined ? {} : { averagingOrders }),
    ...(note === undefined ? {} : { note }),
  };
}

/** The state after a command that `refuses` lets through. */
export function commanded(settings: DcaSettings, state: DcaState, command: BotCommand): DcaState {
  switch (command.name) {
    case 'start-deal':
      return { ...state, dealAsked: true };
    case 'stop':
      return { ...state, running: false, dealAsked: false, startAt: null };
    case 'resume':
      return {
        ...state,
        running: true,
        stoppedBecause: null,
        dealsInRow: 0,
        lossesInRow: 0,
        ...(state.startedAt === undefined ? {} : { startedAt: undefined }),
      };
    case 'close-now':
      return sellNow(state, 'closed');
    case 'cancel-deal':
      return withDeal(state, { phase: 'closing', ending: 'cancelled', selling: null });
    case 'add-funds': {
      const rounding = roundingTo(wayOf(settings), 'loss');
      const limit = command.limit === null ? null : toTicks(command.limit, state.rules, rounding);
      return withDeal(state, { adding: { quote: command.amount, limit } });
    }
    case 'cancel-added':
      return withDeal(state, { dropsAdded: true });
    case 'release-kept':
      return released(settings, state);
    case 'close-step':
      return withDeal(state, { closingStep: command.step });
    case 'edit-deal':
      return edited(settings, state, state.deal as Deal, editsOf(command.changes));
    default:
      return state;
  }
}

/** What is kept leaves the sub-book (D1). */
function released(settings: DcaSettings, state: DcaState): DcaState {
  const taken = wayOf(settings).takes;
  return { ...state, [taken]: (state[taken] - state.kept.quantity) as Amount, kept: nothingHeld };
}

/** Targets follow at once; levels that are there keep what they have bought. */
function edited(settings: DcaSettings, state: DcaState, before: Deal, changes: DealEdits): DcaState {
  const deal = { ...before, edits: { ...before.edits, ...changes } };
  const terms = termsOf(settings, deal);
  const levels =
    changes.averagingOrders === undefined
      ? deal.ladder
      : ladder(terms, deal.entry, state.rules, deal.sizing).map((level, i) => deal.ladder[i] ?? level);
  const trail = terms.trailing === 0n ? null : deal.trail;
  return withDeal(state, { edits: deal.edits, ladder: levels, trail, steps: exitSteps(terms, deal, state.rules) });
}
