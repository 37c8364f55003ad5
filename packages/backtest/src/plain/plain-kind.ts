/** A plain strategy as a bot: what `runPlain` plays in plain numbers goes through runtime, guard and ledger here. */
import type { BotKind } from '@holdfast/bots';
import {
  type BotEvent,
  type BotReport,
  baseOf,
  type ClientOrderId,
  lots as lotsOf,
  type OrderEvent,
  type Pair,
  type PlaceOrder,
  priceAmount,
  quantityAmount,
  quoteOf,
  type Step,
  type Ticks,
  zero,
} from '@holdfast/domain';
import { intervalName, rowAt } from '../data/series.ts';
import type { Columns } from '../run/columns.ts';
import { holdsAt } from '../run/conditions.ts';
import type { PlainOrder, PlainStrategy } from './run-plain.ts';

interface PlainState {
  readonly bot: string;
  readonly sequence: number;
  readonly quote: bigint;
  readonly base: bigint;
  readonly resting: { readonly id: string; readonly left: bigint } | null;
}

export interface PlainKindParts {
  readonly strategy: PlainStrategy;
  readonly columns: Columns;
  /** As of `runPlain`. */
  readonly at?: Int32Array;
}

const cent = 10n ** 10n;
const idle: BotReport = {
  state: 'idle',
  waitingFor: 'the close of a candle',
  dealsClosed: 0,
  realised: zero,
  holdings: [],
  deals: [],
  dust: [],
  kept: [],
};

/** @returns a kind for `RunRequest.own` */
export function plainKind({ strategy, columns, at }: PlainKindParts): BotKind<unknown, null, PlainState> {
  const { pair, rules } = columns;
  const wakes = [{ kind: 'candle-close', pair, interval: intervalName(columns.intervalMs) }] as const;
  const step = (_: null, state: PlainState, event: BotEvent): Step<PlainState> => {
    if (event.kind === 'order-event') return { state: withFact(pair, state, event.event), intents: [], wakes };
    if (event.kind === 'refused') return { state: without(state, event.intent.clientOrderId), intents: [], wakes };
    if (event.kind !== 'woken') return { state, intents: [], wakes };
    const row = rowAt(columns, event.at) - 1;
    if (at !== undefined && !holdsAt(at, row)) return { state, intents: [], wakes };
    const resting = Number((state.resting?.left ?? 0n) / rules.lot);
    const order = strategy(row, columns, { quote: Number(state.quote / cent), base: Number(state.base / cent), resting });
    if (order === null) return { state, intents: [], wakes };
    const cancel =
      state.resting === null ? [] : [{ kind: 'cancel-order', clientOrderId: state.resting.id as ClientOrderId, pair } as const];
    if (order.lots === 0) return { state, intents: cancel, wakes };
    const intent = intentOf(order, state, columns);
    const rests = order.rests ? { id: intent.clientOrderId, left: intent.quantity } : null;
    return { state: { ...state, sequence: state.sequence + 1, resting: rests }, intents: [...cancel, intent], wakes };
  };
  return {
    name: 'plain',
    readSettings: () => null,
    pairsOf: () => [pair],
    problems: () => [],
    fundsNeeded: (_settings, _rules, _quotes, given) =>
      [quoteOf(pair), baseOf(pair)].map((asset) => ({ asset, amount: given[asset] ?? zero })),
    mandateNeeds: () => ({ pairs: [], turnover24h: zero, openOrders: 1, maxOpenQuote: zero }),
    initial: (_settings, { bot, allotted }) => ({
      bot,
      sequence: 0,
      quote: allotted[quoteOf(pair)] ?? 0n,
      base: allotted[baseOf(pair)] ?? 0n,
      resting: null,
    }),
    step,
    refuses: () => 'It takes no commands.',
    report: () => idle,
    closedDeals: () => [],
  };
}

function intentOf({ side, lots, limit, rests }: PlainOrder, { bot, sequence }: PlainState, { pair, rules }: Columns): PlaceOrder {
  return {
    kind: 'place-order',
    clientOrderId: `${bot}-${sequence}` as ClientOrderId,
    pair,
    side,
    order: rests ? 'limit' : 'ioc',
    quantity: quantityAmount(lotsOf(lots), rules),
    limit: priceAmount(limit as Ticks, rules),
  };
}

function withFact(pair: Pair, state: PlainState, event: OrderEvent): PlainState {
  const { resting } = state;
  const isResting = resting?.id === event.clientOrderId;
  if (event.kind === 'order-filled') {
    const value = (event.price * event.quantity) / 10n ** 18n;
    const [sign, inBase] = [event.side === 'buy' ? 1n : -1n, event.feeAsset === baseOf(pair)];
    const left = isResting ? resting.left - event.quantity : 0n;
    return {
      ...state,
      quote: state.quote - sign * value - (inBase ? 0n : event.fee),
      base: state.base + sign * event.quantity - (inBase ? event.fee : 0n),
      resting: isResting ? (left > 0n ? { ...resting, left } : null) : resting,
    };
  }
  return event.kind === 'order-cancelled' || event.kind === 'order-rejected' ? without(state, event.clientOrderId) : state;
}

const without = (state: PlainState, id: string): PlainState => (state.resting?.id === id ? { ...state, resting: null } : state);
