/**
 * An attacker who tries: orders by chance and by what paid best so far, over pair, side, kind, price, size and timing, all
 * to make the victims lose as much as the mandate lets through. Only orders that reach the judge of the caps count as tries.
 *
 * The market is as the bound assumes: it jumps by g at most before the vault hears of it. He chooses the moments, several a
 * day, with as many entries resting as he may have, is the first to take them all, and goes on at the old price until the
 * vault has heard. What rests when the market moves through it is filled on the way.
 */
import { type Amount, amount, multiply, type OrderKind, type Pair, type Side } from '@holdfast/domain';
import { capCodes, everyVictim, freeOf, jumpDown, type Stage } from './attacks/attack.ts';
import type { HostileOrder, Outcome } from './hands.ts';
import { baseFor, btc, eth, inLots, marketOf, moved } from './markets.ts';

const stoppedCodes: ReadonlySet<string> = new Set(['E_FROZEN', 'E_REVOKED']);

/** What an order of the attacker is made of. */
interface Move {
  readonly pair: Pair;
  readonly side: Side;
  readonly kind: OrderKind;
  /** How far the limit lies from the true price to the victim's disadvantage; negative: to his advantage, so that it rests. */
  readonly bps: number;
  /** Of the mandate's largest order, in percent. */
  readonly size: number;
  readonly waitMs: number;
  /** How far the market goes through an order that rests, before the attacker takes it. */
  readonly throughBps: number;
  /** Whether it is left lying there. */
  readonly isLeft: boolean;
}

export interface SearchOptions {
  /** Tries that must reach the caps. */
  readonly orders: number;
  readonly days: number;
  /** How far the market jumps before the vault hears of it, in basis points: the mandate's g. */
  readonly gapBps: number;
  /** Called when an account was stopped: an owner who lifts every freeze at once lets the attack go on. */
  readonly lift?: (victim: number) => Promise<void>;
  /** Stops earlier at this time of the machine's clock, unix ms. */
  readonly until?: number;
}

export interface SearchResult {
  /** Orders that reached the judge of the caps, and those of them that it let through. */
  readonly tried: number;
  readonly approved: number;
  readonly best: readonly { readonly what: string; readonly loss: Amount }[];
}

interface Scored {
  readonly move: Move;
  readonly loss: bigint;
}

/** Of each kind of order. */
const poolSize = 8;
const hourMs = 3_600_000;
const jumpEveryMs = 2 * hourMs;

/** The accounts that he is at work on. */
const jumpVictims = (stage: Stage, count: number): readonly number[] => {
  const victims = everyVictim(stage);
  return [0, 1, 2, 3].map((next) => victims[(Math.floor(count / 40) + next) % victims.length]!);
};

export async function search(stage: Stage, options: SearchOptions): Promise<SearchResult> {
  const { chance } = stage.world;
  let tried = 0;
  let approved = 0;
  const pools = new Map<OrderKind, readonly Scored[]>();
  let last: { readonly victim: number; readonly move: Move } | undefined;
  const pace = (options.days * 24 * hourMs) / options.orders;
  const victims = everyVictim(stage);
  let nextJump = stage.world.clock.now() + jumpEveryMs;
  // Refused orders before the caps use up no try, so there is an end to those as well.
  for (let count = 0; tried < options.orders && count < options.orders * 6; count += 1) {
    if (options.until !== undefined && Date.now() > options.until) break;
    if (stage.world.clock.now() >= nextJump) {
      nextJump = stage.world.clock.now() + jumpEveryMs;
      const outcomes = await jumpDown(stage, jumpVictims(stage, count), chance.pick([btc, eth]), options.gapBps);
      tried += outcomes.filter(isTry).length;
      approved += outcomes.filter((it) => it.kind === 'approved').length;
    }
    // He works on a few accounts at a time, until their budgets are gone.
    const back = last !== undefined && chance.next() < 0.5 ? last : undefined;
    const victim = back?.victim ?? victims[(Math.floor(count / 40) + chance.whole(0, 2)) % victims.length]!;
    // What was just bought dear is often sold back cheaply.
    const move =
      back === undefined ? next(stage, pools) : { ...back.move, side: opposite(back.move.side), kind: 'limit' as const };
    const { outcome, loss } = await tryMove(stage, victim, move);
    if (isTry(outcome)) tried += 1;
    last = outcome.kind === 'approved' && back === undefined && move.kind !== 'stop-limit' ? { victim, move } : undefined;
    if (outcome.kind === 'approved') {
      approved += 1;
      const pool = [...(pools.get(move.kind) ?? []), { move, loss }];
      pools.set(
        move.kind,
        pool.sort((one, other) => (one.loss > other.loss ? -1 : one.loss < other.loss ? 1 : 0)).slice(0, poolSize),
      );
    } else if (stoppedCodes.has(outcome.code)) await options.lift?.(victim);
    home(stage);
    await stage.world.pass(pause(stage, pace));
  }
  for (const pair of [btc, eth]) stage.attacker.clear(pair);
  return { tried, approved, best: bestOf(pools) };
}

/** Mostly in quick succession, now and then with a long rest; `pace` on the average, in ms. */
const pause = ({ world: { chance } }: Stage, pace: number): number =>
  chance.next() < 0.96 ? chance.whole(0, 8_000) : Math.round(((pace - 3_840) / 0.04) * chance.next() * 2);

const isTry = (outcome: Outcome): boolean => outcome.kind === 'approved' || capCodes.has(outcome.code);

/** Half by chance, half near what paid best. */
function next({ world: { chance } }: Stage, pools: ReadonlyMap<OrderKind, readonly Scored[]>): Move {
  const pool = pools.size === 0 ? [] : chance.pick([...pools.values()]);
  if (pool.length === 0 || chance.next() < 0.5) {
    return {
      pair: chance.pick([btc, eth]),
      side: chance.pick(['buy', 'sell']),
      kind: chance.pick(['limit', 'limit', 'post-only', 'ioc', 'stop-limit']),
      bps: chance.whole(-60, 54),
      size: chance.whole(5, 100),
      waitMs: chance.pick([0, 0, 1000, 20_000, 400_000]),
      throughBps: chance.whole(0, 60),
      isLeft: chance.next() < 0.03,
    };
  }
  const { move } = chance.pick(pool);
  return {
    ...move,
    side: chance.next() < 0.3 ? opposite(move.side) : move.side,
    bps: within(move.bps + chance.whole(-4, 4), -60, 60),
    size: within(move.size + chance.whole(-15, 15), 5, 101),
    throughBps: within(move.throughBps + chance.whole(-5, 5), 0, 60),
    isLeft: false,
  };
}

const opposite = (side: Side): Side => (side === 'buy' ? 'sell' : 'buy');
const within = (value: number, least: number, most: number): number => Math.min(most, Math.max(least, value));

/** One order, with what the attacker does on the other side of it; `loss` is what the victim lost by it. */
async function tryMove(stage: Stage, victim: number, move: Move): Promise<{ readonly outcome: Outcome; readonly loss: bigint }> {
  const { world, attacker, hands } = stage;
  const userId = world.victims[victim]!;
  const before = world.losses.of(userId);
  if (move.waitMs > 0) await stage.beat(move.waitMs);
  const order = orderOf(stage, victim, move);
  if (order === undefined) return { outcome: { kind: 'refused', code: 'nothing-to-sell', reason: '' }, loss: 0n };
  const isMarketable = order.side === 'buy' ? order.limit >= world.truth(order.pair) : order.limit <= world.truth(order.pair);
  const rests = order.kind === 'stop-limit' || (order.kind !== 'ioc' && !isMarketable) || (move.isLeft && order.side === 'buy');
  const outcome = rests ? await hands.order(victim, order) : await attacker.rob(victim, order);
  await world.settle();
  if (outcome.kind === 'approved' && rests && !move.isLeft) await reach(stage, order, move);
  return { outcome, loss: world.losses.of(userId) - before };
}

/** The market comes to the order, or to its trigger, the vault hears of it, and the attacker is there. */
async function reach(stage: Stage, order: HostileOrder, { throughBps }: Move): Promise<void> {
  const { world, attacker } = stage;
  const through = order.side === 'buy' ? moved(order.pair, order.limit, -throughBps, 'down') : order.limit;
  world.move(order.pair, order.trigger ?? through);
  await world.pass(1_000);
  if (order.trigger === undefined) attacker.take(order);
  else attacker.takeTriggered(order.pair);
  await world.settle();
}

function orderOf(stage: Stage, victim: number, { pair, side, kind, bps, size }: Move): HostileOrder | undefined {
  const { world } = stage;
  const truth = world.truth(pair);
  const quote = (amount('1000') * BigInt(size)) / 100n;
  if (kind === 'stop-limit') {
    // A protective stop a little under the market, with as wide a gap to its limit as is let through.
    const trigger = moved(pair, truth, -20, 'down');
    const limit = moved(pair, trigger, -within(bps + 50, 0, 110), 'up');
    const quantity = ownOf(stage, victim, pair, baseFor(pair, quote as Amount, truth));
    return quantity === undefined ? undefined : { pair, side: 'sell', kind, quantity, limit, trigger };
  }
  const limit = moved(pair, truth, side === 'buy' ? bps : -bps, side === 'buy' ? 'down' : 'up');
  const wanted = baseFor(pair, quote as Amount, limit > truth ? limit : truth);
  const quantity = side === 'buy' ? wanted : ownOf(stage, victim, pair, wanted);
  if (quantity === undefined || quantity === 0n || multiply(quantity, limit, 'down') < amount('2')) return undefined;
  return { pair, side, kind, quantity, limit };
}

/** As much of a coin as the account has, at most what is wanted; undefined when that is next to nothing. */
function ownOf(stage: Stage, victim: number, pair: Pair, wanted: Amount): Amount | undefined {
  const free = inLots(pair, freeOf(stage, victim, pair.split('/')[0]!));
  const quantity = free < wanted ? free : wanted;
  return multiply(quantity, marketOf(pair).price, 'down') < amount('5') ? undefined : quantity;
}

/** After a jump the market finds back, so that it never leaves the owners' corridors for good. */
function home({ world }: Stage): void {
  for (const pair of [btc, eth]) {
    const { price } = marketOf(pair);
    const truth = world.truth(pair);
    if (truth === price) continue;
    const away = Number(((truth - price) * 10_000n) / price);
    if (Math.abs(away) > 300) world.move(pair, moved(pair, truth, away > 0 ? -50 : 50, 'down'));
  }
}

/** What paid best of each kind. */
const bestOf = (pools: ReadonlyMap<OrderKind, readonly Scored[]>): SearchResult['best'] =>
  [...pools.values()]
    .flatMap(([first]) => (first === undefined ? [] : [{ what: words(first.move), loss: first.loss as Amount }]))
    .sort((one, other) => (one.loss > other.loss ? -1 : 1));

const words = ({ pair, side, kind, bps, size, throughBps }: Move): string =>
  `${kind === 'stop-limit' ? 'sell' : side} ${pair} ${kind}, ${bps} bp off, ${size} % of the largest order${bps < 0 && side === 'buy' ? `, the market ${throughBps} bp through it` : ''}`;
