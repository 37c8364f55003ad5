/**
 * Messages from outside: what a DCA bot makes of one, and the signals that its conditions wait for.
 *   G1  A signal is the bot's own: in what the runtime follows its name has the bot's beside it, so that no other bot hears it.
 *   G2  When a signal came is in the state: after a restart it counts for as long as it would have.
 */
import { type BotEvent, type BotId, baseOf, type EpochMs, formatAmount, priceAmount, type SignalAnswer } from '@holdfast/domain';
import { termsOf, withDeal } from './change.ts';
import { commanded, refuses } from './commands.ts';
import { exitQuote, reaches, wayOf } from './direction.ts';
import type { DcaSettings } from './settings.ts';
import type { DcaState, Deal } from './state.ts';
import { breakeven } from './targets.ts';

type SignalEvent = Extract<BotEvent, { readonly kind: 'signal' }>;

const named = /"kind":"signal","name":"([A-Za-z0-9_-]+)"/g;

/** The text of a condition with the bot's name in its signals (G1). */
export const scoped = (condition: string, bot: BotId): string =>
  condition.includes('"kind":"signal"') ? condition.replace(named, `"kind":"signal","name":"$1@${bot}"`) : condition;

/** The other way round. */
export const unscoped = (condition: string, bot: BotId): string => condition.replaceAll(`@${bot}","seconds":`, '","seconds":');

/** Whether a condition names a signal. */
export const waitsFor = (condition: string | null, name: string): boolean =>
  condition !== null && [...condition.matchAll(named)].some(([, each]) => each === name);

/** Signals that any condition of the settings names. */
const heardBy = ({ startCondition, averagingCondition, closeCondition }: DcaSettings, name: string): boolean =>
  [startCondition, averagingCondition, closeCondition].some((condition) => waitsFor(condition, name));

/** When each signal last came, under the names that the runtime knows (G2). */
export const heard = ({ pair }: DcaSettings, { heard: signals = {}, bot }: DcaState) =>
  Object.entries(signals).map(([name, at]) => ({ pair, name: `${name}@${bot}`, at: at as EpochMs }));

const no = (code: 'signal-unsupported' | 'signal-not-now', reason: string): SignalAnswer => ({ kind: 'refused', code, reason });

export function hears(settings: DcaSettings, state: DcaState, event: SignalEvent): SignalAnswer {
  const { ask } = event.signal;
  switch (ask.kind) {
    case 'commands':
      return hearsStart(settings, state, event.at);
    case 'condition':
      return heardBy(settings, ask.name)
        ? { kind: 'taken', does: `signal ${ask.name}` }
        : no('signal-unsupported', `none of its conditions waits for a signal ${ask.name}`);
    case 'start-trailing':
      return hearsTrailing(settings, state, event);
    default:
      return no('signal-unsupported', `a DCA bot takes no ${ask.kind} by signal`);
  }
}

/** A message starts a deal where the command would, and never in the pause after the deal before. */
function hearsStart(settings: DcaSettings, state: DcaState, at: EpochMs): SignalAnswer {
  const why = refuses(settings, state, { name: 'start-deal' });
  if (why !== null) return no('signal-not-now', `start-deal: ${why}`);
  if (waitsFor(settings.startCondition, 'start'))
    return no('signal-not-now', 'start-deal: its start conditions are not waited for now');
  if (state.restUntil !== null && at < state.restUntil)
    return no(
      'signal-not-now',
      `start-deal: the pause after the last deal has ${Math.ceil((state.restUntil - at) / 1000)} s left`,
    );
  return { kind: 'taken', does: 'starts a deal' };
}

function hearsTrailing(settings: DcaSettings, state: DcaState, { quotes }: SignalEvent): SignalAnswer {
  const { deal } = state;
  const quote = quotes.get(settings.pair);
  if (deal === null || deal.phase !== 'holding') return no('signal-not-now', 'no deal holds anything');
  const terms = termsOf(settings, deal);
  if (terms.trailing === 0n) return no('signal-unsupported', 'trailingPercent is 0');
  if (deal.trail !== null) return no('signal-not-now', `deal ${deal.number} is trailed already`);
  const even = breakeven(terms, deal, state.rules);
  if (quote === undefined || !reaches(wayOf(terms), exitQuote(wayOf(terms), quote), even))
    return no(
      'signal-not-now',
      `${baseOf(settings.pair)} is not in profit before ${formatAmount(priceAmount(even, state.rules))}`,
    );
  return { kind: 'taken', does: `trails deal ${deal.number} from now` };
}

/** The state after a signal; the same state where it was refused. */
export function signalled(settings: DcaSettings, state: DcaState, event: SignalEvent): DcaState {
  if (hears(settings, state, event).kind === 'refused') return state;
  const { ask } = event.signal;
  if (ask.kind === 'commands') return commanded(settings, state, { name: 'start-deal' });
  if (ask.kind === 'condition') return { ...state, heard: { ...state.heard, [ask.name]: event.at } };
  const quote = event.quotes.get(settings.pair);
  const way = wayOf(settings);
  return quote === undefined ? state : withDeal(state, { trail: exitQuote(way, quote) } satisfies Partial<Deal>);
}
