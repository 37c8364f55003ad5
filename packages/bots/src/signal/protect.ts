/**
 * What protects an open position. Of a long, targets and stop rest together as OCOs where the exchange's filters allow it
 * (`orders/pairing.ts`). Else the stop rests; then the take profits are watched and sell by taking the stop off first, since the
 * same coins cannot be on offer twice. Without a stop, limit targets rest and the others are watched.
 */
import { type Amount, divide, type Lots, priceAmount, type Quote, type Ticks, type Wake, zero } from '@holdfast/domain';
import { lowered, raised } from '../dca/arithmetic.ts';
import { isAskedAgain } from '../orders/given-up.ts';
import { twinIn } from '../orders/live-orders.ts';
import { type Goal, pairExits, restsPaired } from '../orders/pairing.ts';
import { withPosition } from './facts.ts';
import { exitTask } from './intake.ts';
import { cancel, place, placeOco, type Turn } from './plan.ts';
import type { SignalSettings } from './settings.ts';
import { affordable, averageEntry, exitQuantity, exitSide, isTradable, marketPrice, moved, onTick, percent } from './sizes.ts';
import type { Position, SignalOrder, SignalState, Target } from './state.ts';

export function protect(turn: Turn): void {
  watch(turn);
  const { halted } = turn.state;
  if (turn.state.position === null || turn.state.exit !== null || halted) return;
  askForStopAgain(turn);
  const { position } = turn.state;
  if (position === null) return;
  const wanted = wantedOrders(turn.settings, turn.state, position, turn.quote?.last);
  let isClear = true;
  for (const order of turn.state.orders) {
    if (order.role !== 'stop' && order.role !== 'take-profit') continue;
    if (wanted.some((each) => isSame(each, order, turn.state)) || isTriggered(turn, order)) continue;
    cancel(turn, order);
    isClear = false;
  }
  if (!isClear || (position.protectAgainAt !== null && turn.at < position.protectAgainAt)) return;
  for (const each of wanted) {
    if (turn.state.orders.some((order) => isSame(each, order, turn.state) || isTriggered(turn, order))) continue;
    if (each.stop !== undefined) {
      placeOco(turn, each.step, each.quantity, each.limit, each.stop);
      continue;
    }
    const trigger = each.role === 'stop' ? each.trigger : null;
    place(
      turn,
      each.role,
      exitSide(position.direction),
      trigger === null ? 'limit' : 'stop-limit',
      each.quantity,
      each.limit,
      each.step,
      trigger,
    );
  }
}

/** A stop that was given up, once its wait is over. */
function askForStopAgain(turn: Turn): void {
  const { position } = turn.state;
  if (position?.stopCannotRest && isAskedAgain(position.stopGivenUp, turn.at))
    turn.state = withPosition(turn.state, { stopCannotRest: null, protectAgainAt: null });
}

interface Wanted {
  readonly role: 'stop' | 'take-profit';
  readonly step: number;
  readonly quantity: Lots;
  readonly limit: Ticks;
  readonly trigger: Ticks | null;
  /** Of a target that rests together with the stop. */
  readonly stop?: { readonly trigger: Ticks; readonly limit: Ticks };
}

/** Whether an order at the exchange is what is wanted, or a leg of it. */
function isSame(wanted: Wanted, order: SignalOrder, state: SignalState): boolean {
  const twin = twinIn(state.orders, order);
  const { stop, ...target } = wanted;
  if (stop === undefined) return twin === undefined && isOrder(wanted, order, state);
  if (twin === undefined) return false;
  const [limit, cut] = order.role === 'stop' ? [twin, order] : [order, twin];
  return (
    isOrder(target, limit, state) && isOrder({ ...target, role: 'stop', limit: stop.limit, trigger: stop.trigger }, cut, state)
  );
}

/** A stop of an OCO that the exchange has triggered sells by itself; what the market has left behind is watched. */
const isTriggered = ({ state }: Turn, order: SignalOrder): boolean =>
  order.role === 'stop' && order.twin !== undefined && twinIn(state.orders, order) === undefined;

const isOrder = ({ role, step, quantity, limit, trigger }: Wanted, order: SignalOrder, { rules }: SignalState): boolean =>
  order.role === role &&
  order.step === step &&
  order.limit === priceAmount(limit, rules) &&
  order.trigger === (trigger === null ? null : priceAmount(trigger, rules)) &&
  // A part of it may be filled: what is left is what is wanted.
  order.quantity - order.filled === BigInt(quantity) * rules.lot;

export const stopRests = (position: Position): boolean => position.stop !== null && position.stopCannotRest === null;

/** Targets and stop of a long that rest together; null where they do not. */
function pairing(settings: SignalSettings, state: SignalState, position: Position, last: Ticks | undefined) {
  const { rules } = state;
  const trigger = stopLevel(state, position);
  const isOff = position.direction === 'short' || position.stopCannotPair !== undefined || !stopRests(position);
  if (trigger === null || isOff) return null;
  const limit = stopLimit(settings, position, trigger);
  const goals = targetsResting(settings, state, position).map(
    ({ step, limit: at, quantity }): Goal => ({
      step,
      limit: at,
      quantity,
      isPaired: restsPaired(state.orders, priceAmount(at, rules), (order) => order.step === step),
    }),
  );
  const stop = { trigger, limit };
  const paired = pairExits({ rules, last, goals, stop, whole: exitQuantity(settings, state, position, null) });
  return paired === null ? null : { ...paired, stop };
}

function wantedOrders(
  settings: SignalSettings,
  state: SignalState,
  position: Position,
  last: Ticks | undefined,
): readonly Wanted[] {
  const { rules } = state;
  const paired = pairing(settings, state, position, last);
  if (paired !== null) {
    const { together, alone, rest, stop } = paired;
    const target = ({ step, limit, quantity }: Goal): Wanted => ({ role: 'take-profit', step, quantity, limit, trigger: null });
    const whole: readonly Wanted[] = rest > 0 ? [{ role: 'stop', step: 0, quantity: rest, ...stop }] : [];
    return [...together.map((goal) => ({ ...target(goal), stop })), ...alone.map(target), ...whole];
  }
  const level = stopLevel(state, position);
  if (level !== null && stopRests(position)) {
    const limit = stopLimit(settings, position, level);
    const whole = exitQuantity(settings, state, position, null);
    const quantity = position.direction === 'short' ? affordable(settings, withoutOrders(state), whole, limit) : whole;
    return isTradable(quantity, limit, rules) ? [{ role: 'stop', step: 0, quantity, limit, trigger: level }] : [];
  }
  return position.stop === null ? targetsResting(settings, state, position) : [];
}

/** Targets that can wait at the exchange. */
function targetsResting(settings: SignalSettings, state: SignalState, position: Position): readonly Wanted[] {
  const { rules } = state;
  const parts = targetParts(settings, state, position);
  return position.targets.flatMap((target, step): Wanted[] => {
    const limit = targetPrice(state, position, target);
    const quantity = parts[step] as Lots;
    const rests = target.order === 'limit' && target.trailing === 0n && !target.over;
    // What a short gives for its coins it has from their sale, but for what the price lost meanwhile.
    return rests && limit !== null && isTradable(quantity, limit, rules)
      ? [{ role: 'take-profit', step, quantity, limit, trigger: null }]
      : [];
  });
}

const withoutOrders = (state: SignalState): SignalState => ({
  ...state,
  orders: state.orders.filter(({ role }) => role === 'entry'),
});

/** Lots of each target that is not over: its share of what was entered, the last of them the rest. */
function targetParts(settings: SignalSettings, state: SignalState, position: Position): readonly Lots[] {
  let rest = exitQuantity(settings, state, position, null) as number;
  const open = position.targets.flatMap(({ over }, index) => (over ? [] : [index]));
  return position.targets.map((target, index) => {
    if (target.over) return 0 as Lots;
    const own =
      index === open.at(-1) ? rest : Math.min(exitQuantity(settings, state, position, partOf(state, position, target)), rest);
    const filled = state.orders.find(({ role, step }) => role === 'take-profit' && step === index)?.filled ?? zero;
    const left = index === open.at(-1) ? own : Math.max(own - Number(filled / state.rules.lot), 0);
    rest -= left;
    return left as Lots;
  });
}

/** Base of a target: its share of all that was entered, down to the lot. */
const partOf = ({ rules }: SignalState, { entered }: Position, { share }: Target): Amount =>
  (((entered.base * share) / percent / rules.lot) * rules.lot) as Amount;

/** Where a target lies: on the tick, never nearer than asked. */
export function targetPrice({ rules }: SignalState, position: Position, target: Target): Ticks | null {
  const average = averageEntry(position.entered);
  if (average === null) return null;
  return onTick(moved(average, target.percent, position.direction), rules, position.direction === 'long' ? 'up' : 'down');
}

/** Where the loss is cut: never farther than asked. */
export function stopLevel({ rules }: SignalState, position: Position): Ticks | null {
  const average = averageEntry(position.entered);
  if (average === null || position.stop === null || position.held.quantity === 0n) return null;
  const price = moved(average, -position.stop.percent, position.direction);
  return price <= 0n ? null : onTick(price, rules, position.direction === 'long' ? 'up' : 'down');
}

function stopLimit(settings: SignalSettings, position: Position, level: Ticks): Ticks {
  const gap = position.stop?.order === 'limit' ? 0n : settings.slippage;
  return position.direction === 'long' ? lowered(level, gap) : raised(level, gap);
}

const isAtLeast = (direction: Position['direction'], price: Ticks, level: Ticks): boolean =>
  direction === 'long' ? price >= level : price <= level;

/** Looks at the prices of now for what does not rest. */
function watch(turn: Turn): void {
  const { quote, state, settings } = turn;
  const { position } = state;
  if (quote === undefined || position === null || position.entered.base === 0n || position.held.quantity === 0n) return;
  const level = stopLevel(state, position);
  const rests = isResting(settings, state, position);
  const gone = level === null ? null : rests ? stopLimit(settings, position, level) : level;
  // A resting stop that the price has jumped past does not fill any more.
  const isPast = gone !== null && !isAtLeast(position.direction, quote.last, gone) && quote.last !== gone;
  const isAtWatched = gone !== null && !rests && (quote.last === gone || isPast);
  if (isPast || isAtWatched || trailedOut(turn, quote)) {
    turn.state = { ...turn.state, exit: exitTask({ ending: 'stop-loss' }), entry: null };
    return;
  }
  watchTargets(turn, quote);
}

/** Whether its stop is at the exchange, or on its way there, for all that is held. */
const isResting = (settings: SignalSettings, state: SignalState, position: Position): boolean =>
  stopRests(position) && state.orders.some(({ role }) => role === 'stop') && !lacksStop(settings, state, position);

/** A target that was filled in part has taken its stop with it; until it rests again the price is watched for the stop. */
function lacksStop(settings: SignalSettings, state: SignalState, position: Position): boolean {
  if (pairing(settings, state, position, undefined) === null) return false;
  return state.orders.some(
    (order) => order.role === 'take-profit' && order.status === 'open' && twinIn(state.orders, order) === undefined,
  );
}

/** The stop follows the best price since the entry; whether the price came back far enough. */
function trailedOut(turn: Turn, quote: Quote): boolean {
  const position = turn.state.position as Position;
  if (position.stop === null || position.stop.trailing === 0n) return false;
  const peak = position.peak === null || isAtLeast(position.direction, quote.last, position.peak) ? quote.last : position.peak;
  if (peak !== position.peak) turn.state = withPosition(turn.state, { peak });
  return hasRetraced(position.direction, peak, quote.last, position.stop.trailing);
}

const hasRetraced = (direction: Position['direction'], peak: Ticks, price: Ticks, by: bigint): boolean =>
  (direction === 'long' ? peak - price : price - peak) >= retraceTicks(peak, by);

/** Distance of a trailing price from its extreme, in ticks, at least one; `by` is percent. */
const retraceTicks = (peak: Ticks, by: bigint): number => Math.max(Number(divide(BigInt(peak) * by, percent, 'up')), 1);

function watchTargets(turn: Turn, quote: Quote): void {
  const position = turn.state.position as Position;
  const step = nextWatched(turn.settings, turn.state, position);
  if (step === null) return;
  const target = position.targets[step] as Target;
  const level = targetPrice(turn.state, position, target);
  const price = marketPrice(quote, exitSide(position.direction));
  if (level === null) return;
  const isReached = isAtLeast(position.direction, price, level);
  if (target.peak === null && !isReached) return;
  if (target.trailing > 0n) {
    const peak = target.peak === null || isAtLeast(position.direction, quote.last, target.peak) ? quote.last : target.peak;
    if (peak !== target.peak) {
      const targets = position.targets.map((each, index) => (index === step ? { ...each, peak } : each));
      turn.state = withPosition(turn.state, { targets });
    }
    if (!hasRetraced(position.direction, peak, quote.last, target.trailing)) return;
  }
  const isLast = position.targets.every((each, index) => each.over || index === step);
  const left = isLast ? null : partOf(turn.state, position, target);
  turn.state = { ...turn.state, exit: exitTask({ left, step, ending: 'take-profit' }) };
}

/** The nearest target that does not rest and is not done. */
function nextWatched(settings: SignalSettings, state: SignalState, position: Position): number | null {
  const rests = position.stop === null || pairing(settings, state, position, undefined) !== null;
  const index = position.targets.findIndex(
    (target) => !target.over && (!rests || target.order === 'market' || target.trailing > 0n),
  );
  return index === -1 ? null : index;
}

/** Prices at which `watch` has something to do. */
export function watchWakes(settings: SignalSettings, state: SignalState): readonly Wake[] {
  const { position } = state;
  const { pair } = settings;
  if (position === null || position.entered.base === 0n || state.exit !== null) return [];
  const isLong = position.direction === 'long';
  const [gain, loss] = isLong ? (['at-or-above', 'at-or-below'] as const) : (['at-or-below', 'at-or-above'] as const);
  const wakes: Wake[] = [];
  const level = stopLevel(state, position);
  if (level !== null) {
    const past = stopLimit(settings, position, level) + (isLong ? -1 : 1);
    const rests = isResting(settings, state, position);
    const price = rests ? (Math.max(past, 1) as Ticks) : level;
    wakes.push({ kind: 'price', pair, of: 'last', when: loss, price });
  }
  const extreme = isLong ? 'high' : 'low';
  if (position.stop !== null && position.stop.trailing > 0n && position.peak !== null)
    wakes.push({
      kind: 'retrace',
      pair,
      extreme,
      from: position.peak,
      by: retraceTicks(position.peak, position.stop.trailing) as Ticks,
    });
  // A target without its stop rests with one again when the market has left it.
  for (const order of state.orders)
    if (lacksStop(settings, state, position) && order.role === 'take-profit' && twinIn(state.orders, order) === undefined)
      wakes.push({
        kind: 'price',
        pair,
        of: 'last',
        when: 'at-or-below',
        price: (Number(order.limit / state.rules.tick) - 1) as Ticks,
      });
  const step = nextWatched(settings, state, position);
  const target = step === null ? undefined : position.targets[step];
  const price = target === undefined ? null : targetPrice(state, position, target);
  if (target === undefined || price === null) return wakes;
  if (target.peak !== null)
    wakes.push({ kind: 'retrace', pair, extreme, from: target.peak, by: retraceTicks(target.peak, target.trailing) as Ticks });
  else wakes.push({ kind: 'price', pair, of: isLong ? 'bid' : 'ask', when: gain, price });
  return wakes;
}
