/** The rebalancing bot: facts, whether a run begins, and the orders of the run. */
import {
  type Amount,
  type BotCommand,
  type BotEvent,
  baseOf,
  type ClosedDeal,
  type EpochMs,
  type Intent,
  multiply,
  nextTime,
  type Pair,
  priceAmount,
  quantityAmount,
  type Ticks,
  type Wake,
  zero,
} from '@holdfast/domain';
import { type BotBirth, type StepResult, unchanged } from '../bot-kind.ts';
import { feeValue, takeOut } from '../dca/arithmetic.ts';
import { askAgainAt } from '../dca/refusals.ts';
import { orderName } from '../order-name.ts';
import { type LiveOrder, newOrder, type OrderNews, tell } from '../orders/live-orders.ts';
import { feeInQuote, held, postFill, withFee } from '../orders/sub-book.ts';
import { type Market, planRebalance, type RebalancePlan } from './plan.ts';
import type { RebalanceSettings } from './settings.ts';
import type { RebalanceState, Run, Trade } from './state.ts';

/** Closed deals that are kept to be told: more than two runs can make. */
const closedKept = 64;
/** After a run that could not finish the threshold waits too. */
const pauseMs = 60_000;

export const initial = (_settings: RebalanceSettings, birth: BotBirth): RebalanceState => ({
  v: 1,
  bot: birth.bot,
  rules: birth.rules,
  running: true,
  stoppedBecause: null,
  halted: [],
  book: birth.allotted,
  orders: [],
  sequence: 1,
  nextAt: null,
  run: null,
  runs: 0,
  deals: 0,
  costs: null,
  realised: zero,
  dealsClosed: 0,
  closed: [],
  holdup: null,
});

export function step(settings: RebalanceSettings, state: RebalanceState, event: BotEvent): StepResult<RebalanceState> {
  const known = withCosts(settings, withFacts(settings, state, event), event);
  // B4: what is said twice does not even look at the clock.
  if (known === state && (event.kind === 'order-event' || event.kind === 'refused')) return unchanged;
  const intents: Intent[] = [];
  const plan = planNow(settings, known, event);
  let next = withStart(settings, known, plan, event.at);
  if (next.halted.length === 0) next = acted(settings, next, event, intents);
  if (next === state && intents.length === 0 && event.kind !== 'woken' && event.kind !== 'started') return unchanged;
  return { state: next, intents, wakes: wakesOf(settings, next, event, plan) };
}

/** What the bot would order now, without ordering it: the dry run. */
export const planNow = (
  settings: RebalanceSettings,
  state: RebalanceState,
  { quotes }: Pick<BotEvent, 'quotes'>,
): RebalancePlan | null => {
  const markets = new Map<Pair, Market>();
  for (const { pair } of settings.targets) {
    const [rules, quote] = [state.rules[pair], quotes.get(pair)];
    if (rules !== undefined && quote !== undefined) markets.set(pair, { rules, quote });
  }
  return planRebalance(settings, state.book, markets, state.run?.phase !== 'buying');
};

function withFacts(settings: RebalanceSettings, state: RebalanceState, event: BotEvent): RebalanceState {
  switch (event.kind) {
    case 'order-event':
    case 'refused':
      return told(settings, state, event);
    case 'filters-changed':
      return settings.targets.some(({ pair }) => pair === event.rules.pair)
        ? { ...state, rules: { ...state.rules, [event.rules.pair]: event.rules } }
        : state;
    case 'pair-halted': {
      if (event.halted === state.halted.includes(event.pair)) return state;
      const others = state.halted.filter((pair) => pair !== event.pair);
      return { ...state, halted: event.halted ? [...others, event.pair] : others };
    }
    case 'command':
      return refuses(state, event.command, event.pair) === null ? commanded(settings, state, event.command, event.at) : state;
    default:
      return state;
  }
}

export function refuses(state: RebalanceState, { name }: BotCommand, pair?: Pair): string | null {
  if (pair !== undefined) return 'A rebalancing bot trades all its pairs together; leave the pair out.';
  switch (name) {
    case 'start-deal':
      if (!state.running) return 'The bot is stopped; resume it first.';
      return state.run === null ? null : `Run ${state.run.number} is going on.`;
    case 'stop':
      return state.running ? null : 'The bot is stopped already.';
    case 'resume':
      return state.running ? 'The bot is running already.' : null;
    case 'cancel-deal':
      return state.run === null ? 'No run is going on.' : null;
    default:
      return `A rebalancing bot does not know the command "${name}".`;
  }
}

function commanded(settings: RebalanceSettings, state: RebalanceState, { name }: BotCommand, at: EpochMs): RebalanceState {
  if (name === 'start-deal') return begun(state, 'command', at);
  if (name === 'stop') return { ...state, running: false };
  if (name === 'cancel-deal') return cutShort(settings, state, at);
  const nextAt = settings.schedule === null ? null : nextTime(settings.schedule, at);
  return { ...state, running: true, stoppedBecause: null, nextAt };
}

const begun = (state: RebalanceState, why: Run['why'], startedAt: EpochMs): RebalanceState => ({
  ...state,
  runs: state.runs + 1,
  run: { number: state.runs + 1, startedAt, why, phase: 'selling', tries: 0, trades: {} },
  holdup: null,
});

/** The run ends as soon as its orders are answered. */
function cutShort(settings: RebalanceSettings, state: RebalanceState, at: EpochMs): RebalanceState {
  if (state.run === null) return state;
  const last: RebalanceState = { ...state, run: { ...state.run, phase: 'buying', tries: settings.attempts }, holdup: null };
  return state.orders.length > 0 ? last : ended(last, at);
}

/** G5. */
function ended(state: RebalanceState, closedAt: EpochMs): RebalanceState {
  const traded = Object.entries(state.run?.trades ?? {}).filter(([, { bought, sold }]) => bought > 0n || sold > 0n);
  const closed = traded.map(([pair, trade]): ClosedDeal => {
    const { cost, proceeds, fees = null } = trade;
    const profit = (proceeds - cost) as Amount;
    return { ...trade, pair: pair as Pair, closedAt, ending: 'rebalanced', profit, fees, averagingOrdersFilled: 0 };
  });
  return {
    ...state,
    run: null,
    holdup: null,
    dealsClosed: state.dealsClosed + closed.length,
    realised: closed.reduce((sum, { profit }) => sum + profit, state.realised as bigint) as Amount,
    closed: closed.length === 0 ? state.closed : [...state.closed, ...closed].slice(-closedKept),
  };
}

/** Coins that were there at the start count at the price that is known first. */
function withCosts(settings: RebalanceSettings, state: RebalanceState, { quotes }: BotEvent): RebalanceState {
  if (state.costs !== null) return state;
  const costs: Record<string, Amount> = {};
  for (const { pair } of settings.targets) {
    const [rules, quote] = [state.rules[pair], quotes.get(pair)];
    if (rules === undefined || quote === undefined) return state;
    costs[baseOf(pair)] = multiply(held(state.book, baseOf(pair)), priceAmount(quote.bid, rules), 'down');
  }
  return { ...state, costs };
}

function told(settings: RebalanceSettings, state: RebalanceState, event: BotEvent): RebalanceState {
  const { orders, news } = tell(state.orders, event, settings.retryMs);
  const next = orders === state.orders ? state : { ...state, orders };
  if (news.kind === 'filled') {
    return filled(settings, next, news);
  }
  if (news.kind === 'over') return rested(settings, next, event.at, `order ${news.order.id} found too little`, 'soon');
  if (news.kind !== 'refused') return next;
  const { how, code, reason } = news;
  if (how === 'never') return cutShort(settings, { ...next, running: false, stoppedBecause: { code, reason } }, event.at);
  return rested(settings, next, event.at, `${reason} (${code})`, how);
}

function filled(
  settings: RebalanceSettings,
  state: RebalanceState,
  { order: { pair, side }, fill }: Extract<OrderNews<LiveOrder>, { kind: 'filled' }>,
): RebalanceState {
  const base = baseOf(pair);
  const { book, posted } = postFill(state.book, pair, side, fill);
  const value = multiply(fill.quantity, fill.price, 'up');
  const third = posted.third === 0n ? zero : feeValue(value, settings);
  const before = { quantity: held(state.book, base), cost: state.costs?.[base] ?? zero };
  const trade = state.run?.trades[pair];
  const isBuy = side === 'buy';
  const spent = (third - posted.quote) as Amount;
  const { rest, cost } = isBuy
    ? { rest: { cost: (before.cost + spent) as Amount }, cost: zero }
    : takeOut(before, -posted.base as Amount);
  const fees = withFee(trade?.fees, feeInQuote(pair, fill, settings.fee));
  const counted: Trade | undefined =
    trade && isBuy
      ? { ...trade, ...fees, bought: (trade.bought + posted.base) as Amount, spent: (trade.spent + spent) as Amount }
      : trade && {
          ...trade,
          ...fees,
          sold: (trade.sold + fill.quantity) as Amount,
          cost: (trade.cost + cost) as Amount,
          proceeds: (trade.proceeds + posted.quote - third) as Amount,
        };
  return {
    ...state,
    book,
    costs: { ...state.costs, [base]: rest.cost },
    run: state.run && counted ? { ...state.run, trades: { ...state.run.trades, [pair]: counted } } : state.run,
  };
}

function rested(settings: RebalanceSettings, state: RebalanceState, at: EpochMs, reason: string, how: 'soon' | 'later') {
  const tries = state.holdup?.tries ?? 0;
  return { ...state, holdup: { at: askAgainAt(how, at, tries, settings.retryMs), tries: tries + 1, reason } };
}

/** By time, or because a share has strayed. Times that were missed make one run. */
function withStart(settings: RebalanceSettings, state: RebalanceState, plan: RebalancePlan | null, at: EpochMs): RebalanceState {
  const { schedule, threshold } = settings;
  let next = state;
  if (schedule !== null && state.nextAt === null) next = { ...next, nextAt: nextTime(schedule, (at - 1) as EpochMs) };
  const isTime = schedule !== null && next.nextAt !== null && at >= next.nextAt;
  if (isTime) next = { ...next, nextAt: nextTime(schedule, at) };
  if (!next.running || next.run !== null || next.orders.length > 0) return next;
  if (isTime) return begun(next, 'time', at);
  const hasStrayed = threshold > 0n && plan !== null && plan.drift >= threshold && plan.rows.some(({ order }) => order !== null);
  const isHeldUp = next.holdup !== null && at < next.holdup.at;
  return hasStrayed && !isHeldUp ? begun(next, 'threshold', at) : next;
}

/** Sells, then buys; each phase at most `attempts` rounds of orders. */
function acted(settings: RebalanceSettings, state: RebalanceState, event: BotEvent, intents: Intent[]): RebalanceState {
  const { run } = state;
  const { at } = event;
  if (run === null || state.orders.length > 0 || (state.holdup !== null && at < state.holdup.at)) return state;
  const plan = planNow(settings, state, event);
  if (plan === null) return state;
  const side = run.phase === 'selling' ? 'sell' : 'buy';
  const due = plan.rows.filter(({ order }) => order?.side === side);
  if (due.length === 0 || run.tries >= settings.attempts) {
    if (run.phase === 'selling')
      return acted(settings, { ...state, run: { ...run, phase: 'buying', tries: 0 }, holdup: null }, event, intents);
    const rest = { at: (at + pauseMs) as EpochMs, tries: 0, reason: 'the pause after a run' };
    return { ...ended(state, at), holdup: rest };
  }
  let next: RebalanceState = { ...state, run: { ...run, tries: run.tries + 1 } };
  for (const { pair, order: wanted } of due) {
    const rules = state.rules[pair];
    if (wanted === null || rules === undefined) continue;
    next = withTrade(next, pair, at);
    const { order, intent } = newOrder(
      {
        id: orderName({ bot: state.bot, deal: next.run?.trades[pair]?.number ?? 0, role: 'balance', sequence: next.sequence }),
        pair,
        side,
        order: 'ioc',
        quantity: quantityAmount(wanted.quantity, rules),
        limit: priceAmount(wanted.limit, rules),
      },
      {},
    );
    intents.push(intent);
    next = { ...next, sequence: next.sequence + 1, orders: [...next.orders, order] };
  }
  return next;
}

/** The deal that orders of this pair belong to in this run. */
function withTrade(state: RebalanceState, pair: Pair, openedAt: EpochMs): RebalanceState {
  if (state.run === null || state.run.trades[pair] !== undefined) return state;
  const number = state.deals + 1;
  const trade: Trade = { number, openedAt, bought: zero, sold: zero, spent: zero, cost: zero, proceeds: zero, fees: zero };
  return { ...state, deals: number, run: { ...state.run, trades: { ...state.run.trades, [pair]: trade } } };
}

function wakesOf(
  settings: RebalanceSettings,
  state: RebalanceState,
  event: BotEvent,
  plan: RebalancePlan | null,
): readonly Wake[] {
  if (!state.running && state.run === null) return [];
  const times = [state.running ? state.nextAt : null, state.orders.length === 0 ? (state.holdup?.at ?? null) : null];
  const wakes: Wake[] = [...new Set(times)]
    .filter((time): time is EpochMs => time !== null && time > event.at)
    .sort((a, b) => a - b)
    .map((time) => ({ kind: 'time', at: time }));
  const needsPrices = plan === null && (state.run !== null || settings.threshold > 0n);
  for (const { pair } of settings.targets) {
    if (needsPrices && !event.quotes.has(pair))
      wakes.push({ kind: 'price', pair, of: 'ask', when: 'at-or-above', price: 1 as Ticks });
    else if (settings.threshold > 0n && state.run === null)
      wakes.push({ kind: 'candle-close', pair, interval: settings.checkInterval });
  }
  return wakes;
}
