/** What a signal is taken for: an answer in words, and the tasks that follow from it. `hears` and `step` use the same. */
import {
  type Amount,
  type Direction,
  type EpochMs,
  formatAmount,
  multiply,
  type Quote,
  quantityAmount,
  type Signal,
  type SignalAnswer,
  type SignalExits,
  type SignalLimit,
  type SignalRefusal,
  type SignalSize,
} from '@holdfast/domain';
import { decide, other } from './decision.ts';
import type { SignalSettings } from './settings.ts';
import { cappedPrice, entrySide, entrySize, limitPrice, percent, profitNow } from './sizes.ts';
import type { EntryTask, ExitTask, SignalState } from './state.ts';

export interface Intake {
  readonly answer: SignalAnswer;
  readonly state: SignalState;
}

interface Heard {
  readonly settings: SignalSettings;
  readonly state: SignalState;
  readonly at: EpochMs;
  readonly quote: Quote | undefined;
}

const noExits: SignalExits = { targets: null, stop: null };

export const exitTask = (change: Partial<ExitTask> = {}): ExitTask => ({
  left: null,
  drop: false,
  step: null,
  ending: 'closed',
  tries: 0,
  at: null,
  reason: null,
  ...change,
});

/** What is made of a signal. A refusal changes nothing but the record of it. */
export function intake(heard: Heard, signal: Signal): Intake {
  const { state, at } = heard;
  if (state.lastSignal?.id === signal.id) return { state, answer: no(heard, 'signal-not-now', 'it was heard already').answer };
  const made = consider(heard, signal);
  const what = made.answer.kind === 'taken' ? made.answer.does : `refused: ${made.answer.reason}`;
  return { answer: made.answer, state: { ...made.state, lastSignal: { id: signal.id, at, what } } };
}

const no = ({ state }: Heard, code: SignalRefusal, reason: string): Intake => ({
  state,
  answer: { kind: 'refused', code, reason },
});
const yes = (state: SignalState, does: string): Intake => ({ state, answer: { kind: 'taken', does } });

function consider(heard: Heard, { ask }: Signal): Intake {
  switch (ask.kind) {
    case 'enter':
      return enter(heard, { direction: ask.direction, size: ask.size, limit: ask.limit, exits: ask.exits });
    case 'exit':
      return exit(heard, ask.direction, ask.size);
    case 'position':
      return strategy(heard, ask);
    case 'enable':
      return heard.state.running
        ? no(heard, 'signal-not-now', 'the bot is running already')
        : yes({ ...heard.state, running: true, stoppedBecause: null }, 'enables the bot');
    case 'disable':
      return disable(heard, ask.open);
    case 'commands':
    case 'start-trailing':
    case 'condition':
    case 'add-funds':
      return no(heard, 'signal-unsupported', `a signal bot takes no ${ask.kind}; send the custom signal or the strategy format`);
  }
}

/** A position is there, or an entry for one is on its way. */
const directionNow = ({ position, entry }: SignalState): Direction | null => position?.direction ?? entry?.direction ?? null;

const isOpen = (state: SignalState, direction: Direction): boolean =>
  directionNow(state) === direction && state.exit?.left !== null;

interface Entry {
  readonly direction: Direction;
  readonly size: SignalSize | null;
  readonly limit: SignalLimit | null;
  readonly exits: SignalExits;
}

function enter(heard: Heard, asked: Entry): Intake {
  const { settings, state, at, quote } = heard;
  const { direction } = asked;
  const isFirst = directionNow(state) === null;
  if (!state.running) return no(heard, 'signal-not-now', 'the bot is stopped; resume it first');
  if (settings.direction !== 'both' && settings.direction !== direction)
    return no(heard, 'signal-direction', `the bot goes ${settings.direction} only, not ${direction}`);
  if (state.halted) return no(heard, 'signal-not-now', `the exchange has halted ${settings.pair}`);
  if (quote === undefined) return no(heard, 'signal-not-now', `${settings.pair} has no price yet`);
  if (state.lastEntryAt !== null && at < state.lastEntryAt + settings.cooldownMs)
    return no(heard, 'signal-not-now', `the cooldown of ${settings.cooldownMs / 1000} s since the last entry is not over`);
  if (state.exit !== null) return no(heard, 'signal-not-now', 'the position is being closed');
  if (state.entry !== null && state.entry.direction === direction)
    return no(heard, 'signal-not-now', 'an entry is on its way already');
  if (!isFirst && directionNow(state) !== direction) return reverse(heard, asked);
  const filter = addingRefused(heard);
  return filter ?? enterWith(heard, asked, state);
}

/** Entries after the first: how many, and how far from the last. */
function addingRefused(heard: Heard): Intake | null {
  const { settings, state, quote } = heard;
  const { position } = state;
  if (position === null || quote === undefined) return null;
  if (position.entries >= settings.maxEntries)
    return no(heard, 'signal-position', `the position has ${position.entries} of ${settings.maxEntries} entries`);
  const last = position.lastEntryPrice;
  if (settings.addStep === 0n || last === null) return null;
  const away = BigInt(Math.abs(quote.last - last)) * 10n ** 18n;
  if (away >= BigInt(last) * settings.addStep) return null;
  return no(heard, 'signal-position', 'the price is nearer to the last entry than the step between entries');
}

function enterWith(heard: Heard, asked: Entry, state: SignalState): Intake {
  const { settings, at, quote } = heard;
  if (quote === undefined) return no(heard, 'signal-not-now', `${settings.pair} has no price yet`);
  const { direction } = asked;
  const limit = asked.limit === null ? null : limitPrice(asked.limit, state, quote, direction);
  if (asked.limit !== null && limit === null)
    return no(heard, 'signal-position', 'the limit counts from an entry price and nothing is held');
  const price = limit ?? cappedPrice(quote, entrySide(direction), settings, state.rules);
  const size = settings.sizeFrom === 'message' && asked.size !== null ? asked.size : ownSize(settings);
  const sized = entrySize(settings, state, size, direction, price);
  if (sized.kind === 'refused') return no(heard, 'signal-size', sized.reason);
  const entry: EntryTask = {
    direction,
    left: quantityAmount(sized.quantity, state.rules),
    limit,
    until: limit === null ? null : ((at + settings.limitMs) as EpochMs),
    exits: settings.exitsFrom === 'bot' ? noExits : asked.exits,
    tries: 0,
    at: null,
    reason: null,
  };
  const where = limit === null ? 'at the market' : `at ${formatAmount(BigInt(limit) * state.rules.tick)}`;
  return yes({ ...state, entry, lastEntryAt: at }, `enters ${direction} with ${formatAmount(entry.left)} ${where}`);
}

const ownSize = ({ size, sizeIn }: SignalSettings): SignalSize => ({
  amount: size,
  of: sizeIn === 'percent' ? 'investment' : sizeIn,
});

/** The opposite entry closes first. Its size is judged as if nothing were open. */
function reverse(heard: Heard, asked: Entry): Intake {
  const { state, settings } = heard;
  const closing: SignalState = { ...state, exit: exitTask(), entry: null };
  const blocked = profitBlocks(heard);
  if (blocked !== null) return blocked;
  if (settings.direction !== 'both' && settings.direction !== asked.direction)
    return yes(
      closing,
      `closes the ${other(asked.direction)}; ${asked.direction} is not entered: the bot goes ${settings.direction} only`,
    );
  const flat: SignalState = { ...closing, position: null, exit: null, book: afterExit(heard), orders: [] };
  const entered = enterWith({ ...heard, state: flat }, asked, flat);
  if (entered.answer.kind === 'refused')
    return yes(closing, `closes the ${other(asked.direction)}; ${asked.direction} is not entered: ${entered.answer.reason}`);
  const next: SignalState = { ...closing, entry: entered.state.entry, lastEntryAt: entered.state.lastEntryAt };
  return yes(next, `closes the ${other(asked.direction)}, then ${entered.answer.does}`);
}

/** The sub-book as it will be about when the open position has been closed at the price of now. */
function afterExit({ settings, state, quote }: Heard): SignalState['book'] {
  const { position } = state;
  if (position === null || quote === undefined) return state.book;
  const [base, quoteAsset] = settings.pair.split('/') as [string, string];
  const sign = position.direction === 'long' ? 1n : -1n;
  const price =
    BigInt(cappedPrice(quote, position.direction === 'long' ? 'sell' : 'buy', settings, state.rules)) * state.rules.tick;
  const value = multiply(position.held.quantity, price, 'down');
  const fee = multiply(value, settings.fee, 'up');
  return {
    ...state.book,
    [base]: ((state.book[base] ?? 0n) - sign * position.held.quantity) as Amount,
    [quoteAsset]: ((state.book[quoteAsset] ?? 0n) + sign * value - fee) as Amount,
  };
}

function profitBlocks(heard: Heard): Intake | null {
  const { settings, state, quote } = heard;
  if (settings.minProfit === 0n || state.position === null) return null;
  if (quote === undefined) return no(heard, 'signal-not-now', `${settings.pair} has no price yet`);
  const profit = profitNow(settings, state.position, quote, state.rules);
  if (profit === null || profit >= settings.minProfit * 100n) return null;
  return no(
    heard,
    'signal-position',
    `the profit of ${hundredths(profit)} % is below the least of ${hundredths(settings.minProfit * 100n)} %`,
  );
}

const hundredths = (value: bigint): string => {
  const cut = value / 10n ** 16n;
  return formatAmount(cut * 10n ** 16n);
};

function exit(heard: Heard, direction: Direction, size: SignalSize | null): Intake {
  const { settings, state } = heard;
  if (!isOpen(state, direction)) return no(heard, 'signal-position', `no ${direction} position is open`);
  const blocked = profitBlocks(heard);
  if (blocked !== null) return blocked;
  const held = state.position?.held.quantity ?? (0n as Amount);
  if (size === null || settings.sizeFrom === 'bot')
    return yes({ ...state, exit: exitTask(), entry: null }, `closes the ${direction}`);
  const part = partOf(heard, size, held);
  if (part === null) return no(heard, 'signal-not-now', `${settings.pair} has no price yet`);
  return reduceBy(heard, direction, part);
}

/** Base of a size of an exit. */
function partOf({ settings, state, quote }: Heard, size: SignalSize, held: Amount): Amount | null {
  if (size.of === 'base') return size.amount;
  if (size.of === 'position') return ((held * size.amount) / percent) as Amount;
  if (quote === undefined) return null;
  const value = size.of === 'quote' ? size.amount : (settings.maxInvestment * size.amount) / percent;
  return ((value * 10n ** 18n) / (BigInt(quote.last) * state.rules.tick)) as Amount;
}

function reduceBy(heard: Heard, direction: Direction, part: Amount): Intake {
  const { state } = heard;
  const held = state.position?.held.quantity ?? (0n as Amount);
  if (part >= held) return yes({ ...state, exit: exitTask(), entry: null }, `closes the ${direction}`);
  if (part < state.rules.lot)
    return no(heard, 'signal-size', `${formatAmount(part)} is below one lot of ${formatAmount(state.rules.lot)}`);
  return yes({ ...state, exit: exitTask({ left: part }), entry: null }, `takes ${formatAmount(part)} off the ${direction}`);
}

function strategy(heard: Heard, ask: Extract<Signal['ask'], { kind: 'position' }>): Intake {
  const { settings, state } = heard;
  const decided = decide(ask);
  if (decided.kind === 'contradiction') return no(heard, 'signal-position', decided.reason);
  const { direction } = decided;
  const scaled = (contracts: Amount): SignalSize => (ask.order.of === 'base' ? { amount: contracts, of: 'base' } : ask.order);
  const entry = (of: Direction, contracts: Amount): Entry => ({
    direction: of,
    size: scaled(contracts),
    limit: null,
    exits: noExits,
  });
  switch (decided.kind) {
    case 'enter':
      return enter(heard, entry(direction, decided.contracts));
    case 'add':
      return isOpen(state, direction)
        ? enter(heard, entry(direction, decided.contracts))
        : no(heard, 'signal-position', `the strategy adds to a ${direction} that this bot does not hold`);
    case 'close':
      return exit(heard, direction, null);
    case 'reverse':
      return isOpen(state, direction)
        ? reverse(heard, entry(other(direction), decided.contracts))
        : enter(heard, entry(other(direction), decided.contracts));
    case 'reduce': {
      if (!isOpen(state, direction)) return no(heard, 'signal-position', `no ${direction} position is open`);
      const blocked = profitBlocks(heard);
      if (blocked !== null) return blocked;
      // Where the size is not the strategy's own, what goes is the same share of what is held.
      const held = state.position?.held.quantity ?? (0n as Amount);
      const literal = ask.order.of === 'base' && settings.sizeFrom === 'message';
      const part = literal ? decided.contracts : (((held * decided.contracts) / decided.of) as Amount);
      return reduceBy(heard, direction, part);
    }
  }
}

function disable(heard: Heard, open: 'close' | 'cancel' | 'leave'): Intake {
  const { state } = heard;
  const isIdle = directionNow(state) === null;
  if (!state.running && (isIdle || open === 'leave')) return no(heard, 'signal-not-now', 'the bot is stopped already');
  const stopped: SignalState = { ...state, running: false, entry: null };
  if (isIdle || open === 'leave')
    return yes(stopped, isIdle ? 'disables the bot' : 'disables the bot; what is open goes on to its exits');
  return open === 'close'
    ? yes({ ...stopped, exit: exitTask() }, 'closes the position and disables the bot')
    : yes({ ...stopped, exit: exitTask({ drop: true }) }, 'drops the position, keeps its coins and disables the bot');
}

/** Entry as the bot is set, as the command "start deal" asks for it. */
export const ownEntry = (settings: SignalSettings): Signal['ask'] => ({
  kind: 'enter',
  direction: settings.direction === 'short' ? 'short' : 'long',
  size: null,
  limit: null,
  exits: noExits,
});
