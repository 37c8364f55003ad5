/** What a person may ask of a trade while it goes on. */
import { type Amount, type BotCommand, formatAmount, multiply, quoteOf, unit, zero } from '@holdfast/domain';
import { newStep } from './arithmetic.ts';
import { isDone, termsOf, withDivided, withEntry, withStep } from './change.ts';
import { freeQuote } from './plan.ts';
import { readTradeSettings, type TradeSettings, type TradeSettingsText } from './settings.ts';
import type { TradeState } from './state.ts';

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
      return state.entry.phase === 'over' && state.additions.length === 0 ? 'Nothing more is bought anyway.' : null;
    case 'resume':
      return 'A trade that was stopped does not buy again; add funds instead.';
    case 'close-now':
      return state.exit !== null && state.exit.how === 'market' ? 'The trade is being closed at the market already.' : null;
    case 'cancel-deal':
      return null;
    case 'cancel-entry':
      return state.entry.phase === 'over' ? 'The entry is over.' : null;
    case 'add-funds':
      return refusesFunds(settings, state, command.amount);
    case 'cancel-added':
      return state.additions.length > 0 ? null : 'No added funds wait to buy.';
    case 'edit-deal':
      return 'A trade is changed by "edit", with all of its settings.';
    case 'reduce-funds':
      return refusesReduction(state, command.quantity, command.limit);
    case 'close-step':
    case 'cancel-step': {
      const step = state.steps[command.step - 1];
      if (step === undefined) return `There is no step ${command.step}; there are ${state.steps.length}.`;
      if (step.over) return `Step ${command.step} is over.`;
      return command.name === 'close-step' && step.left === 0n ? `Step ${command.step} has nothing to sell yet.` : null;
    }
    case 'edit':
      return refusesEdit(settings, state, command.settings);
    default:
      return `A trade does not know the command "${(command as BotCommand).name}".`;
  }
}

function refusesFunds(settings: TradeSettings, state: TradeState, value: Amount): string | null {
  const asset = quoteOf(settings.pair);
  const needed = multiply(value, unit + settings.slippage + settings.fee, 'up');
  const asked = state.additions.reduce((sum, { left }) => sum + left, state.entry.phase === 'over' ? 0n : state.entry.left);
  const left = freeQuote(settings, state) - asked;
  if (value < state.rules.minNotional)
    return `${formatAmount(value)} ${asset} is below the exchange's smallest order of ${formatAmount(state.rules.minNotional)}.`;
  return needed > left
    ? `Adding ${formatAmount(value)} ${asset} needs up to ${formatAmount(needed)}, and the bot has ${formatAmount(left > 0n ? left : 0n)} left of its funds.`
    : null;
}

function refusesReduction({ rules, held }: TradeState, quantity: Amount, limit: Amount | null): string | null {
  if (quantity % rules.lot !== 0n || quantity <= 0n) return `The quantity must be whole lots of ${formatAmount(rules.lot)}.`;
  if (quantity > held.quantity)
    return `The trade holds ${formatAmount(held.quantity)}; ${formatAmount(quantity)} cannot be taken off.`;
  return limit !== null && multiply(quantity, limit, 'down') < rules.minNotional
    ? `${formatAmount(quantity)} at ${formatAmount(limit)} is below the exchange's smallest order of ${formatAmount(rules.minNotional)}.`
    : null;
}

function refusesEdit(settings: TradeSettings, state: TradeState, text: TradeSettingsText): string | null {
  const next = readTradeSettings(settings.pair, text);
  if (next.entry !== settings.entry) return `The entry is "${settings.entry}" and cannot become "${next.entry}".`;
  if (settings.entry === 'held' && next.heldQuantity !== settings.heldQuantity)
    return 'The quantity of coins already held cannot change; reduce it instead.';
  const changesEntry = next.size !== settings.size || next.entryPrice !== settings.entryPrice;
  if (changesEntry && (state.bought > 0n || state.entry.phase === 'over'))
    return 'The entry has bought already; its size and price cannot change.';
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

/** What is held now is divided anew by the new take profits; what was sold stays sold. */
function edited(state: TradeState, settings: TradeSettings): TradeState {
  const kept = state.steps.filter(({ kind, over }) => kind === 'reduce' && !over);
  const next: TradeState = {
    ...state,
    edited: settings,
    entry: state.bought > 0n || state.entry.phase === 'over' ? state.entry : { ...state.entry, left: settings.size, renew: true },
    steps: [...settings.takeProfits.map((target) => newStep(target)), ...kept],
    stop: { peak: state.stop.peak, since: null, cannotRest: null },
  };
  return withDivided(settings, next);
}
