/** What a person may ask of a trade while it goes on. */
import { type Amount, type BotCommand, baseOf, type DealChanges, formatAmount, multiply, quoteOf, zero } from '@holdfast/domain';
import { givenAsset, inBase, type Way, wayOf } from '../orders/direction.ts';
import { newStep } from './arithmetic.ts';
import { isDone, termsOf, withDivided, withEntry, withStep } from './change.ts';
import { freeGiven, neededToAdd } from './entries.ts';
import { readTradeSettings, type TradeSettings, type TradeSettingsText } from './settings.ts';
import { type ExitStep, ofNoStep, type TradeOrder, type TradeState } from './state.ts';

/** Steps count from 1, as the report shows them. No limit: at the market. */
export type TradeCommand =
  | Exclude<BotCommand, { readonly name: 'edit' }>
  /** All settings anew, checked as at the start. The entry is taken over as long as it has bought nothing. */
  | { readonly name: 'edit'; readonly settings: TradeSettingsText };

/** Null when the command does something now, else one sentence why not. */
export function refuses(first: TradeSettings, state: TradeState, command: TradeCommand): string | null {
  const settings = termsOf(first, state);
  if (isDone(state)) return 'The trade is over; make a new one.';
  if (state.exit !== null && command.name !== 'close-now') return 'The trade is on its way out.';
  switch (command.name) {
    case 'start-deal':
      return state.entry.phase === 'waiting' ? null : 'The entry has been made already.';
    case 'stop':
      return state.entry.phase === 'over' && state.additions.length === 0
        ? `Nothing more is ${donePast(wayOf(settings))} anyway.`
        : null;
    case 'resume':
      return `A trade that was stopped does not ${wayOf(settings).entry} again; add funds instead.`;
    case 'close-now':
      return state.exit !== null && state.exit.how === 'market' ? 'The trade is being closed at the market already.' : null;
    case 'cancel-deal':
      return null;
    case 'cancel-entry':
      return state.entry.phase === 'over' ? 'The entry is over.' : null;
    case 'add-funds':
      return refusesFunds(settings, state, command.amount, command.limit);
    case 'cancel-added':
      return state.additions.length > 0 ? null : `No added funds wait to ${wayOf(settings).entry}.`;
    case 'edit-deal':
      return isNote(command.changes)
        ? null
        : 'A trade is changed by "edit", with all of its settings; "edit-deal" notes words on it.';
    case 'reduce-funds':
      return refusesReduction(settings, state, command.quantity, command.limit);
    case 'close-step':
    case 'cancel-step': {
      const step = state.steps[command.step - 1];
      if (step === undefined) return `There is no step ${command.step}; there are ${state.steps.length}.`;
      if (step.over) return `Step ${command.step} is over.`;
      return command.name === 'close-step' && step.left === 0n
        ? `Step ${command.step} has nothing to ${wayOf(settings).exit} yet.`
        : null;
    }
    case 'edit':
      return refusesEdit(settings, state, command.settings);
    default:
      return `A trade does not know the command "${(command as BotCommand).name}".`;
  }
}

/** Words of the owner and nothing else. */
const isNote = (changes: DealChanges): boolean =>
  changes.note !== undefined && Object.entries(changes).every(([name, value]) => name === 'note' || value === undefined);

const donePast = ({ entry }: Way): string => (entry === 'buy' ? 'bought' : 'sold');

function refusesFunds(settings: TradeSettings, state: TradeState, value: Amount, limit: Amount | null): string | null {
  const asset = quoteOf(settings.pair);
  if (value < state.rules.minNotional)
    return `${formatAmount(value)} ${asset} is below the exchange's smallest order of ${formatAmount(state.rules.minNotional)}.`;
  const free = freeGiven(settings, state) - askedFor(settings, state);
  const [left, needed] = [free > 0n ? free : 0n, neededToAdd(settings, value, limit)];
  const given = givenAsset(wayOf(settings), settings.pair);
  if (needed === null ? left >= state.rules.lot : needed <= left) return null;
  const needs = needed === null ? given : `up to ${formatAmount(needed)}`;
  return `Adding ${formatAmount(value)} ${asset} needs ${needs}, and the bot has ${formatAmount(left)} left of its funds; give it more first.`;
}

/** Funds that entries which are not placed yet will take, as far as their prices are known. */
function askedFor(settings: TradeSettings, { entry, additions }: TradeState): bigint {
  const isKnown = entry.phase !== 'over' && settings.sizeIn === wayOf(settings).gives;
  const needed = (value: Amount, limit: Amount | null): bigint =>
    settings.direction === 'long' ? value : (neededToAdd(settings, value, limit) ?? 0n);
  return additions.reduce((sum, { left, limit }) => sum + needed(left, limit), isKnown ? entry.left : 0n);
}

function refusesReduction(
  settings: TradeSettings,
  { rules, held }: TradeState,
  quantity: Amount,
  limit: Amount | null,
): string | null {
  const way = wayOf(settings);
  const has = inBase(way, held);
  if (quantity % rules.lot !== 0n || quantity <= 0n) return `The quantity must be whole lots of ${formatAmount(rules.lot)}.`;
  if (quantity > has)
    return way.exit === 'sell'
      ? `The trade holds ${formatAmount(has)}; ${formatAmount(quantity)} cannot be taken off.`
      : `The trade has ${formatAmount(has)} ${baseOf(settings.pair)} to buy back; ${formatAmount(quantity)} are more.`;
  return limit !== null && multiply(quantity, limit, 'down') < rules.minNotional
    ? `${formatAmount(quantity)} at ${formatAmount(limit)} is below the exchange's smallest order of ${formatAmount(rules.minNotional)}.`
    : null;
}

function refusesEdit(settings: TradeSettings, state: TradeState, text: TradeSettingsText): string | null {
  const next = readTradeSettings(settings.pair, text);
  if (next.direction !== settings.direction) return `The trade is ${settings.direction} and cannot become ${next.direction}.`;
  if (next.entry !== settings.entry) return `The entry is "${settings.entry}" and cannot become "${next.entry}".`;
  if (settings.entry === 'held' && next.heldQuantity !== settings.heldQuantity)
    return `The quantity of coins ${settings.direction === 'long' ? 'already held' : 'to buy back'} cannot change; reduce it instead.`;
  const changesEntry = next.size !== settings.size || next.sizeIn !== settings.sizeIn || next.entryPrice !== settings.entryPrice;
  if (changesEntry && (state.bought > 0n || state.entry.phase === 'over'))
    return `The entry has ${donePast(wayOf(settings))} already; its size and price cannot change.`;
  return null;
}

export function commanded(first: TradeSettings, state: TradeState, command: TradeCommand): TradeState {
  const settings = termsOf(first, state);
  switch (command.name) {
    case 'start-deal':
      return withEntry(state, { phase: 'working' });
    case 'stop':
      return { ...withEntry(state, { phase: 'over' }), additions: [] };
    case 'cancel-entry':
      return withEntry(state, { phase: 'over' });
    case 'close-now':
      return { ...state, exit: { ending: 'closed', how: 'market' }, holdups: { ...state.holdups, exit: null } };
    case 'cancel-deal':
      return { ...state, exit: { ending: 'cancelled', how: 'keep' } };
    case 'add-funds':
      return added(state, command.amount, command.limit);
    case 'cancel-added':
      return { ...state, additions: [] };
    case 'reduce-funds':
      return reduced(settings, state, command.quantity, command.limit);
    case 'close-step':
      return { ...withStep(state, command.step - 1, { due: true }), holdups: { ...state.holdups, exit: null } };
    case 'cancel-step':
      return withDivided(settings, withStep(state, command.step - 1, { over: true, left: zero }));
    case 'edit-deal':
      return { ...state, note: command.changes.note ?? '' };
    case 'edit':
      return edited(state, readTradeSettings(settings.pair, command.settings));
    default:
      return state;
  }
}

function added(state: TradeState, left: Amount, limit: Amount | null): TradeState {
  const number = state.sequence;
  return { ...state, sequence: number + 1, additions: [...state.additions, { number, left, limit, tries: 0 }] };
}

/** A step of its own, before the others: at its limit, or at once. */
function reduced(settings: TradeSettings, state: TradeState, quantity: Amount, limit: Amount | null): TradeState {
  const step = newStep({ percent: null, price: limit, share: 0n, order: 'limit', trailing: 0n }, 'reduce', quantity);
  return withDivided(settings, { ...state, steps: [...state.steps, { ...step, due: limit === null }] });
}

/** What is held now is divided anew by the new take profits; what was sold stays sold. Orders of the old ones are of no step any more. */
function edited(state: TradeState, settings: TradeSettings): TradeState {
  const kept = state.steps.flatMap(({ kind, over }, index) => (kind === 'reduce' && !over ? [index] : []));
  const indexNow = (before: number): number => {
    const at = kept.indexOf(before);
    return at < 0 ? ofNoStep : settings.takeProfits.length + at;
  };
  const isOfStep = ({ role, twin }: TradeOrder): boolean => role === 'take-profit' || twin !== undefined;
  const next: TradeState = {
    ...state,
    edited: settings,
    entry: state.bought > 0n || state.entry.phase === 'over' ? state.entry : { ...state.entry, left: settings.size, renew: true },
    orders: state.orders.map((order) => (isOfStep(order) ? { ...order, step: indexNow(order.step) } : order)),
    steps: [...settings.takeProfits.map((target) => newStep(target)), ...kept.map((index) => state.steps[index] as ExitStep)],
    stop: { peak: state.stop.peak, since: null, cannotRest: null },
  };
  return withDivided(settings, next);
}
