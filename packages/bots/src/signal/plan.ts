/** What follows from the state: ways out first, then ways in, then what protects what is held. */
import {
  type Amount,
  type ClosedDeal,
  type EpochMs,
  formatAmount,
  type Intent,
  invariant,
  type Lots,
  lots,
  type OrderKind,
  priceAmount,
  type Quote,
  quantityAmount,
  type Side,
  type SignalExits,
  type Ticks,
  toLots,
  zero,
} from '@holdfast/domain';
import { backoff, putIn } from '../dca/arithmetic.ts';
import { type OrderRole, orderName } from '../order-name.ts';
import { cancelOf, newOco, newOrder } from '../orders/live-orders.ts';
import { ocoIntent } from '../orders/oco.ts';
import { withPosition } from './facts.ts';
import { protect } from './protect.ts';
import type { SignalSettings } from './settings.ts';
import { affordable, cappedPrice, entrySide, exitQuantity, exitSide, freeQuote, isTradable, marketPrice } from './sizes.ts';
import type { EntryTask, ExitTask, Position, Role, SignalOrder, SignalState, Target } from './state.ts';

export interface Turn {
  readonly settings: SignalSettings;
  readonly at: EpochMs;
  readonly quote: Quote | undefined;
  state: SignalState;
  readonly intents: Intent[];
  needsQuote: boolean;
}

const nothing = { quantity: zero, cost: zero };
const closedKept = 20;
const roleName = { entry: 'base', 'take-profit': 'take-profit', stop: 'stop-loss', exit: 'close' } as const satisfies Record<
  Role,
  OrderRole
>;

export function plan(turn: Turn): void {
  if (turn.state.exit !== null) planExit(turn);
  if (turn.state.exit !== null) return;
  if (turn.state.entry !== null) planEntry(turn);
  if (turn.state.position !== null) protect(turn);
  // A target or a watched stop may have been reached now.
  if (turn.state.exit !== null) planExit(turn);
  endIfOver(turn);
}

// Ways out

function planExit(turn: Turn): void {
  const task = turn.state.exit as ExitTask;
  for (const order of turn.state.orders) if (order.order !== 'ioc') cancel(turn, order);
  if (turn.state.orders.length > 0) return;
  const { position } = turn.state;
  if (position === null || task.drop) {
    done(turn, task);
    return;
  }
  const { settings, state } = turn;
  const side = exitSide(position.direction);
  const quantity = exitQuantity(settings, state, position, task.left);
  if (task.left === zero || quantity === 0 || position.held.quantity === 0n) {
    done(turn, task);
    return;
  }
  if (state.halted || (task.at !== null && turn.at < task.at)) return;
  if (turn.quote === undefined) {
    turn.needsQuote = true;
    return;
  }
  const limit = cappedPrice(turn.quote, side, settings, state.rules);
  const price = side === 'buy' ? marketPrice(turn.quote, side) : limit;
  if (!isTradable(quantity, price, state.rules)) {
    done(turn, task);
    return;
  }
  const can = side === 'buy' ? affordable(settings, state, quantity, limit) : quantity;
  if (isTradable(can, price, state.rules)) place(turn, 'exit', side, 'ioc', can, limit, 0);
  else waitForFunds(turn, task, quantity);
}

function waitForFunds(turn: Turn, task: ExitTask, quantity: Lots): void {
  const { state, settings } = turn;
  const reason = `${formatAmount(quantityAmount(quantity, state.rules))} are to be bought back and ${formatAmount(freeQuote(settings, state))} are left for it`;
  const at = backoff(turn.at, task.tries, settings.retryMs, 900_000);
  turn.state = { ...state, exit: { ...task, tries: task.tries + 1, at, reason } };
}

/** Nothing more of it can be traded: the position ends if it was asked to, else what is left goes on. */
function done(turn: Turn, task: ExitTask): void {
  const { position } = turn.state;
  turn.state = { ...turn.state, exit: null };
  if (position === null) return;
  if (task.step !== null)
    turn.state = withPosition(turn.state, {
      targets: position.targets.map((each, index) => (index === task.step ? { ...each, over: true } : each)),
    });
  if (task.left === null || task.drop) {
    const whole = position.bought > 0n && position.sold > 0n;
    end(turn, task.drop ? 'cancelled' : whole ? task.ending : 'too-small');
  }
}

/** The position is over. What a long still holds is kept for the owner if it was dropped, else carried into the next one. */
function end(turn: Turn, ending: ClosedDeal['ending']): void {
  const { state, settings, at } = turn;
  const position = state.position as Position;
  invariant(state.orders.length === 0, 'a position ends without orders');
  const entered = position.entered.base > 0n;
  const rest = position.direction === 'long' ? position.held : nothing;
  const closed: ClosedDeal = {
    number: position.number,
    pair: settings.pair,
    openedAt: position.openedAt,
    closedAt: at,
    ending: entered ? ending : 'no-entry',
    bought: position.bought,
    sold: position.sold,
    spent: position.spent,
    cost: position.cost,
    proceeds: position.proceeds,
    profit: (position.proceeds - position.cost) as Amount,
    fees: null,
    averagingOrdersFilled: Math.max(position.entries - 1, 0),
  };
  const isKept = ending === 'cancelled';
  turn.state = {
    ...state,
    position: null,
    dust: isKept ? state.dust : putIn(state.dust, rest.quantity, rest.cost),
    kept: isKept ? putIn(state.kept, rest.quantity, rest.cost) : state.kept,
    dealsClosed: state.dealsClosed + (entered ? 1 : 0),
    closed: [...state.closed, closed].slice(-closedKept),
  };
}

function endIfOver(turn: Turn): void {
  const { position, entry, exit, orders, rules } = turn.state;
  if (position === null || entry !== null || exit !== null || orders.length > 0) return;
  const { quantity } = position.held;
  const isNothing = toLots(quantity, rules, 'down') === 0;
  const unsellable =
    turn.quote !== undefined &&
    !isTradable(
      exitQuantity(turn.settings, turn.state, position, null),
      marketPrice(turn.quote, exitSide(position.direction)),
      rules,
    );
  if (!isNothing && !unsellable) return;
  end(turn, position.bought > 0n && position.sold > 0n ? position.lastExit : 'too-small');
}

// Ways in

function planEntry(turn: Turn): void {
  const task = turn.state.entry as EntryTask;
  const order = turn.state.orders.find(({ role }) => role === 'entry');
  if (order !== undefined) {
    if (task.until !== null && turn.at >= task.until) cancel(turn, order);
    return;
  }
  const { settings, state } = turn;
  const wanted = toLots(task.left, state.rules, 'down');
  const isLate = task.until !== null && turn.at >= task.until;
  if (wanted === 0 || isLate || task.tries >= settings.entryAttempts) {
    turn.state = { ...state, entry: null };
    return;
  }
  if (state.halted || (task.at !== null && turn.at < task.at)) return;
  if (turn.quote === undefined) {
    turn.needsQuote = true;
    return;
  }
  const side = entrySide(task.direction);
  const limit = task.limit ?? cappedPrice(turn.quote, side, settings, state.rules);
  const quantity = side === 'buy' ? affordable(settings, state, wanted, limit) : wanted;
  if (!isTradable(quantity, limit, state.rules)) {
    turn.state = { ...state, entry: null };
    return;
  }
  if (task.tries === 0 || state.position === null) open(turn, task);
  place(turn, 'entry', side, task.limit === null ? 'ioc' : 'limit', quantity, limit, 0);
}

/** A new position, or one entry more of the one that is there. */
function open(turn: Turn, { direction, exits }: EntryTask): void {
  const { state, at, settings } = turn;
  const fresh = (targets: SignalExits['targets']): readonly Target[] =>
    (targets ?? []).map((target) => ({ ...target, over: false, peak: null }));
  if (state.position !== null) {
    const more = state.position.entered.base > 0n ? 1 : 0;
    const taken = exits.targets === null ? {} : { targets: fresh(exits.targets) };
    turn.state = withPosition(state, {
      ...taken,
      stop: exits.stop ?? state.position.stop,
      entries: state.position.entries + more,
    });
    return;
  }
  const isLong = direction === 'long';
  turn.state = {
    ...state,
    number: state.number + 1,
    dust: isLong ? nothing : state.dust,
    position: {
      number: state.number + 1,
      direction,
      openedAt: at,
      sequence: 1,
      held: isLong ? state.dust : nothing,
      entered: { base: zero, value: zero },
      firstEntry: { base: zero, value: zero },
      entries: 1,
      lastEntryPrice: null,
      targets: fresh(exits.targets ?? settings.exits.targets),
      stop: exits.stop ?? settings.exits.stop,
      peak: null,
      stopCannotRest: null,
      protectAgainAt: null,
      protectTries: 0,
      bought: zero,
      sold: zero,
      spent: zero,
      received: zero,
      cost: zero,
      proceeds: zero,
      lastExit: 'closed',
    },
  };
}

// Orders

export function place(
  turn: Turn,
  role: Role,
  side: Side,
  order: OrderKind,
  quantity: Lots,
  limit: Ticks,
  step: number,
  trigger: Ticks | null = null,
): void {
  const { state, settings } = turn;
  const position = state.position as Position;
  const { rules, bot } = state;
  const made = newOrder(
    {
      id: orderName({ bot, deal: position.number, role: roleName[role], sequence: position.sequence }),
      pair: settings.pair,
      side,
      order,
      quantity: quantityAmount(lots(Math.min(quantity, rules.maxQuantity)), rules),
      limit: priceAmount(limit, rules),
      ...(trigger === null ? {} : { trigger: priceAmount(trigger, rules) }),
    },
    { role, step },
  );
  turn.intents.push(made.intent);
  turn.state = withPosition({ ...state, orders: [...state.orders, made.order] }, { sequence: position.sequence + 1 });
}

/** A target and the stop, of which the exchange keeps one. */
export function placeOco(
  turn: Turn,
  step: number,
  quantity: Lots,
  limit: Ticks,
  stop: { readonly trigger: Ticks; readonly limit: Ticks },
): void {
  const { state, settings } = turn;
  const position = state.position as Position;
  const name = { bot: state.bot, deal: position.number, sequence: position.sequence };
  const most = lots(Math.min(quantity, state.rules.maxQuantity));
  const intent = ocoIntent({ name, pair: settings.pair, side: 'sell', quantity: most, limit, stop }, state.rules);
  const legs = newOco<Pick<SignalOrder, 'role' | 'step'>>(intent, {
    limit: { role: 'take-profit', step },
    stop: { role: 'stop', step },
  });
  turn.intents.push(intent);
  turn.state = withPosition({ ...state, orders: [...state.orders, ...legs] }, { sequence: position.sequence + 1 });
}

/** Asks for an order to go, once; only the exchange's answer takes it off our list. */
export function cancel(turn: Turn, order: SignalOrder): void {
  const { orders, intent } = cancelOf(turn.state.orders, order, turn.at);
  if (intent === null) return;
  turn.intents.push(intent);
  turn.state = { ...turn.state, orders };
}
